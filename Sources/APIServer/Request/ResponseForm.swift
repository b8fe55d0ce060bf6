import APIMachinery
import HTTPService

/// What form an answer takes, agreed on by the `Accept` header.
public struct ResponseForm: Sendable, Equatable {
  public enum Encoding: String, Sendable {
    case json = "application/json"
    case yaml = "application/yaml"
    case protobuf = "application/vnd.kubernetes.protobuf"
  }
  public enum Shape: Sendable, Equatable { case object, table, partialMetadata }

  /// What is asked for, which decides what forms there are.
  enum Subject: Sendable, Equatable {
    /// Objects of a built-in kind: all encodings.
    case builtin
    /// Objects of a custom kind, whose fields have no numbers: in protobuf only what is of the API itself.
    case custom
    /// An answer to a question: an object that has metadata, but no table.
    case answer
    /// A Status or a document about the server: they have one shape.
    case status
  }

  public var encoding: Encoding = .json
  public var shape: Shape = .object
  /// Whether the metadata of a list was asked for, and not that of an object.
  var isOfList = false
  /// Indented JSON, for people.
  public var isPretty = false
  /// Version of `meta.k8s.io` that a table or metadata come in.
  public var metaVersion = "v1"

  static let accepted: [Encoding] = [.json, .yaml, .protobuf]

  /// The first of the media types named that can be served, the one that the client weighs most first.
  /// - Parameters:
  ///   - isWatch: whether events are answered, one after the other: YAML has no form for that.
  ///   - isWatchable: whether there are watches where the request goes.
  /// - Throws: 406 where there is none.
  static func negotiate(
    _ headers: Headers, _ query: Query, for subject: Subject, isWatch: Bool = false, isWatchable: Bool = false
  ) throws(StatusError) -> ResponseForm {
    var form = ResponseForm()
    form.isPretty = isPretty(headers, query)
    guard let ranges = MediaRange.accepted(headers) else { return form }
    for range in ranges {
      for encoding in accepted where range.covers(encoding.rawValue) {
        form.encoding = encoding
        if isWatch, encoding == .yaml { continue }
        guard form.takes(range, subject) else { continue }
        form.isPretty = form.isPretty || range.parameters["pretty"] == "1"
        return form
      }
    }
    let types = accepted.map(\.rawValue)
    // Of built-in kinds media types are looked at before parameters are.
    if subject != .custom, !ranges.contains(where: { types.contains(where: $0.covers) }) {
      throw .noRepresentation(isWatchable ? types + streamed : types)
    }
    // Of a watch a form of its objects is looked for first, and then one of its events.
    let isOfObjects = isWatch && (try? negotiate(headers, query, for: subject)) != nil
    throw .notAcceptable(accepted: isOfObjects ? streamed : types)
  }

  private static let streamed = [Encoding.json, .protobuf].map { "\($0.rawValue);stream=watch" }

  /// Clients that show people what they get.
  private static let shown = ["curl", "Wget", "Mozilla/5.0"]

  /// Whether people are to read the answer: as the parameter `pretty` says, or else what the client calls itself.
  static func isPretty(_ headers: Headers, _ query: Query) -> Bool {
    if let text = query["pretty"], !text.isEmpty { return ["1", "t", "T", "true", "True", "TRUE"].contains(text) }
    guard let agent = headers["User-Agent"] else { return false }
    return shown.contains { agent.hasPrefix($0) }
  }

  /// Whether the range's parameters ask for something that there is in the encoding.
  private mutating func takes(_ range: MediaRange, _ subject: Subject) -> Bool {
    if let stream = range.parameters["stream"], !stream.isEmpty, stream != "watch" || encoding == .yaml { return false }
    // Of meta.k8s.io's own objects there is one version.
    if let version = range.parameters["sv"], !version.isEmpty, subject == .status || version != "v1" { return false }
    switch range.parameters["as"] {
    case nil:
      // A group or a version is that of another shape.
      guard range.parameters["g"] == nil, range.parameters["v"] == nil else { return false }
      shape = .object
      return encoding != .protobuf || subject != .custom
    case "Table" where subject != .status && subject != .answer && range.isMeta && encoding != .protobuf: shape = .table
    case "PartialObjectMetadata" where subject != .status && range.isMeta,
      "PartialObjectMetadataList" where subject != .status && range.isMeta:
      shape = .partialMetadata
      isOfList = range.parameters["as"] == "PartialObjectMetadataList"
    default: return false
    }
    metaVersion = range.parameters["v"] ?? "v1"
    return true
  }

  /// The form of an error: JSON where the client takes nothing of what there is.
  static func ofError(_ headers: Headers, _ query: Query) -> ResponseForm {
    (try? negotiate(headers, query, for: .status)) ?? ResponseForm()
  }
}
