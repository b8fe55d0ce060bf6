/// The labels of an object: keys and values, in the order of the keys. Few as they are, they are searched, not hashed.
public struct LabelSet: Sendable, Hashable {
  private struct Label: Hashable {
    let key: String
    var value: String
  }
  private var labels: [Label] = []

  public init() {}

  /// Of two labels of one key the last stays.
  public init(_ labels: some Sequence<(String, String)>) {
    let pairs = Array(labels)
    self.labels.reserveCapacity(pairs.count)
    guard pairs.count > Self.few else {
      for (key, value) in pairs { self[key] = value }
      return
    }
    // Annotations are read like this too, and may be thousands: they are sorted once.
    let sorted = pairs.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
    for pair in sorted.map(\.element) {
      if self.labels.last?.key == pair.0 {
        self.labels[self.labels.count - 1].value = pair.1
      } else {
        self.labels.append(Label(key: pair.0, value: pair.1))
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
    get { labels.first { $0.key == key }?.value }
    set {
      let index = labels.firstIndex { $0.key >= key } ?? labels.endIndex
      let exists = index < labels.endIndex && labels[index].key == key
      if let newValue {
        if exists { labels[index].value = newValue } else { labels.insert(Label(key: key, value: newValue), at: index) }
      } else if exists {
        labels.remove(at: index)
      }
    }
  }

  /// Whether there is a label of that key, whatever its value.
  public func contains(_ key: String) -> Bool { labels.contains { $0.key == key } }

  public var json: JSONValue { .object(JSONObject(map { ($0.key, JSONValue.string($0.value)) })) }
}

extension LabelSet: RandomAccessCollection, ExpressibleByDictionaryLiteral, CustomStringConvertible {
  public var startIndex: Int { 0 }
  public var endIndex: Int { labels.count }
  public subscript(position: Int) -> (key: String, value: String) {
    (labels[position].key, labels[position].value)
  }

  public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

  /// As a selector that all of them must meet: `a=b,c=d`.
  public var description: String { map { "\($0.key)=\($0.value)" }.joined(separator: ",") }
}
