/// The labels of an object: keys and values, in the order of the keys. Few as they are, they are searched, not hashed.
public struct LabelSet: Sendable, Hashable {
  private var keys: [String] = []
  private var values: [String] = []

  public init() {}

  /// Of two labels of one key the last stays.
  public init(_ labels: some Sequence<(String, String)>) {
    let pairs = Array(labels)
    guard pairs.count > Self.few else {
      for (key, value) in pairs { self[key] = value }
      return
    }
    // Annotations are read like this too, and may be thousands: they are sorted once.
    let sorted = pairs.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
    for pair in sorted.map(\.element) {
      if keys.last == pair.0 {
        values[values.count - 1] = pair.1
      } else {
        keys.append(pair.0)
        values.append(pair.1)
      }
    }
  }

  private static let few = 32

  public init(_ labels: [String: String]) { self.init(labels.map { ($0.key, $0.value) }) }

  /// Reads a member `labels`; what is no text is left out.
  public init(json value: JSONValue?) {
    self.init((value?.objectValue ?? JSONObject()).compactMap { key, value in value.stringValue.map { (key, $0) } })
  }

  public subscript(key: String) -> String? {
    get { keys.firstIndex(of: key).map { values[$0] } }
    set {
      let index = keys.firstIndex { $0 >= key } ?? keys.endIndex
      let exists = index < keys.endIndex && keys[index] == key
      if let newValue {
        if exists {
          values[index] = newValue
        } else {
          keys.insert(key, at: index)
          values.insert(newValue, at: index)
        }
      } else if exists {
        keys.remove(at: index)
        values.remove(at: index)
      }
    }
  }

  public func contains(_ key: String) -> Bool { keys.contains(key) }

  public var json: JSONValue { .object(JSONObject(map { ($0.key, JSONValue.string($0.value)) })) }
}

extension LabelSet: RandomAccessCollection, ExpressibleByDictionaryLiteral, CustomStringConvertible {
  public var startIndex: Int { 0 }
  public var endIndex: Int { keys.count }
  public subscript(position: Int) -> (key: String, value: String) { (keys[position], values[position]) }

  public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

  /// As a selector that all of them must meet: `a=b,c=d`.
  public var description: String { map { "\($0.key)=\($0.value)" }.joined(separator: ",") }
}
