import Addressing
import KeyValueStore
import NetworkDrivers
import NetworkModel
import Testing

@testable import ContainerEngine

@Suite struct EngineSettingsTests {
  private func read(_ flags: [String: [String]] = [:], _ file: String? = nil) throws -> EngineSettings {
    try EngineSettings(flags: flags, file: file.map { Array($0.utf8) })
  }

  private func message(_ flags: [String: [String]] = [:], _ file: String? = nil) -> String {
    do {
      _ = try read(flags, file)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func nothingSaidGivesTheDefaults() throws {
    let settings = try read()
    #expect(settings == EngineSettings())
    #expect(settings.hosts == [.unix(path: "/run/apus/docker.sock")])
    #expect(try read([:], " \n") == settings)
    #expect(try read([:], "{}") == settings)
    #expect(try read(["run-dir": ["/tmp/x/"]]).hosts == [.unix(path: "/tmp/x/docker.sock")])
  }

  @Test func readsADaemonFile() throws {
    let settings = try read(
      [:],
      """
      {
        "data-root": "/srv/apus", "hosts": ["unix:///run/a.sock", "tcp://127.0.0.1:2375", "fd://"],
        "bip": "10.9.0.1/24", "fixed-cidr": "10.9.0.128/25", "mtu": 1400, "icc": false, "ipv6": true,
        "fixed-cidr-v6": "fd00::/80", "dns": ["10.0.0.2", "fd00::2"], "dns-opts": ["ndots:1"], "dns-search": ["a.b"],
        "default-address-pools": [{"base": "10.10.0.0/16", "size": 24}],
        "registry-mirrors": ["http://127.0.0.1:5001"], "insecure-registries": ["10.1.1.1:5000"],
        "registry-certs-dir": "/srv/certs.d", "default-runtime": "runc", "runtimes": {"other": {"path": "/opt/other"}},
        "log-driver": "local", "log-opts": {"max-size": "10m", "max-file": "3"}, "log-level": "debug",
        "labels": ["a=b"], "default-shm-size": "128M",
        "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}},
        "init": true, "live-restore": true, "storage-driver": "overlay2", "iptables": true, "userland-proxy": false,
        "firewall-backend": "iptables",
        "plugin-dirs": ["/srv/plugins"], "plugin-timeout": 5, "loopback-shortcut": false,
        "exec-opts": ["native.cgroupdriver=cgroupfs"], "no-new-privileges": true, "group": null
      }
      """)
    #expect(settings.dataDirectory == "/srv/apus")
    #expect(
      settings.hosts == [.unix(path: "/run/a.sock"), .tcp(host: "127.0.0.1", port: 2375), .activation])
    #expect(settings.bridgeAddress == IPCIDR("10.9.0.1/24") && settings.fixedCIDR == IPCIDR("10.9.0.128/25"))
    #expect(settings.mtu == 1400 && !settings.interContainer && settings.ipv6 && !settings.userlandProxy)
    #expect(settings.firewallBackend == .iptables && !settings.loopbackShortcut && EngineSettings().loopbackShortcut)
    #expect(settings.addressPools.map(\.size) == [24])
    #expect(settings.nameServers == ["10.0.0.2", "fd00::2"])
    #expect(settings.registryMirrors == ["http://127.0.0.1:5001"])
    #expect(settings.registryCertificatesDirectory == "/srv/certs.d")
    #expect(settings.runtimes == ["other": "/opt/other"] && settings.defaultRuntime == "runc")
    #expect(settings.logOptions == ["max-size": "10m", "max-file": "3"] && settings.logLevel == .debug)
    #expect(settings.pluginDirectories == ["/srv/plugins"] && settings.pluginTimeout == 5)
    #expect(settings.sharedMemorySize == 128 << 20)
    #expect(settings.limits == [.init(name: "nofile", soft: 1024, hard: 2048)])
    #expect(settings.useInit && settings.noNewPrivileges && settings.group == "docker")
  }

  @Test func readsFlagsAsItReadsTheFile() throws {
    let settings = try read([
      "data-dir": ["/srv/apus"], "docker-socket": ["/a.sock", "/b.sock"], "host": ["tcp://[::1]:99"],
      "instance": ["two"], "mtu": ["1400"], "icc": ["false"], "dns": ["10.0.0.2", "10.0.0.3"],
      "default-address-pool": ["base=10.10.0.0/16,size=24"], "log-opt": ["max-size=10m", "tag=a=b"],
      "default-ulimit": ["nofile=1024:2048", "nproc=5"], "add-runtime": ["other=/opt/other"],
      "default-shm-size": ["64k"], "registry-certs-dir": ["/srv/certs.d/"], "firewall-backend": ["iptables"],
      "plugin-dir": ["/a", "/b"], "plugin-timeout": ["7"], "loopback-shortcut": ["false"],
    ])
    #expect(settings.firewallBackend == .iptables && !settings.loopbackShortcut)
    #expect(settings.pluginDirectories == ["/a", "/b"] && settings.pluginTimeout == 7)
    #expect(settings.registryCertificatesDirectory == "/srv/certs.d")
    #expect(settings.hosts == [.unix(path: "/a.sock"), .unix(path: "/b.sock"), .tcp(host: "::1", port: 99)])
    #expect(settings.logOptions == ["max-size": "10m", "tag": "a=b"])
    #expect(settings.limits.map(\.name) == ["nofile", "nproc"] && settings.limits.map(\.hard) == [2048, 5])
    #expect(settings.runtimes == ["other": "/opt/other"])
    #expect(settings.sharedMemorySize == 65_536 && !settings.interContainer && settings.instance == "two")
  }

  @Test(arguments: [
    ("10.0.0.1:2376", "10.0.0.1"), ("10.0.0.1", "10.0.0.1"), ("[fd00::1]:2376", "fd00::1"), ("fd00::1", "fd00::1"),
    ("eth0:2376", "eth0"), ("eth0", "eth0"),
  ])
  func aClusterHasAStoreAndAPlaceInIt(advertised: String, place: String) throws {
    let cluster = try read(["cluster-store": ["etcd://a:2379,b:2379/x"], "cluster-advertise": [advertised]]).cluster
    #expect(cluster?.store.description == "etcd://a:2379,b:2379/x")
    switch cluster?.advertised {
    case .address(let address): #expect("\(address)" == place)
    case .link(let name): #expect(name == place)
    case nil: Issue.record("no cluster")
    }
    #expect(try read([:]).cluster == nil)
    #expect(try read([:], #"{"cluster-store": "etcd://a", "cluster-advertise": "eth0"}"#).cluster != nil)
  }

  @Test func optionsOfNewNetworksAreByDriver() throws {
    let wanted = ["bridge": ["a.b": "1", "c": "x=y"], "macvlan": ["d": ""]]
    #expect(
      try read(["default-network-opt": ["bridge=a.b=1", "bridge=c=x=y", "macvlan=d="]]).networkOptions == wanted)
    let file = #"{"default-network-opts": {"bridge": {"a.b": "1", "c": "x=y"}, "macvlan": {"d": ""}}}"#
    #expect(try read([:], file).networkOptions == wanted)
  }

