import OCI
import Testing

@Suite struct JSONWriterTests {
  private func text(pretty: Bool = false, _ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter(pretty: pretty)
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test func nestsAndSeparates() {
    let body: (inout JSONWriter) -> Void = { writer in
      writer.object { w in
        w.member("a", 1)
        w.member("none", nil as String?)
        w.member("list", ["x", "y"])
        w.member("map", ["k2": "v2", "k1": "v1"])
        w.key("empty")
        w.array { _ in }
        w.member("yes", true)
      }
    }
    #expect(text(body) == #"{"a":1,"list":["x","y"],"map":{"k1":"v1","k2":"v2"},"empty":[],"yes":true}"#)
    #expect(
      text(pretty: true) { $0.object { $0.member("a", ["b"]) } } == "{\n  \"a\": [\n    \"b\"\n  ]\n}")
  }

  @Test func escapesStrings() {
    #expect(text { $0.string("a\"\\\n\t\r\u{1}\u{1F}é") } == #""a\"\\\n\t\r\u0001\u001fé""#)
  }

  @Test func numbersKeepTheirRange() {
    #expect(text { $0.integer(UInt64.max) } == "18446744073709551615")
    #expect(text { $0.integer(Int64.min) } == "-9223372036854775808")
  }
}

@Suite struct RuntimeConfigurationTests {
  @Test func leavesOutWhatIsNotSaid() {
    var resources = RuntimeResources()
    #expect(String(decoding: resources.json(), as: UTF8.self) == "{}")
    resources.memoryLimit = 5
    resources.devices = [RuntimeDeviceRule(allow: false, access: "rwm")]
    resources.readBytes = [RuntimeBlockIO(major: 8, minor: 0, .rate(7))]
    #expect(
      String(decoding: resources.json(), as: UTF8.self)
        == #"{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":5},"#
        + #""blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":7}]}}"#)
  }
}
