import ClusterAPIData
import Synchronization

/// How the types of built-in kinds are laid out in protocol buffers: which field has which number.
public struct ProtobufMessages: Sendable {
  indirect enum FieldType: Sendable, Equatable {
    case string, bytes, integer, boolean, double
    /// By the definition's name.
    case message(String)
    case list(FieldType)
    /// From strings.
    case map(FieldType)
  }

  struct Field: Sendable, Equatable {
    /// The member in JSON; nil where the message's own fields stand in the object that holds it.
    let name: String?
    let type: FieldType
    /// Zero is the same as missing: JSON leaves it out.
    let omitsZero: Bool
  }

  private struct Layout: Sendable {
    let byNumber: [UInt32: Field]
    /// By their numbers, as Go's encoder writes them.
    let ordered: [(number: Int, field: Field)]
  }

  private let messages: [String: Layout]

  /// The layout of the types in this binary; read when it is first asked for.
  public static let builtin = ProtobufMessages(reading: String(cString: cluster_api_data_protobuf()))

  /// The definitions that have a layout.
  var names: [String] { messages.keys.sorted() }

  func fields(_ message: String) -> [UInt32: Field]? { messages[message]?.byNumber }

  func ordered(_ message: String) -> [(number: Int, field: Field)]? { messages[message]?.ordered }

  /// Whether a definition can be sent in this form.
  public func has(_ definitionName: String) -> Bool { messages[definitionName] != nil }

  /// Short names of packages that the texts use.
  private static let packages = [
    "meta": "io.k8s.apimachinery.pkg.apis.meta.v1", "core": "io.k8s.api.core.v1",
    "quantity": "io.k8s.apimachinery.pkg.api.resource", "intstr": "io.k8s.apimachinery.pkg.util.intstr",
    "runtime": "io.k8s.apimachinery.pkg.runtime", "authentication": "io.k8s.api.authentication.v1",
    "autoscaling": "io.k8s.api.autoscaling.v1",
  ]

  /// - Parameter text: see the head of `Kinds/protobuf.fields`. What it has is checked by a test.
  init(reading text: String) {
    var messages: [String: Layout] = [:]
    var package = ""
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("package ") {
        package = String(line.dropFirst(8))
        continue
      }
      let words = line.split(separator: " ")
      var fields: [UInt32: Field] = [:]
      for word in words.dropFirst() {
        let parts = word.split(separator: ":", maxSplits: 2)
        guard parts.count == 3, let number = UInt32(parts[0]) else { continue }
        let omitsZero = parts[2].hasSuffix("~")
        fields[number] = Field(
          name: parts[1] == "*" ? nil : String(parts[1]),
          type: Self.type(omitsZero ? parts[2].dropLast() : parts[2], package), omitsZero: omitsZero)
      }
      if let name = words.first {
        messages["\(package).\(name)"] = Layout(
          byNumber: fields, ordered: fields.sorted { $0.key < $1.key }.map { (Int($0.key), $0.value) })
      }
    }
    self.messages = messages
  }

  private static func type(_ text: Substring, _ package: String) -> FieldType {
    switch text {
    case "s": return .string
    case "b": return .bytes
    case "i": return .integer
    case "o": return .boolean
    case "d": return .double
    default: break
    }
    if text.hasPrefix("[") { return .list(type(text.dropFirst().dropLast(), package)) }
    if text.hasPrefix("{") { return .map(type(text.dropFirst().dropLast(), package)) }
    guard let dot = text.firstIndex(of: "."), let other = packages[String(text[..<dot])] else {
      return .message("\(package).\(text)")
    }
    return .message(other + text[dot...])
  }
}
