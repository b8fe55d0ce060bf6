/// An object as the API server keeps it: the JSON bytes that it serves, and beside them a small parsed header.
///
/// The bytes hold every member but `metadata.resourceVersion`: the store gives an object its revision only when it
/// writes it, so the bytes can be the very ones that the store has. What serves the object puts the revision in while
/// it copies, at a place that is known. A tree is made only where something must be changed or validated.
public struct StoredObject: Sendable {
  /// The JSON text without `metadata.resourceVersion`.
  public let bytes: [UInt8]
  public let header: ObjectHeader
  /// The store's revision of this state; 0 while it was not written.
  public let revision: UInt64
  /// Where the resource version is put when the object is served, and whether a comma goes before or behind it.
  public let place: VersionPlace

  private init(bytes: [UInt8], header: ObjectHeader, revision: UInt64, place: VersionPlace) {
    self.bytes = bytes
    self.header = header
    self.revision = revision
    self.place = place
  }

  /// Takes the bytes of an object as a store has them. A resource version that they hold is taken out.
  ///
  /// The bytes must be a JSON text that `JSONWriter` wrote, or one that is spelt as it would: the scanner compares names
  /// as they stand, so an escape where none is needed would hide a member.
  /// - Throws: `JSONError` where they are no object with an object `metadata`.
  public init(bytes: [UInt8], revision: UInt64) throws(JSONError) {
    var bytes = bytes
    var scanned = ObjectHeader.scan(bytes.span)
    if scanned?.holdsVersion ?? false, let metadata = JSONScanner.firstValue(of: "metadata", in: bytes.span) {
      bytes = JSONSplice.setting("resourceVersion", to: nil, inObjectAt: metadata.lowerBound, of: bytes)
      scanned = ObjectHeader.scan(bytes.span)
    }
    guard let scanned else {
      throw JSONError(.syntax, "an object needs the member \"metadata\", which is an object itself", at: 0)
    }
    self.init(
      bytes: Self.compact(bytes), header: scanned.header, revision: revision, place: scanned.place)
  }

  /// Bytes that are no loss.
  private static let mostRoom = 32

  /// Without room for more, which whoever wrote the bytes has left behind them and which would be kept as long as the object.
  private static func compact(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.capacity - bytes.count >= mostRoom else { return bytes }
    var compact: [UInt8] = []
    compact.reserveCapacity(bytes.count)
    compact += bytes
    return compact
  }

  /// Writes a tree as an object. A member `metadata.resourceVersion` is left out; where there is no `metadata` an
  /// empty one is added.
  public init(_ object: JSONObject, revision: UInt64 = 0) {
    var object = object
    if object["metadata"]?.objectValue == nil { object["metadata"] = .object(JSONObject()) }
    var writer = ObjectWriter(capacity: Self.usualCount)
    let place = writer.append(object)
    self.init(bytes: Self.compact(writer.bytes), header: ObjectHeader(of: object), revision: revision, place: place)
  }

  /// Bytes that most objects have at most.
  private static let usualCount = 2048

  /// The same state under another revision: what a store has just written.
  public func at(revision: UInt64) -> StoredObject {
    StoredObject(bytes: bytes, header: header, revision: revision, place: place)
  }

  public var resourceVersion: String { String(revision) }

  // MARK: Serving

  /// How many bytes the object has when it is served.
  public var servedCount: Int { revision == 0 ? bytes.count : bytes.count + place.count(revision) }

  /// Appends the object with its resource version, without a line feed.
  public func appendServed(to output: inout [UInt8]) { place.append(bytes, revision, to: &output) }

  /// The object with its resource version, without a line feed.
  public var served: [UInt8] {
    var output: [UInt8] = []
    // And a line feed, which an answer ends with.
    output.reserveCapacity(servedCount + 1)
    appendServed(to: &output)
    return output
  }

  /// Appends the object's metadata alone, as an object `PartialObjectMetadata` of the group meta.k8s.io.
  /// - Parameter version: `v1` or `v1beta1`.
  public func appendPartialMetadata(to output: inout [UInt8], version: String = "v1") {
    output += "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/\(version)\",\"metadata\":".utf8
    if let range = JSONScanner.firstValue(of: "metadata", in: bytes.span) {
      output += bytes[range.lowerBound..<place.offset]
      if revision != 0 { place.append(revision, to: &output) }
      output += bytes[place.offset..<range.upperBound]
    }
    output.append(UInt8(ascii: "}"))
  }

  /// The whole tree, resource version included.
  public func tree() -> JSONObject {
    do throws(JSONError) {
      let tree = try JSONReader.value(of: served.span, maximumDepth: JSONReader.maximumWrittenDepth)
      if let object = tree.objectValue { return object }
    } catch { preconditionFailure("an object's bytes were read or written here: \(error.message)") }
    preconditionFailure("what has a header is an object")
  }
}

/// Where in an object's bytes its resource version goes.
public struct VersionPlace: Sendable {
  enum Comma { case none, before, behind }

  // Each object in memory has one: four bytes reach far beyond the largest.
  private let position: UInt32
  /// Where the member needs a comma.
  let comma: Comma

  init(offset: Int, comma: Comma) {
    position = UInt32(offset)
    self.comma = comma
  }

  var offset: Int { Int(position) }

  private static let name = Array("\"resourceVersion\":\"".utf8)
  private static let powers: [UInt64] = (0..<20).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

  private static func digits(of revision: UInt64) -> Int {
    var count = 1
    while count < powers.count, revision >= powers[count] { count += 1 }
    return count
  }

  /// How many bytes the member has, with its comma.
  func count(_ revision: UInt64) -> Int {
    Self.name.count + Self.digits(of: revision) + 1 + (comma == .none ? 0 : 1)
  }

  /// Appends an object's bytes with its resource version in this place; 0 means none.
  /// - Parameter start: the first byte to append.
  func append(_ bytes: [UInt8], from start: Int = 0, _ revision: UInt64, to output: inout [UInt8]) {
    guard revision != 0 else {
      output += bytes[start...]
      return
    }
    output += bytes[start..<offset]
    append(revision, to: &output)
    output += bytes[offset...]
  }

  /// Appends the member: this is done for each object of a list, so nothing is made beside.
  func append(_ revision: UInt64, to output: inout [UInt8]) {
    if comma == .before { output.append(UInt8(ascii: ",")) }
    output += Self.name
    for position in (0..<Self.digits(of: revision)).reversed() {
      output.append(UInt8(ascii: "0") + UInt8(revision / Self.powers[position] % 10))
    }
    output.append(UInt8(ascii: "\""))
    if comma == .behind { output.append(UInt8(ascii: ",")) }
  }
}
