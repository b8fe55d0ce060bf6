import APIMachinery
import FoundationEssentials

/// Where the next page of a list begins. Opaque to clients; base64 of a small JSON text, as kube-apiserver's is.
struct ContinueToken: Sendable, Equatable {
  /// The state that the first page showed; -1: whatever is newest.
  let revision: Int64
  /// The last key of the page before.
  let lastKey: String

  init(revision: Int64, lastKey: String) {
    self.revision = revision
    self.lastKey = lastKey
  }

  var text: String {
    let value: JSONValue = ["v": "meta.k8s.io/v1", "rv": .integer(revision), "start": .string(lastKey)]
    let text = Data(value.jsonBytes()).base64EncodedString()
    return text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// - Parameter prefix: what the keys of the collection begin with: a token leads nowhere else.
  init(_ text: String, prefix: String) throws(StatusError) {
    var standard = text.replacing("-", with: "+").replacing("_", with: "/")
    standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: standard), let value = try? JSONValue(json: Array(data)),
      value["v"]?.stringValue == "meta.k8s.io/v1", let revision = value["rv"]?.integerValue,
      let lastKey = value["start"]?.stringValue, lastKey.hasPrefix(prefix), revision != 0
    else { throw .badRequest("continue key is not valid") }
    self.revision = revision
    self.lastKey = lastKey
  }
}
