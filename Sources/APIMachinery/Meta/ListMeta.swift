/// The metadata of a list.
public struct ListMeta: Sendable, Hashable {
  /// The store's revision at which the list was read; 0 where it has none.
  public var revision: UInt64
  /// Where the next page begins; nil on the last one.
  public var continueToken: String?
  /// How many objects follow the page; nil where that is not known.
  public var remainingItemCount: Int64?

  public init(revision: UInt64 = 0, continueToken: String? = nil, remainingItemCount: Int64? = nil) {
    self.revision = revision
    self.continueToken = continueToken
    self.remainingItemCount = remainingItemCount
  }

  public var json: JSONValue {
    var object = JSONObject()
    if revision != 0 { object["resourceVersion"] = .string(String(revision)) }
    if let continueToken, !continueToken.isEmpty { object["continue"] = .string(continueToken) }
    if let remainingItemCount { object["remainingItemCount"] = .integer(remainingItemCount) }
    return .object(object)
  }
}

/// Writes a list out of the bytes of its objects.
public struct ListWriter: Sendable {
  public private(set) var bytes: [UInt8]
  private var isEmpty = true
  /// What items begin with that do not say what they are.
  private let untold: [UInt8]

  /// - Parameters:
  ///   - kind: the kind of the list, such as `PodList`.
  ///   - itemKind: the kind of items that leave out what the list says of them all, as those of built-in kinds do; nil: items
  ///     tell their kinds.
  ///   - capacity: how many bytes to reserve.
  public init(
    apiVersion: String, kind: String, itemKind: String? = nil, _ meta: ListMeta, capacity: Int = 4_096
  ) {
    untold = itemKind.map { Array("{\"kind\":\"\($0)\",\"apiVersion\":\"\(apiVersion)\",".utf8) } ?? []
    var writer = JSONWriter(capacity: capacity)
    writer.append(verbatim: "{\"kind\":")
    writer.append(kind)
    writer.append(verbatim: ",\"apiVersion\":")
    writer.append(apiVersion)
    writer.append(verbatim: ",\"metadata\":")
    writer.append(meta.json)
    writer.append(verbatim: ",\"items\":[")
    bytes = writer.bytes
  }

  /// Adds an item as it is served.
  public mutating func append(_ object: StoredObject) {
    append(object.bytes, revision: object.revision, at: object.place)
  }

  /// Appends an object by its parts. A list of thousands is as long as the processor waits for its objects' memory: their
  /// headers, which a copy of the object would count a reference to, stay out of it.
  public mutating func append(_ bytes: [UInt8], revision: UInt64, at place: VersionPlace) {
    separate()
    guard !untold.isEmpty, tellsKind(bytes) else {
      place.append(bytes, revision, to: &self.bytes)
      return
    }
    self.bytes.append(UInt8(ascii: "{"))
    place.append(bytes, from: untold.count, revision, to: &self.bytes)
  }

  /// Whether an item begins with what it shall leave out. All of it is compared, many bytes at a time, and nearly always in
  /// vain: what is stored of a built-in kind begins so.
  private func tellsKind(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= untold.count else { return false }
    let (text, wanted) = (bytes.span.extracting(first: untold.count), untold.span)
    var difference: UInt8 = 0
    for index in wanted.indices { difference |= text[index] ^ wanted[index] }
    return difference == 0
  }

  /// Bytes of a text after which a processor has seen for itself that it is read on and on.
  private static let mostTouched = 2_048

  /// Reads one byte of each line of memory that an object's text begins in, so that the processor fetches them. Takes the
  /// text alone, as `append` does: a copy of the object would wait for its header.
  /// - Returns: something made of them, so that the reading is not left out as useless.
  public static func touch(_ bytes: [UInt8]) -> UInt64 {
    let text = bytes.span
    let end = min(text.count, mostTouched)
    var sum: UInt64 = 0
    var index = 0
    while index < end {
      sum &+= UInt64(text[index])
      index += 64
    }
    return sum
  }

  /// Appends the object as `PartialObjectMetadata`.
  /// - Parameter version: of the group meta.k8s.io.
  public mutating func appendMetadata(of object: StoredObject, version: String = "v1") {
    separate()
    object.appendPartialMetadata(to: &bytes, version: version)
  }

  private mutating func separate() {
    if !isEmpty { bytes.append(UInt8(ascii: ",")) }
    isEmpty = false
  }

  /// Takes out what has been written so far, as a piece of the whole.
  public mutating func take(_ use: (borrowing Span<UInt8>) -> Void) {
    use(bytes.span)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Ends the list, with the line feed that Kubernetes ends its answers with.
  public mutating func finish() -> [UInt8] {
    bytes += [UInt8(ascii: "]"), UInt8(ascii: "}"), 0x0A]
    return bytes
  }
}
