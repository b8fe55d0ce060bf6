import NIOCore
import Testing

@testable import KeyValueStore

/// gRPC on a unix socket, by which plugins are spoken to.
@Suite(.timeLimit(.minutes(1))) struct GRPCSocketTests {
  @Test func callsAreAnswered() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/plugin.sock"
      let member = try await FakeMember(socket: path) { path, message in
        path == "/a.B/Refuse" ? .refusal(7, "no") : .answer(ByteBuffer(string: path + String(buffer: message)))
      }
      let connection = try await GRPCConnection.connect(unixSocket: path)
      func call(_ method: String) async throws(GRPCFault) -> String {
        String(
          buffer: try await connection.call(
            method, [], ByteBuffer(string: "!"), patience: .seconds(20), limit: .seconds(20)))
      }
      #expect(try await call("/a.B/Say") == "/a.B/Say!")
      do throws(GRPCFault) {
        _ = try await call("/a.B/Refuse")
        Issue.record("it was not refused")
      } catch {
        #expect(error.kind == .refused(7) && error.message == "no")
      }
      #expect(connection.isUsable)
      await connection.close()
      #expect(!connection.isUsable)
      try await member.close()
      await #expect(throws: GRPCFault.self) { try await GRPCConnection.connect(unixSocket: directory + "/gone.sock") }
    }
  }
}
