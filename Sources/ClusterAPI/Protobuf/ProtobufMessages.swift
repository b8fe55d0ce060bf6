import ClusterAPIData
import Synchronization

/// How the types of built-in kinds are laid out in protocol buffers: which field has which number.
public struct ProtobufMessages: Sendable {
  /// A message among all messages.
  struct Reference: Sendable, Hashable {
    fileprivate let index: Int
  }

  enum Element: Sendable, Hashable {
    case string, bytes, integer, boolean, double
    case message(Reference)
  }

  enum Shape: Sendable {
    case single, list
    /// From strings.
    case map
  }

  struct Field: Sendable {
    let number: Int
    /// The member in JSON; nil where the message's own fields stand in the object that holds it.
    let name: String?
    let shape: Shape
    let element: Element
    /// Zero is the same as missing: JSON leaves it out.
    let omitsZero: Bool
  }

  /// What a writer needs of a field: it looks at thousands, and what holds no reference costs no counting.
  struct Code: Sendable {
    let number: Int
    let shape: Shape
    let element: Element
  }

  /// The fields of a message, and how it is read and written where its JSON is no object of its fields. A class, so that
  /// what is in messages in messages is reached without a copy.
  final class Layout: Sendable {
    /// The definition's name in OpenAPI documents.
    let name: String
    /// By their numbers, as Go's encoder writes them; nil for a message that nothing is known of.
    let fields: [Field]?
    let codes: [Code]
    /// Those whose own fields stand in the object.
    let inlined: [Int]
    let reader: ProtobufSpecialTypes.Reader?
    let writer: ProtobufWriter.Special?
    private let byNumber: [UInt32: Int]
    /// Where members of the JSON stand among the fields.
    let names: FieldNames

    fileprivate init(_ name: String, _ fields: [Field]?) {
      let fields = fields?.sorted { $0.number < $1.number }
      self.name = name
      self.fields = fields
      codes = (fields ?? []).map { Code(number: $0.number, shape: $0.shape, element: $0.element) }
      reader = ProtobufSpecialTypes.reader(of: name)
      writer = ProtobufWriter.special(of: name)
      var (inlined, byNumber, named) = ([Int](), [UInt32: Int](), [(name: String, field: Int)]())
      for (index, field) in (fields ?? []).enumerated() {
        byNumber[UInt32(field.number)] = index
        if let name = field.name { named.append((name, index)) } else { inlined.append(index) }
      }
      self.inlined = inlined
      self.byNumber = byNumber
      names = FieldNames(named)
    }

    func field(_ number: UInt32) -> Field? {
      guard let index = byNumber[number] else { return nil }
      return fields?[index]
    }
  }

  private let layouts: [Layout]
  private let references: [String: Reference]

  /// The layout of the types in this binary; read when it is first asked for.
  public static let builtin = ProtobufMessages(reading: String(cString: cluster_api_data_protobuf()))

  /// The definitions that have a layout.
  var names: [String] { layouts.filter { $0.fields != nil }.map(\.name).sorted() }

  subscript(reference: Reference) -> Layout { layouts[reference.index] }

  /// The layout of a definition; nil where nothing is known of it.
  subscript(definitionName: String) -> Layout? { references[definitionName].map { self[$0] } }

  /// Whether a definition can be sent in this form.
  public func has(_ definitionName: String) -> Bool { self[definitionName]?.fields != nil }

  /// Short names of packages that the texts use.
  private static let packages = [
    "meta": "io.k8s.apimachinery.pkg.apis.meta.v1", "core": "io.k8s.api.core.v1",
    "quantity": "io.k8s.apimachinery.pkg.api.resource", "intstr": "io.k8s.apimachinery.pkg.util.intstr",
    "runtime": "io.k8s.apimachinery.pkg.runtime", "authentication": "io.k8s.api.authentication.v1",
    "autoscaling": "io.k8s.api.autoscaling.v1",
  ]

  /// - Parameter text: see the head of `Kinds/protobuf.fields`. What it has is checked by a test.
  init(reading text: String) {
    var known: [String: Reference] = [:]
    var names: [String] = []
    var fields: [Int: [Field]] = [:]
    func reference(_ name: String) -> Reference {
      if let reference = known[name] { return reference }
      let reference = Reference(index: names.count)
      known[name] = reference
      names.append(name)
      return reference
    }
    var package = ""
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("package ") {
        package = String(line.dropFirst(8))
        continue
      }
      let words = line.split(separator: " ")
      guard let name = words.first else { continue }
      let message = reference("\(package).\(name)")
      fields[message.index] = words.dropFirst().compactMap { word in
        let parts = word.split(separator: ":", maxSplits: 2)
        guard parts.count == 3, let number = UInt32(parts[0]) else { return nil }
        let omitsZero = parts[2].hasSuffix("~")
        let (shape, type) = Self.shape(omitsZero ? parts[2].dropLast() : parts[2])
        return Field(
          number: Int(number), name: parts[1] == "*" ? nil : String(parts[1]), shape: shape,
          element: Self.scalar(type) ?? .message(reference(Self.definition(type, package))), omitsZero: omitsZero)
      }
    }
    layouts = names.enumerated().map { Layout($0.element, fields[$0.offset]) }
    references = known
  }

  private static func shape(_ text: Substring) -> (Shape, Substring) {
    if text.hasPrefix("[") { return (.list, text.dropFirst().dropLast()) }
    if text.hasPrefix("{") { return (.map, text.dropFirst().dropLast()) }
    return (.single, text)
  }

  private static func scalar(_ text: Substring) -> Element? {
    switch text {
    case "s": .string
    case "b": .bytes
    case "i": .integer
    case "o": .boolean
    case "d": .double
    default: nil
    }
  }

  private static func definition(_ text: Substring, _ package: String) -> String {
    guard let dot = text.firstIndex(of: "."), let other = packages[String(text[..<dot])] else {
      return "\(package).\(text)"
    }
    return other + text[dot...]
  }
}
