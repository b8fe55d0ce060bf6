/// Where a field stands in an object, as messages of validation name it: `spec.containers[0].name`, or with the key of
/// a map `metadata.labels[app]`.
///
/// Going down costs one small allocation; the text is made only where somebody asks for it.
public struct FieldPath: Sendable {
  private enum Element {
    case name(String)
    case index(Int)
    case key(String)
  }

  private final class Node: Sendable {
    let element: Element
    let parent: Node?

    init(_ element: Element, below parent: Node?) {
      self.element = element
      self.parent = parent
    }
  }

  private let node: Node?

  private init(_ node: Node?) { self.node = node }

  /// The object itself.
  public init() { node = nil }

  /// A field of the object, and fields below it.
  public init(_ name: String, _ more: String...) {
    node = more.reduce(Node(.name(name), below: nil)) { Node(.name($1), below: $0) }
  }

  /// A field below this one, and fields below that.
  public func child(_ name: String, _ more: String...) -> FieldPath {
    FieldPath(more.reduce(Node(.name(name), below: node)) { Node(.name($1), below: $0) })
  }

  /// An element of a list.
  public func index(_ index: Int) -> FieldPath { FieldPath(Node(.index(index), below: node)) }

  /// A value of a map.
  public func key(_ key: String) -> FieldPath { FieldPath(Node(.key(key), below: node)) }

  public var isEmpty: Bool { node == nil }
}

extension FieldPath: CustomStringConvertible, Equatable {
  /// The object itself has no path: Go writes `<nil>`.
  public var description: String {
    guard var current = node else { return "<nil>" }
    var elements = [current.element]
    while let parent = current.parent {
      elements.append(parent.element)
      current = parent
    }
    var text = ""
    for element in elements.reversed() {
      switch element {
      // Go takes a name that is empty for the empty key of a map.
      case .name(""): text += "[]"
      case .name(let name):
        if !text.isEmpty { text += "." }
        text += name
      case .index(let index): text += "[\(index)]"
      case .key(let key): text += "[\(key)]"
      }
    }
    return text
  }

  public static func == (a: FieldPath, b: FieldPath) -> Bool { a.description == b.description }
}
