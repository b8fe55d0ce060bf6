import APIMachinery
import Linux

/// What `/version` says.
public struct ServerVersion: Sendable {
  public let gitVersion: String
  public let major: String
  public let minor: String

  /// - Parameters:
  ///   - build: what follows the version of the API that is served: `apus.0.1.0`.
  public init(major: String = "1", minor: String = "36", build: String) {
    self.major = major
    self.minor = minor
    gitVersion = "v\(major).\(minor).0+\(build)"
  }

  /// Go's name of the processor.
  private static var architecture: String {
    switch SystemFacts.machine {
    case "x86_64": "amd64"
    case "aarch64": "arm64"
    case let other: other
    }
  }

  var json: JSONValue {
    // The versions that it can be compatible with: itself and the one before.
    let before = Int(minor).map { String(max(0, $0 - 1)) } ?? minor
    return [
      "major": .string(major), "minor": .string(minor), "emulationMajor": .string(major),
      "emulationMinor": .string(minor), "minCompatibilityMajor": .string(major),
      "minCompatibilityMinor": .string(before),
      "gitVersion": .string(gitVersion), "gitCommit": "", "gitTreeState": "clean",
      "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift",
      "platform": .string("linux/\(Self.architecture)"),
    ]
  }
}
