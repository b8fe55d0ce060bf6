import APIMachinery
import HTTPService

/// What form an answer takes, agreed on by the `Accept` header.
public struct ResponseForm: Sendable, Equatable {
  public enum Encoding: Sendable { case json, yaml }
  public enum Shape: Sendable, Equatable { case object, table, partialMetadata }
  public var encoding: Encoding = .json
  public var shape: Shape = .object
  /// Indented JSON, for people (`pretty=true`).
  public var isPretty = false
  /// Version of `meta.k8s.io` that a table or metadata come in.
  public var metaVersion = "v1"

  static let accepted = ["application/json", "application/yaml"]

  /// The first of the media types named that can be served, the one that the client weighs most first.
  /// - Throws: 406 where there is none, which tells clients that prefer protobuf to fall back.
  static func negotiate(_ headers: Headers, _ query: Query, shapes: Bool = true) throws(StatusError) -> ResponseForm {
    var form = ResponseForm()
    form.isPretty = RequestInfo.isTrue(query["pretty"])
    guard let ranges = MediaRange.accepted(headers) else { return form }
    for range in ranges {
      switch range.type {
      case "application/json", "*/*", "application/*": form.encoding = .json
      case "application/yaml": form.encoding = .yaml
      default: continue
      }
      switch range.parameters["as"] {
      case nil: return form
      case "Table" where shapes && range.isMeta: form.shape = .table
      case "PartialObjectMetadata" where shapes && range.isMeta,
        "PartialObjectMetadataList" where shapes && range.isMeta:
        form.shape = .partialMetadata
      default: continue
      }
      form.metaVersion = range.parameters["v"] ?? "v1"
      return form
    }
    throw .notAcceptable(accepted: accepted)
  }
}

/// One entry of an `Accept` header (RFC 9110, section 12.5.1).
struct MediaRange {
  let type: String
  let parameters: [String: String]
  let weight: Double

  init(_ text: Substring) {
    let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
    type = parts.first?.lowercased() ?? ""
    var parameters: [String: String] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1)
      if pair.count == 2 { parameters[pair[0].lowercased()] = String(pair[1]) }
    }
    self.parameters = parameters
    weight = parameters["q"].flatMap(Double.init) ?? 1
  }

  /// What a client accepts, the ones that it weighs most first; nil where it does not say.
  static func accepted(_ headers: Headers) -> [MediaRange]? {
    let accept = headers.all("Accept").joined(separator: ",")
    guard !accept.isEmpty else { return nil }
    let ranges = accept.split(separator: ",").map(MediaRange.init).filter { $0.weight > 0 }
    return ranges.enumerated().sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
      .map(\.element)
  }

  /// A shape of the group `meta.k8s.io` that is served.
  var isMeta: Bool {
    parameters["g"] == "meta.k8s.io" && ["v1", "v1beta1"].contains(parameters["v"] ?? "")
  }
}
