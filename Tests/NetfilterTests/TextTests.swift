import Netfilter
import Testing

@Suite struct TextTests {
  @Test func theSampleInNftsLanguage() {
    let expected = """
      table inet sample {
      \tmap ports {
      \t\ttype ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
      \t\telements = { 10.0.0.1 . tcp . 80 : 172.17.0.2 . 8080,
      \t\t\t     10.0.0.1 . udp . 53 : 172.17.0.3 . 5353 }
      \t}

      \tmap links {
      \t\ttype ifname . ifname : verdict
      \t\telements = { "a0" . "a0" : accept,
      \t\t\t     "b0" . "b0" : goto other }
      \t}

      \tset inside {
      \t\ttype ifname . ipv4_addr
      \t\tflags interval
      \t\telements = { "a0" . 172.17.0.0-172.17.255.255 }
      \t}

      \tmap ports6 {
      \t\ttype inet_proto . inet_service : ipv6_addr . inet_service
      \t\telements = { tcp . 443 : fd00::2 . 443 }
      \t}

      \tchain pre {
      \t\ttype nat hook prerouting priority dstnat; policy accept;
      \t\tfib daddr type local meta nfproto ipv4 dnat ip to ip daddr . meta l4proto . th dport map @ports comment "four"
      \t\tmeta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ports6 comment "six"
      \t}

      \tchain other {
      \t\tct status dnat accept comment "published"
      \t}

      \tchain forward {
      \t\ttype filter hook forward priority filter; policy drop;
      \t\tct state established,related accept comment "known"
      \t\tiifname . oifname vmap @links comment "links"
      \t\tiifname != "lo" counter jump other comment "count"
      \t}

      \tchain post {
      \t\ttype nat hook postrouting priority srcnat; policy accept;
      \t\tct status dnat meta nfproto ipv4 oifname . ip saddr @inside masquerade comment "own"
      \t\tmeta nfproto ipv4 ip saddr 127.0.0.0/8 masquerade comment "net"
      \t}

      \tchain in {
      \t\ttype filter hook input priority 300; policy accept;
      \t\tmeta l4proto udp th dport set 0x0035 accept comment "port"
      \t}
      }

      """
    #expect(SampleTable.table.text == expected)
  }
}
