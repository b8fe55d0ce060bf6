/// What is kept parsed of an object: enough to find it, select it, own it and collect it without a look at its bytes. There
/// is one for each object in memory: what is asked for rarely is read from the bytes.
public final class ObjectHeader: Sendable {
  public let apiVersion: String
  public let kind: String
  /// Empty for an object that is in no namespace.
  public let namespace: String
  public let name: String
  public let uid: String
  public let generation: Int64
  public let labels: LabelSet
  public let ownerReferences: [OwnerReference]
  public let finalizers: [String]
  /// As it stands in the object; nil where it does not.
  public let deletionTimestamp: String?

  public init(
    apiVersion: String = "", kind: String = "", namespace: String = "", name: String = "", uid: String = "",
    generation: Int64 = 0, labels: LabelSet = LabelSet(), ownerReferences: [OwnerReference] = [],
    finalizers: [String] = [], deletionTimestamp: String? = nil
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.uid = uid
    self.generation = generation
    self.labels = labels
    self.ownerReferences = ownerReferences
    self.finalizers = finalizers
    self.deletionTimestamp = deletionTimestamp
  }

  /// Nil where `apiVersion` is none.
  public var groupVersionKind: GroupVersionKind? {
    GroupVersion(apiVersion: apiVersion).map { GroupVersionKind(group: $0.group, version: $0.version, kind: kind) }
  }

  /// The owner that controls the object.
  public var controller: OwnerReference? { ownerReferences.first(where: \.controller) }

  /// Whether the object is being deleted and waits for its finalizers.
  public var isBeingDeleted: Bool { deletionTimestamp != nil }
}

extension ObjectHeader {
  /// Whether Kubernetes puts a member of metadata before the resource version.
  static func leads(_ name: String) -> Bool {
    switch name.utf8.count {
    case 3: name == "uid"
    case 4: name == "name"
    case 9: name == "namespace"
    case 12: name == "generateName"
    default: false
    }
  }

  /// The header of an object given as a tree.
  convenience init(of object: JSONObject) {
    func text(_ value: JSONValue?) -> String { value?.stringValue ?? "" }
    let metadata = object["metadata"]?.objectValue ?? [:]
    self.init(
      apiVersion: text(object["apiVersion"]), kind: text(object["kind"]), namespace: text(metadata["namespace"]),
      name: text(metadata["name"]), uid: text(metadata["uid"]),
      generation: metadata["generation"]?.integerValue ?? 0,
      labels: metadata["labels"].map { LabelSet(json: $0) } ?? LabelSet(),
      ownerReferences: metadata["ownerReferences"]?.arrayValue?.map(OwnerReference.init(json:)) ?? [],
      finalizers: metadata["finalizers"]?.arrayValue?.compactMap(\.stringValue) ?? [],
      deletionTimestamp: metadata["deletionTimestamp"]?.stringValue)
  }

  /// Reads the header out of an object's bytes, and where its resource version stands or would. Nil where there is no
  /// object with metadata.
  static func scan(_ bytes: Span<UInt8>) -> (header: ObjectHeader, place: VersionPlace, holdsVersion: Bool)? {
    var reader = HeaderReader()
    JSONScanner.members(of: bytes) { member in
      reader.topLevel(bytes, member)
      return !reader.isTopLevelComplete
    }
    guard let metadata = reader.metadata, bytes[metadata] == UInt8(ascii: "{") else { return nil }
    JSONScanner.members(of: bytes, at: metadata) { member in
      reader.metadata(bytes, member)
      return true
    }
    let header = ObjectHeader(
      apiVersion: reader.apiVersion ?? "", kind: reader.kind ?? "", namespace: reader.namespace, name: reader.name,
      uid: reader.uid, generation: reader.generation, labels: reader.labels, ownerReferences: reader.ownerReferences,
      finalizers: reader.finalizers, deletionTimestamp: reader.deletionTimestamp)
    return (header, reader.place(behind: metadata), reader.holdsVersion)
  }
}

/// Collects a header while the members of an object go by.
private struct HeaderReader {
  var apiVersion: String?
  var kind: String?
  var metadata: Int?
  var namespace = ""
  var name = ""
  var uid = ""
  var generation: Int64 = 0
  var labels = LabelSet()
  var ownerReferences: [OwnerReference] = []
  var finalizers: [String] = []
  var deletionTimestamp: String?
  var holdsVersion = false
  /// The end of the last of those members that Kubernetes puts before the resource version.
  private var leadEnd: Int?
  private var isEmpty = true

  /// What follows is nothing that a header holds: mostly the largest part of an object.
  var isTopLevelComplete: Bool { apiVersion != nil && kind != nil && metadata != nil }

  func place(behind metadata: Int) -> VersionPlace {
    if let leadEnd { return VersionPlace(offset: leadEnd, comma: .before) }
    return VersionPlace(offset: metadata + 1, comma: isEmpty ? .none : .behind)
  }

  mutating func topLevel(_ bytes: Span<UInt8>, _ member: JSONScanner.Member) {
    func named(_ name: StaticString) -> Bool { JSONScanner.equals(bytes, member.name, name) }
    switch member.name.count {
    case 4 where named("kind"): kind = JSONScanner.string(bytes, member.value) ?? ""
    case 8 where named("metadata"): metadata = member.value.lowerBound
    case 10 where named("apiVersion"): apiVersion = JSONScanner.string(bytes, member.value) ?? ""
    default: break
    }
  }

  mutating func metadata(_ bytes: Span<UInt8>, _ member: JSONScanner.Member) {
    func named(_ name: StaticString) -> Bool { JSONScanner.equals(bytes, member.name, name) }
    func text() -> String? { JSONScanner.string(bytes, member.value) }
    func tree() -> JSONValue? { try? JSONReader.value(of: bytes.extracting(member.value)) }
    isEmpty = false
    switch member.name.count {
    case 3 where named("uid"):
      uid = text() ?? ""
      leadEnd = member.value.upperBound
    case 4 where named("name"):
      name = text() ?? ""
      leadEnd = member.value.upperBound
    case 6 where named("labels"): labels = LabelSet(json: tree())
    case 9 where named("namespace"):
      namespace = text() ?? ""
      leadEnd = member.value.upperBound
    case 10 where named("generation"): generation = tree()?.integerValue ?? 0
    case 10 where named("finalizers"): finalizers = (tree()?.arrayValue ?? []).compactMap(\.stringValue)
    case 12 where named("generateName"): leadEnd = member.value.upperBound
    case 15 where named("resourceVersion"): holdsVersion = true
    case 15 where named("ownerReferences"):
      ownerReferences = (tree()?.arrayValue ?? []).map(OwnerReference.init(json:))
    case 17 where named("deletionTimestamp"): deletionTimestamp = text()
    default: break
    }
  }
}
