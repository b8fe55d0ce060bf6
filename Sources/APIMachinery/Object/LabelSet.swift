/// The labels of an object: keys and values, in the order of the keys. Few as they are, they are searched, not hashed.
public struct LabelSet: Sendable, Hashable {
  private var keys: [String] = []
  private var values: [String] = []

  public init() {}

  /// Of two labels of one key the last stays.
  public init(_ labels: some Sequence<(String, String)>) {
    for (key, value) in labels { self[key] = value }
  }

  public init(_ labels: [String: String]) { self.init(labels.map { ($0.key, $0.value) }) }

  /// Reads a member `labels`; what is no text is left out.
  public init(json value: JSONValue?) {
    for (key, value) in value?.objectValue ?? JSONObject() {
      if let text = value.stringValue { self[key] = text }
    }
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
