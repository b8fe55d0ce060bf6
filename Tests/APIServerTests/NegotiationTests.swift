import APIMachinery
import HTTPService
import Testing

@testable import APIServer

@Suite struct NegotiationTests {
  private func form(_ accept: String) throws -> ResponseForm {
    try ResponseForm.negotiate(["Accept": accept], Query())
  }

  @Test func whatClientsSend() throws {
    #expect(try form("application/json").shape == .object)
    #expect(try form("*/*").encoding == .json)
    #expect(try form("application/yaml").encoding == .yaml)
    // kubectl get
    let table =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
    #expect(try form(table).shape == .table)
    // client-go prefers protobuf, and takes JSON where it is not given it.
    #expect(try form("application/vnd.kubernetes.protobuf,application/json").encoding == .json)
    #expect(try form("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1").shape == .partialMetadata)
  }

  @Test func weights() throws {
    #expect(try form("application/json;q=0.1,application/yaml;q=0.9").encoding == .yaml)
    #expect(throws: StatusError.self) { try form("application/json;q=0") }
  }

  @Test func refused() {
    let error = #expect(throws: StatusError.self) { try form("application/vnd.kubernetes.protobuf") }
    #expect(error?.code == 406)
    #expect(throws: StatusError.self) { try form("application/json;as=Table;g=other;v=v1") }
  }
}
