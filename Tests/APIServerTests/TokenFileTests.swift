import APIMachinery
import Testing

@testable import APIServer

@Suite struct TokenFileTests {
  @Test func valuesMayBeQuoted() {
    #expect(CommaSeparated.records("a,b\n\nc,\"d,\"\"e\"\"\"\r\n") == [["a", "b"], ["c", "d,\"e\""]])
    #expect(CommaSeparated.records("a,,\n") == [["a", "", ""]])
    #expect(CommaSeparated.records("") == [])
    #expect(CommaSeparated.records("\"two\nlines\",x") == [["two\nlines", "x"]])
  }

  @Test func aTokenIsAUser() async throws {
    let file = try TokenFile("t1,ann,u1,\"g1,g2\"\nt2,bob,u2\n,nobody,u3", name: "f", audiences: ["here"])
    let ann = try await file.bearer(of: "t1", audiences: ["here", "there"])
    #expect(ann == TokenBearer(user: User(name: "ann", uid: "u1", groups: ["g1", "g2"]), audiences: ["here"]))
    #expect(try await file.bearer(of: "t2", audiences: ["here"])?.user == User(name: "bob", uid: "u2"))
    #expect(try await file.bearer(of: "", audiences: ["here"]) == nil)
    #expect(try await file.bearer(of: "t1", audiences: ["there"]) == nil)
  }

  @Test func aShortLineIsAnError() {
    #expect(throws: StatusError.self) { try TokenFile("t1,ann", name: "f", audiences: []) }
  }

  @Test func groupsOfBootstrapTokens() {
    #expect(BootstrapTokens.groups("") == ["system:bootstrappers"])
    #expect(
      BootstrapTokens.groups("system:bootstrappers:b,system:bootstrappers:a:1") == [
        "system:bootstrappers", "system:bootstrappers:a:1", "system:bootstrappers:b",
      ])
    for bad in [
      "system:masters", "system:bootstrappers", "system:bootstrappers:", "system:bootstrappers:A",
      "system:bootstrappers:a-", "system:bootstrappers:a,", "system:bootstrappersx:a",
    ] { #expect(BootstrapTokens.groups(bad) == nil, "\(bad)") }
  }
}
