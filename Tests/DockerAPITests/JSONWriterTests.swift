import DockerAPI
import Testing

@Suite struct JSONWriterTests {
  func text(_ value: some JSONCodable) -> String {
    String(decoding: DockerJSON.encode(value), as: UTF8.self)
  }

  @Test func nilSlicesAreNullAndOmitEmptyIsAbsent() {
    var config = LogConfig()
    #expect(text(config) == #"{"Type":"","Config":null}"#)
    config.config = [:]
    #expect(text(config) == #"{"Type":"","Config":{}}"#)

    var health = HealthConfig()
    #expect(text(health) == "{}")
    health.test = []
    #expect(text(health) == "{}")
    health.test = ["NONE"]
    #expect(text(health) == #"{"Test":["NONE"]}"#)
  }

  @Test func aPointerToZeroIsNotEmpty() {
    var config = ContainerConfig()
    config.stopTimeout = 0
    #expect(text(config).contains(#""StopTimeout":0"#))
    config.stopTimeout = nil
    #expect(!text(config).contains("StopTimeout"))
  }

  @Test func mapsAreSortedAndNothingIsEscapedNeedlessly() {
    let map = ["b": "a/b<c>&d", "a": "\u{1}\t\"\\\u{2028}é"]
    #expect(text(map) == #"{"a":"\u0001\t\"\\\u2028é","b":"a/b<c>&d"}"#)
  }

  @Test func timesAreRFC3339WithTheZeroOfGo() {
    #expect(Timestamp().description == "0001-01-01T00:00:00Z")
    #expect(Timestamp(seconds: 0).description == "1970-01-01T00:00:00Z")
    #expect(Timestamp(seconds: 1_709_210_096, nanoseconds: 120_000_000).description == "2024-02-29T12:34:56.12Z")
    #expect(Timestamp(seconds: 1, nanoseconds: 5).fixedWidth == "1970-01-01T00:00:01.000000005Z")
  }

  @Test func aLineEndsWithALineEnd() {
    #expect(DockerJSON.encodeLine(ErrorResponse(message: "x")) == Array("{\"message\":\"x\"}\n".utf8))
  }

  @Test func progressDrawsItsBar() {
    let message = ProgressMessage(
      status: "Downloading", id: "abc", progressDetail: ProgressDetail(current: 1_500_000, total: 3_000_000))
    let bar = "[" + String(repeating: "=", count: 25) + ">" + String(repeating: " ", count: 25) + "]    1.5MB/3MB"
    #expect(
      text(message)
        == #"{"status":"Downloading","progressDetail":{"current":1500000,"total":3000000},"progress":"\#(bar)","id":"abc"}"#
    )
  }
}
