import ArgumentParser
import FoundationEssentials

/// `apus check`: what this host can and cannot do, and what to do about it.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Tell what this host can and cannot do.",
    discussion: "Ends with 1 when something is missing that the engine cannot do without.")

  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let findings = HostCheck.all()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(findings), as: UTF8.self))
    } else {
      let width = findings.map(\.name.count).max() ?? 0
      for finding in findings {
        let name = finding.name + String(repeating: " ", count: width - finding.name.count)
        let state = finding.state.rawValue + String(repeating: " ", count: 7 - finding.state.rawValue.count)
        let advice = finding.advice.isEmpty ? "" : " -> \(finding.advice)"
        print("\(state)  \(name)  \(finding.detail)\(advice)")
      }
    }
    if findings.contains(where: { $0.state == .missing && $0.required }) { throw ExitCode(1) }
  }
}
