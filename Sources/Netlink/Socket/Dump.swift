/// A table of the kernel. It is read in parts, and when it changes between two parts the kernel says so: then entries may
/// be missing or there twice, and only the caller knows whether that is good enough.
public enum Dump<Element: Sendable>: Sendable {
  case complete([Element])
  case interrupted([Element])

  /// What was read, whole or not.
  public var elements: [Element] {
    switch self {
    case .complete(let elements), .interrupted(let elements): elements
    }
  }

  public func map<T: Sendable, Failure: Error>(_ body: (Element) throws(Failure) -> T) throws(Failure) -> Dump<T> {
    switch self {
    case .complete(let elements): .complete(try elements.map(body))
    case .interrupted(let elements): .interrupted(try elements.map(body))
    }
  }
}
