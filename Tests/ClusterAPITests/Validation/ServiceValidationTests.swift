import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct ServiceValidationTests {
  private func service(_ spec: String) -> String {
    #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s","namespace":"n"},"spec":\#(spec)}"#
  }

  @Test(arguments: [
    #"{"ports":[{"port":80}]}"#, #"{"clusterIP":"None","clusterIPs":["None"]}"#,
    #"{"type":"ExternalName","externalName":"a.b."}"#,
    #"{"type":"LoadBalancer","ports":[{"name":"a","port":80},{"name":"b","port":80,"protocol":"UDP"}],"loadBalancerClass":"x.y/z"}"#,
    #"{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","fd00::1"],"ports":[{"port":1}]}"#,
  ])
  func theseAreRight(spec: String) throws { #expect(try problems(service(spec)) == []) }

  @Test(arguments: [
    ("{}", "spec.ports: Required value"),
    (#"{"ports":[{"port":0}]}"#, "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"),
    (#"{"ports":[{"port":1},{"port":2}]}"#, "spec.ports[0].name: Required value"),
    (#"{"ports":[{"name":"a","port":1},{"name":"a","port":2}]}"#, #"spec.ports[1].name: Duplicate value: "a""#),
    (
      #"{"ports":[{"name":"a","port":1},{"name":"b","port":1}]}"#,
      #"spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":1,"TargetPort":0,"NodePort":0}"#
    ),
    (
      #"{"ports":[{"port":1,"nodePort":30000}]}"#,
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"
    ),
    (
      #"{"type":"NodePort","clusterIP":"None","ports":[{"port":1}]}"#,
      #"spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services"#
    ),
    (#"{"type":"ExternalName"}"#, "spec.externalName: Required value"),
    (
      #"{"clusterIP":"x","clusterIPs":["x"],"ports":[{"port":1}]}"#,
      #"spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#
    ),
    (
      #"{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","10.0.0.2"],"ports":[{"port":1}]}"#,
      #"spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family"#
    ),
    (
      #"{"clusterIPs":["10.0.0.1"],"ports":[{"port":1}]}"#,
      #"spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified"#
    ),
    (
      #"{"type":"ExternalName","externalName":"a.b","ipFamilyPolicy":"SingleStack"}"#,
      "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services"
    ),
    (
      #"{"ipFamilies":["IPv4"],"clusterIP":"fd00::1","clusterIPs":["fd00::1"],"ports":[{"port":1}]}"#,
      #"spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`"#
    ),
    (
      #"{"externalIPs":["127.0.0.1"],"ports":[{"port":1}]}"#,
      #"spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#
    ),
    (
      #"{"externalTrafficPolicy":"Local","ports":[{"port":1}]}"#,
      #"spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services"#
    ),
    (
      #"{"allocateLoadBalancerNodePorts":true,"ports":[{"port":1}]}"#,
      "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'"
    ),
    (
      #"{"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":90000}},"ports":[{"port":1}]}"#,
      "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400"
    ),
    (
      #"{"ports":[{"port":1}],"trafficDistribution":"Near"}"#,
      #"spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameZone", "PreferSameNode""#
    ),
  ])
  func theseAreNot(spec: String, problem: String) throws { #expect(try problems(service(spec)).first == problem) }

  @Test func namesAreLabels() throws {
    func named(_ name: String) throws -> [String] {
      try problems(service(#"{"ports":[{"port":1}]}"#).replacing(#""name":"s""#, with: #""name":"\#(name)""#))
    }
    #expect(try named("1s") == [])
    let found = try named("A")
    #expect(found.count == 1 && found[0].contains("a lowercase RFC 1123 label must consist of"))
  }

  @Test func anAddressCannotChange() throws {
    let before = service(#"{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"ports":[{"port":1}]}"#)
    let after = service(#"{"clusterIP":"10.0.0.2","clusterIPs":["10.0.0.2"],"ports":[{"port":1}]}"#)
    #expect(
      try problems(of: after, after: before)
        == [#"spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set"#])
  }

  @Test func aSecondAddressGoesOnlyByPolicy() throws {
    func with(_ addresses: String, _ policy: String) -> String {
      service(
        #"{"clusterIP":"10.0.0.1","clusterIPs":\#(addresses),"ipFamilyPolicy":"\#(policy)","ports":[{"port":1}]}"#)
    }
    let before = with(#"["10.0.0.1","fd00::1"]"#, "PreferDualStack")
    #expect(try problems(of: with(#"["10.0.0.1"]"#, "SingleStack"), after: before) == [])
    #expect(
      try problems(of: with(#"["10.0.0.1"]"#, "PreferDualStack"), after: before) == [
        #"spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP"#
      ])
  }

  @Test func endpointSlices() throws {
    func slice(_ body: String) -> String {
      #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"e","namespace":"n"},\#(body)}"#
    }
    #expect(
      try problems(slice(#""addressType":"IPv4","endpoints":[{"addresses":["10.1.2.3"]}],"ports":[{"port":80}]"#)) == []
    )
    #expect(
      try problems(slice(#""addressType":"IPv6","endpoints":[{"addresses":["10.1.2.3"]}]"#))
        == [#"endpoints[0].addresses: Invalid value: "10.1.2.3": must be an IPv6 address"#])
    #expect(
      try problems(slice(#""addressType":"IPv4","endpoints":[{"addresses":["169.254.1.1"]}]"#))
        == [
          #"endpoints[0].addresses[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)"#
        ])
    #expect(
      try problems(
        of: slice(#""addressType":"IPv6","endpoints":[]"#), after: slice(#""addressType":"IPv4","endpoints":[]"#))
        == [#"addressType: Invalid value: "IPv6": field is immutable"#])
  }

  @Test func ingresses() throws {
    func ingress(_ spec: String) -> String {
      #"{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"i","namespace":"n"},"spec":\#(spec)}"#
    }
    let backend = #""backend":{"service":{"name":"s","port":{"number":80}}}"#
    #expect(
      try problems(
        ingress(#"{"rules":[{"host":"*.a.b","http":{"paths":[{"path":"/","pathType":"Prefix",\#(backend)}]}}]}"#)) == []
    )
    #expect(
      try problems(ingress("{}")) == ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"]
    )
    #expect(
      try problems(
        ingress(
          #"{"rules":[{"host":"1.2.3.4","http":{"paths":[{"path":"a","pathType":"Exact","backend":{"service":{"name":"s","port":{}}}}]}}]}"#
        ))
        == [
          #"spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address"#,
          #"spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path"#,
          "spec.rules[0].http.paths[0].backend: Required value: port name or number is required",
        ])
  }

  @Test func networkPolicies() throws {
    func policy(_ spec: String) -> String {
      #"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"p","namespace":"n"},"spec":{"podSelector":{},\#(spec)}}"#
    }
    #expect(
      try problems(policy(#""ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}]}]"#)) == [])
    #expect(
      try problems(policy(#""ingress":[{"from":[{}]}]"#))
        == ["spec.ingress[0].from[0]: Required value: must specify a peer"])
    #expect(
      try problems(
        policy(
          #""ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["11.0.0.0/16"]}}],"ports":[{"port":"web","endPort":90}]}]"#
        ))
        == [
          "spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric",
          #"spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`"#,
        ])
  }

  @Test(
    arguments: [
      ("1.2.3.4", [1, 2, 3, 4]), ("01.2.3.4", nil), ("1.2.3", nil), ("1.2.3.256", nil), ("1.2.3.+4", nil),
      ("::", Array(repeating: 0, count: 16)), ("::1", Array(repeating: 0, count: 15) + [1]), (":::", nil),
      ("1::2::3", nil),
      ("::ffff:1.2.3.4", Array(repeating: 0, count: 10) + [255, 255, 1, 2, 3, 4]), ("1:2:3:4:5:6:7", nil),
      ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]), ("1:2:3:4:5:6:7:8:9", nil), (":1", nil),
      ("1:", nil), ("fe80::g", nil), ("12345::", nil), ("", nil),
    ] as [(String, [UInt8]?)])
  func addresses(text: String, bytes: [UInt8]?) { #expect(AddressRules.bytes(text) == bytes) }
}
