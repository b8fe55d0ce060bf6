import APIMachinery
import ClusterAPI

/// Makes OpenAPI documents when they are asked for, one at a time.
///
/// What stays is the hash of each, and the text of a few that were asked for last: all of them are megabytes that a
/// client seldom asks for twice, since it keeps them by their hashes.
actor OpenAPICache {
  enum Name: Hashable, Sendable {
    case version3(GroupVersion)
    case version2
    case version2InProtobuf
  }

  struct Document: Sendable {
    let bytes: [UInt8]
    let hash: String

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      // FNV-1a: the hash tells documents apart, and protects nothing.
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      self.hash = String(hash, radix: 16)
    }
  }

  /// A document of which the catalog had a number, and since.
  private struct Known {
    let number: Int
    let hash: String
  }

  /// Bytes of the documents that are kept.
  private static let largest = 768 << 10

  private let kinds: BuiltinKinds
  private let serverVersion: String
  private var known: [Name: Known] = [:]
  /// The one that was asked for last stands last.
  private var kept: [(name: Name, number: Int, document: Document)] = []
  private var making: [Name: (number: Int, task: Task<Document, Never>)] = [:]

  init(_ kinds: BuiltinKinds, serverVersion: String) {
    self.kinds = kinds
    self.serverVersion = serverVersion
  }

  /// Bytes of documents that are held now.
  var size: Int { kept.reduce(0) { $0 + $1.document.bytes.count } }

  /// What tells a document's state from others; makes it where that is not known.
  func hash(_ name: Name, _ snapshot: ResourceCatalog.Snapshot) async -> String {
    if let known = known[name], known.number == Self.number(name, snapshot) { return known.hash }
    return await document(name, snapshot).hash
  }

  /// A document; whoever asks for one that is being made waits for that.
  func document(_ name: Name, _ snapshot: ResourceCatalog.Snapshot) async -> Document {
    let number = Self.number(name, snapshot)
    if let index = kept.firstIndex(where: { $0.name == name && $0.number == number }) {
      let entry = kept.remove(at: index)
      kept.append(entry)
      return entry.document
    }
    if let other = making[name], other.number == number { return await other.task.value }
    let task = Task { make(name, snapshot) }
    making[name] = (number, task)
    let document = await task.value
    if making[name]?.number == number { making[name] = nil }
    keep(name, number, document)
    return document
  }

  /// The state of the catalog since which a document is as it is: custom kinds change those of their own groups, and the
  /// one of everything.
  private static func number(_ name: Name, _ snapshot: ResourceCatalog.Snapshot) -> Int {
    if case .version3(let groupVersion) = name { return snapshot.number(ofGroup: groupVersion.group) }
    return snapshot.number
  }

  private func make(_ name: Name, _ snapshot: ResourceCatalog.Snapshot) -> Document {
    let documents = OpenAPIDocuments(kinds.registry, resources: snapshot.resources, serverVersion: serverVersion)
    switch name {
    case .version3(let groupVersion): return Document((documents.version3(groupVersion) ?? .object([:])).jsonBytes())
    case .version2: return Document(documents.version2().jsonBytes())
    case .version2InProtobuf: return Document(OpenAPIDocuments.protobuf(version2: documents.version2()))
    }
  }

  private func keep(_ name: Name, _ number: Int, _ document: Document) {
    // An older state may be done after a newer one.
    guard number >= known[name]?.number ?? 0 else { return }
    known[name] = Known(number: number, hash: document.hash)
    kept.removeAll { $0.name == name }
    guard document.bytes.count <= Self.largest else { return }
    kept.append((name, number, document))
    while size > Self.largest { kept.removeFirst() }
  }
}
