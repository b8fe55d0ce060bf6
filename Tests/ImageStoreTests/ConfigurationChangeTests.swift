import OCI
import Testing

@testable import ImageStore

@Suite struct ConfigurationChangeTests {
  private func changed(_ lines: String...) throws -> ProcessConfiguration {
    var process = ProcessConfiguration()
    process.command = ["old"]
    process.entrypoint = ["run"]
    process.environment = ["A=1", "B=2"]
    try ConfigurationChange.apply(lines, to: &process)
    return process
  }

  @Test func anEntryPointDropsTheCommand() throws {
    let shell = try changed("ENTRYPOINT echo hi")
    #expect(shell.entrypoint == ["/bin/sh", "-c", "echo hi"] && shell.command == nil)
    let words = try changed("entrypoint [\"echo\"]")
    #expect(words.entrypoint == ["echo"] && words.command == nil)
  }

  @Test func unlessACommandWasGivenBefore() throws {
    for lines in [["CMD [\"new\"]", "ENTRYPOINT [\"echo\"]"], ["ENTRYPOINT [\"echo\"]", "CMD [\"new\"]"]] {
      var process = ProcessConfiguration()
      process.command = ["old"]
      try ConfigurationChange.apply(lines, to: &process)
      #expect(process.entrypoint == ["echo"] && process.command == ["new"])
    }
    // An empty one does not count.
    try #expect(changed("CMD []", "ENTRYPOINT [\"echo\"]").command == nil)
  }

  @Test func emptyEntryPoints() throws {
    try #expect(changed("ENTRYPOINT []").entrypoint == nil)
    try #expect(changed("ENTRYPOINT [\"\"]").entrypoint == [""])
    try #expect(changed("CMD []").command == [])
    try #expect(changed("CMD []").entrypoint == ["run"])
  }

  @Test func variablesKeepTheirPlace() throws {
    try #expect(changed("ENV A=3 C=4").environment == ["A=3", "B=2", "C=4"])
  }

  @Test func whatMeansNothingHereIsRefused() {
    #expect(throws: ImageStoreError.self) { try changed("RUN true") }
  }
}
