/// A field that selectors may name, and what it is compared by.
public struct SelectableField: Equatable, Sendable {
  /// What an object without the field, or with an empty one, is taken to have there.
  public enum Otherwise: Equatable, Sendable {
    case value(String)
    /// What stands at another path.
    case path([String])
  }

  /// As selectors name it: `status.successful`.
  public var name: String
  /// The members that lead to the value.
  public var path: [String]
  /// Nil where a missing value is an empty one.
  public var otherwise: Otherwise?

  public init(name: String, path: [String], otherwise: Otherwise? = nil) {
    self.name = name
    self.path = path
    self.otherwise = otherwise
  }

  /// Reads `name`, `name=.path`, `name=.path|value` or `name=.path|.other`.
  init(_ flag: KindDataFlag) {
    let places = (flag.value ?? ".\(flag.name)").split(separator: "|", maxSplits: 1)
    name = String(flag.name)
    path = Self.members(places[0])
    if places.count > 1 {
      otherwise = places[1].hasPrefix(".") ? .path(Self.members(places[1])) : .value(String(places[1]))
    }
  }

  private static func members(_ path: Substring) -> [String] { path.split(separator: ".").map(String.init) }
}
