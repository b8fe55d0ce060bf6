import APIMachinery
import HTTPService
import Testing

@testable import APIServer

@Suite struct NegotiationTests {
  private func form(
    _ accept: String, for subject: ResponseForm.Subject = .builtin, isWatch: Bool = false
  ) throws -> ResponseForm {
    try ResponseForm.negotiate(["Accept": accept], Query(), for: subject, isWatch: isWatch)
  }

  private static let protobuf = "application/vnd.kubernetes.protobuf"
  private static let table = "as=Table;v=v1;g=meta.k8s.io"
  private static let metadata = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

  @Test func whatClientsSend() throws {
    #expect(try form("application/json").shape == .object)
    #expect(try form("*/*").encoding == .json)
    #expect(try form("application/yaml").encoding == .yaml)
    // kubectl get
    let table =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
    #expect(try form(table).shape == .table)
    // client-go
    #expect(try form("\(Self.protobuf),application/json").encoding == .protobuf)
    #expect(try form("\(Self.protobuf), */*").encoding == .protobuf)
    #expect(try form("application/json,\(Self.protobuf)").encoding == .json)
    #expect(try form("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1").shape == .partialMetadata)
  }

  @Test func indentation() throws {
    func isPretty(_ agent: String, _ query: String = "") throws -> Bool {
      try ResponseForm.negotiate(["User-Agent": agent], Query(query[...]), for: .builtin).isPretty
    }
    #expect(try isPretty("curl/8.5.0") && isPretty("Wget/1.21") && isPretty("Mozilla/5.0 (X11)"))
    #expect(try !isPretty("kubectl/v1.36.0") && !isPretty(""))
    #expect(try isPretty("kubectl/v1.36.0", "pretty=true") && isPretty("", "pretty=1"))
    #expect(try !isPretty("curl/8.5.0", "pretty=false") && !isPretty("curl/8.5.0", "pretty=yes"))
    #expect(try isPretty("curl/8.5.0", "pretty="))
  }

  @Test func weights() throws {
    #expect(try form("application/json;q=0.1,application/yaml;q=0.9").encoding == .yaml)
    #expect(try form("\(Self.protobuf);q=0.1,application/yaml;q=0.9").encoding == .yaml)
    #expect(throws: StatusError.self) { try form("application/json;q=0") }
  }

  @Test func refused() {
    let error = #expect(throws: StatusError.self) { try form("application/cbor") }
    #expect(error?.code == 406)
    #expect(error?.message.hasSuffix("application/json, application/yaml, \(Self.protobuf)") == true)
    #expect(throws: StatusError.self) { try form("application/json;as=Table;g=other;v=v1") }
    #expect(throws: StatusError.self) { try form("\(Self.protobuf);\(Self.table)") }
    #expect(throws: StatusError.self) { try form("application/json;stream=other") }
  }

  /// Fields of custom kinds have no numbers; their metadata have.
  @Test func customKinds() throws {
    #expect(try form("\(Self.protobuf),application/json", for: .custom).encoding == .json)
    #expect(throws: StatusError.self) { try form(Self.protobuf, for: .custom) }
    let metadata = try form("\(Self.protobuf);\(Self.metadata),application/json;\(Self.metadata)", for: .custom)
    #expect(metadata.encoding == .protobuf && metadata.shape == .partialMetadata)
    #expect(try form("\(Self.protobuf);\(Self.table),application/json;\(Self.table)").encoding == .json)
  }

  @Test func watches() throws {
    #expect(try form("\(Self.protobuf);stream=watch,application/json", isWatch: true).encoding == .protobuf)
    #expect(try form("application/json;stream=watch", isWatch: true).encoding == .json)
    let error = #expect(throws: StatusError.self) { try form("application/yaml", isWatch: true) }
    #expect(error?.message.hasSuffix("application/json;stream=watch, \(Self.protobuf);stream=watch") == true)
  }

  /// An error has one shape, and is told in any case.
  @Test func errors() {
    #expect(ResponseForm.ofError(["Accept": "\(Self.protobuf),application/json"], Query()).encoding == .protobuf)
    #expect(ResponseForm.ofError(["Accept": "application/yaml"], Query()).encoding == .yaml)
    #expect(ResponseForm.ofError(["Accept": "text/html"], Query()).encoding == .json)
    let table = ResponseForm.ofError(["Accept": "application/json;\(Self.table),application/json"], Query())
    #expect(table.encoding == .json && table.shape == .object)
  }
}
