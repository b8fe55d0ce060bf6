import APIMachinery
import ClusterAPI

/// Makes OpenAPI documents when they are asked for, one at a time.
///
/// What stays is the hash of each, and the text of a few that were asked for last: all of them are megabytes that a
/// client seldom asks for twice, since it keeps them by their hashes.
actor OpenAPICache {
  enum Name: Hashable, Sendable {
    case version3(GroupVersion)
    case version3InProtobuf(GroupVersion)
    case version2
    case version2InProtobuf
  }

  struct Document: Sendable {
    let bytes: [UInt8]
    let hash: String

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      hash = String(FowlerNollVo.hash(bytes), radix: 16)
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
  private let others: AggregatedOpenAPI?
  private var known: [Name: Known] = [:]
  /// The one that was asked for last stands last.
  private var kept: [(name: Name, number: Int, document: Document)] = []
  private var making: [Name: (number: Int, task: Task<Document, Never>)] = [:]

  /// - Parameter others: what other servers have of version 2; nil where there are none.
  init(_ kinds: BuiltinKinds, serverVersion: String, others: AggregatedOpenAPI? = nil) {
    self.kinds = kinds
    self.others = others
    self.serverVersion = serverVersion
  }

  /// Bytes of documents that are held now.
  var size: Int { kept.reduce(0) { $0 + $1.document.bytes.count } }

  /// What tells a document's state from others; makes it where that is not known.
  func hash(_ name: Name, _ snapshot: ResourceCatalog.Snapshot) async -> String {
    if let known = known[name], known.number == number(name, snapshot) { return known.hash }
    return await document(name, snapshot).hash
  }

  /// A document; whoever asks for one that is being made waits for that.
  func document(_ name: Name, _ snapshot: ResourceCatalog.Snapshot) async -> Document {
    let number = number(name, snapshot)
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
  /// one of everything, which is also changed by other servers.
  private func number(_ name: Name, _ snapshot: ResourceCatalog.Snapshot) -> Int {
    switch name {
    case .version3(let groupVersion), .version3InProtobuf(let groupVersion):
      snapshot.number(ofGroup: groupVersion.group)
    case .version2, .version2InProtobuf: snapshot.number + (others?.number ?? 0)
    }
  }

  private func make(_ name: Name, _ snapshot: ResourceCatalog.Snapshot) -> Document {
    let documents = OpenAPIDocuments(kinds.registry, resources: snapshot.resources, serverVersion: serverVersion)
    switch name {
    case .version3(let groupVersion):
      return Document((documents.version3(groupVersion) ?? .object([:])).jsonBytes())
    case .version3InProtobuf(let groupVersion):
      return Document(
        OpenAPIDocuments.protobuf(version3: documents.version3(groupVersion) ?? .object([:])))
    case .version2: return Document(version2(documents).jsonBytes())
    case .version2InProtobuf:
      return Document(OpenAPIDocuments.protobuf(version2: version2(documents)))
    }
  }

  private func version2(_ documents: OpenAPIDocuments) -> JSONValue {
    others?.completed(documents.version2()) ?? documents.version2()
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