  @Test func aGatewayOfEachFamilyStandsForTheHost() throws {
    #expect(try read(["host-gateway-ip": ["192.0.2.1", "2001:db8::1"]]).hostGateways == ["192.0.2.1", "2001:db8::1"])
    #expect(try read([:], #"{"host-gateway-ips": ["2001:db8::1"]}"#).hostGateways == ["2001:db8::1"])
    #expect(try read([:], #"{"host-gateway-ip": "192.0.2.1"}"#).hostGateways == ["192.0.2.1"])
    #expect(
      message([:], #"{"host-gateway-ip": "192.0.2.1", "host-gateway-ips": ["192.0.2.2"]}"#).contains("say the same"))
  }

  @Test func theDefaultNetworkMayBeLeftOut() throws {
    let settings = try read(["bridge": ["none"]])
    #expect(!settings.hasDefaultNetwork && settings.bridge == nil && EngineSettings().hasDefaultNetwork)
    #expect(message(["bridge": ["none"], "bip": ["10.0.0.1/24"]]).contains("bip is about the default network"))
  }

  @Test func unknownNamesAreNamed() {
    #expect(
      message([:], #"{"zeta": 1, "bip": "10.0.0.1/24", "alpha": {}}"#)
        == "the following directives don't match any configuration option: alpha, zeta")
    #expect(message(["no-such": ["x"]]) == "unknown flag: --no-such")
    #expect(message([:], #"{"instance": "x"}"#).contains("don't match any configuration option: instance"))
  }

  @Test func nothingMayBeSaidTwice() {
    #expect(
      message(
        ["dns": ["10.0.0.1", "10.0.0.2"], "mtu": ["1400"], "data-dir": ["/a"]],
        #"{"mtu": 1500, "dns": ["10.0.0.3"], "data-root": "/b", "debug": true}"#)
        == "the following directives are specified both as a flag and in the configuration file: "
        + "data-root: (from flag: /a, from file: /b), dns: (from flag: [10.0.0.1 10.0.0.2], from file: [10.0.0.3]), "
        + "mtu: (from flag: 1400, from file: 1500)")
  }

  @Test(arguments: ["[]", "{", "nonsense", "\u{0}"])
  func aFileThatIsNoObjectIsRefused(file: String) {
    #expect(message([:], file).hasPrefix("invalid JSON"))
  }

  @Test(arguments: [
    (#"{"mtu": "1500"}"#, "mtu"), (#"{"mtu": -1}"#, "mtu"), (#"{"mtu": 1.5}"#, "mtu"), (#"{"icc": "yes"}"#, "icc"),
    (#"{"dns": "10.0.0.1"}"#, "dns"), (#"{"dns": ["nonsense"]}"#, "dns"), (#"{"bip": "10.0.0.1"}"#, "bip"),
    (#"{"bip": "fd00::1/64"}"#, "bip"), (#"{"log-opts": {"max-file": 3}}"#, "log-opts.max-file"),
    (#"{"hosts": ["ftp://x"]}"#, "ftp://x"), (#"{"hosts": ["unix://relative"]}"#, "relative"),
    (#"{"hosts": ["tcp://h:99999"]}"#, "99999"), (#"{"log-level": "loud"}"#, "loud"),
    (#"{"default-address-pools": [{"base": "10.0.0.0/16", "size": 8}]}"#, "default-address-pools"),
    (#"{"default-address-pools": [{"base": "10.0.0.0/16"}]}"#, "default-address-pools"),
    (#"{"registry-mirrors": ["mirror"]}"#, "mirror"), (#"{"insecure-registries": ["http://a"]}"#, "'://'"),
    (#"{"storage-driver": "btrfs"}"#, "btrfs"), (#"{"iptables": false}"#, "iptables"),
    (#"{"live-restore": false}"#, "live-restore"), (#"{"exec-opts": ["native.cgroupdriver=systemd"]}"#, "systemd"),
    (#"{"log-driver": "syslog"}"#, "syslog"), (#"{"labels": ["x"]}"#, "labels"),
    (#"{"default-shm-size": "many"}"#, "default-shm-size"), (#"{"default-shm-size": "9999999999999t"}"#, "shm"),
    (#"{"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 2, "Hard": 1}}}"#, "nofile"),
    (#"{"runtimes": {"x": {}}}"#, "runtimes.x"), (#"{"data-root": "relative"}"#, "data-root"),
    (#"{"bridge": "a-name-that-is-too-long"}"#, "bridge"), (#"{"ip": "x"}"#, "ip"),
    (#"{"firewall-backend": "ipfw"}"#, "firewall-backend"), (#"{"firewall-backend": true}"#, "firewall-backend"),
    (#"{"cluster-store": "consul://a"}"#, "cluster-store"), (#"{"cluster-store": "etcd://a"}"#, "cluster-advertise"),
    (#"{"cluster-advertise": "10.0.0.1:2376"}"#, "cluster-store"),
    (#"{"cluster-store": "etcd://a", "cluster-advertise": "10.0.0.1:x"}"#, "cluster-advertise"),
    (#"{"cluster-store": "etcd://a", "cluster-advertise": "0.0.0.0:1"}"#, "cluster-advertise"),
    (#"{"registry-certs-dir": "certs.d"}"#, "registry-certs-dir"),
    (#"{"default-network-opts": {"bridge": "a"}}"#, "default-network-opts.bridge"),
    (#"{"default-network-opts": {"bridge": {"a": 1}}}"#, "default-network-opts.bridge.a"),
    (#"{"default-network-opts": [{"a": "b"}]}"#, "default-network-opts"),
    (#"{"host-gateway-ips": ["x"]}"#, "host-gateway-ips"),
    (#"{"host-gateway-ips": ["192.0.2.1", "192.0.2.2"]}"#, "one address of IPv4"),
    (#"{"registry-certs-dir": ["/a"]}"#, "registry-certs-dir"),
  ])
  func aWrongValueIsRefusedByName(file: String, named: String) {
    #expect(message([:], file).contains(named))
  }

  @Test(arguments: [
    ["mtu": ["x"]], ["icc": ["maybe"]], ["log-opt": ["x"]], ["default-ulimit": ["nofile=x"]], ["instance": ["Ü"]],
    ["instance": ["much-too-long-a-name"]], ["default-address-pool": ["10.0.0.0/8"]], ["docker-socket": ["x"]],
    ["registry-certs-dir": ["x"]], ["plugin-dir": ["x"]], ["plugin-timeout": ["0"]],
    ["default-network-opt": ["bridge"]], ["default-network-opt": ["bridge=a"]], ["host-gateway-ip": ["x"]],
  ])
  func aWrongFlagIsRefused(flags: [String: [String]]) throws {
    #expect(message(flags).contains(try #require(flags.keys.first.map { $0.prefix(8) })))
  }

  @Test func flagsMayLeaveTheirTruthOut() {
    #expect(
      EngineSettings.spellOutBooleans(["engine", "--ipv6", "--icc=false", "--bip", "10.0.0.1/8", "--debug"])
        == ["engine", "--ipv6=true", "--icc=false", "--bip", "10.0.0.1/8", "--debug=true"])
  }

  @Test func readsSizes() {
    #expect(SettingsReader.bytes("64m") == 64 << 20 && SettingsReader.bytes("1KiB") == 1024)
    #expect(SettingsReader.bytes("2gb") == 2 << 30 && SettingsReader.bytes("7") == 7 && SettingsReader.bytes("7b") == 7)
    #expect(SettingsReader.bytes("") == nil && SettingsReader.bytes("-1") == nil && SettingsReader.bytes("1x") == nil)
  }
}
