/// The parameters of a request's query, decoded; of several of one name the first counts.
public struct QueryParameters: Sendable, ExpressibleByDictionaryLiteral {
  private var values: [String: [String]]

  public init(_ values: [String: [String]]) { self.values = values }
  public init(dictionaryLiteral elements: (String, String)...) {
    values = [:]
    for (name, value) in elements { values[name, default: []].append(value) }
  }

  /// All values of a parameter, in the order in which they came.
  public func all(_ name: String) -> [String] { values[name] ?? [] }
  public subscript(name: String) -> String? { values[name]?.first }

  func text(_ name: String) -> String { self[name] ?? "" }

  /// Whatever is neither `false` nor `0` is true, as in Kubernetes: also nothing behind the name. Nil where the
  /// parameter is not there.
  func flag(_ name: String) -> Bool? { self[name].map { $0 != "0" && $0.lowercased() != "false" } }

  /// - Throws: a `badRequest` in the words of Go's parser.
  func number(_ name: String) throws(StatusError) -> Int64? {
    guard let text = self[name] else { return nil }
    if let number = Int64(text) { return number }
    let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    let isNumber = !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
    throw .badRequest(
      "strconv.ParseInt: parsing \(text.goQuoted): \(isNumber ? "value out of range" : "invalid syntax")")
  }
}
