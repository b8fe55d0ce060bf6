import FoundationEssentials

/// A registry's answer that something failed (distribution specification, "Error Codes").
public struct RegistryErrorBody: Sendable, Equatable {
  public struct Entry: Sendable, Equatable {
    /// `MANIFEST_UNKNOWN`, `DENIED` …
    public var code: String
    public var message: String
    /// The detail as it stands in the JSON, empty where there is none.
    public var detail: String
  }
  public var entries: [Entry]

  /// Reads a body; nil where it is not such a document.
  public init?(_ bytes: [UInt8]) {
    struct Body: Decodable {
      struct Item: Decodable {
        let code: String?
        let message: String?
      }
      let errors: [Item]?
      let details: String?
    }
    guard let body = try? JSONDecoder().decode(Body.self, from: Data(bytes)) else { return nil }
    guard let errors = body.errors, !errors.isEmpty else {
      guard let details = body.details else { return nil }
      entries = [Entry(code: "", message: details, detail: "")]
      return
    }
    entries = errors.map { Entry(code: $0.code ?? "UNKNOWN", message: $0.message ?? "", detail: "") }
  }

  /// The errors in Docker's words: `manifest unknown: manifest unknown`.
  public var text: String {
    entries.map { entry in
      let words = entry.code.lowercased().map { $0 == "_" ? " " : String($0) }.joined()
      return words.isEmpty ? entry.message : "\(words): \(entry.message)"
    }.joined(separator: "\n")
  }
}
