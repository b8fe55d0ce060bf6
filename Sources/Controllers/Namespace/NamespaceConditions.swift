import APIMachinery

/// What a namespace that is being emptied says of it: every condition is there, most of them false.
struct NamespaceConditions {
  /// One of them, with what is said where nothing is wrong.
  struct Kind {
    let type: String
    let reason: String
    let quietReason: String
    let quietMessage: String

    static let discoveryFailure = Kind(
      type: "NamespaceDeletionDiscoveryFailure", reason: "DiscoveryFailed", quietReason: "ResourcesDiscovered",
      quietMessage: "All resources successfully discovered")
    static let versionFailure = Kind(
      type: "NamespaceDeletionGroupVersionParsingFailure", reason: "GroupVersionParsingFailed",
      quietReason: "ParsedGroupVersions", quietMessage: "All legacy kube types successfully parsed")
    static let contentFailure = Kind(
      type: "NamespaceDeletionContentFailure", reason: "ContentDeletionFailed", quietReason: "ContentDeleted",
      quietMessage: "All content successfully deleted, may be waiting on finalization")
    static let contentRemaining = Kind(
      type: "NamespaceContentRemaining", reason: "SomeResourcesRemain", quietReason: "ContentRemoved",
      quietMessage: "All content successfully removed")
    static let finalizersRemaining = Kind(
      type: "NamespaceFinalizersRemaining", reason: "SomeFinalizersRemain", quietReason: "ContentHasNoFinalizers",
      quietMessage: "All content-preserving finalizers finished")
  }

  private(set) var json: [JSONValue]

  init(_ json: [JSONValue]) { self.json = json }

  /// - Parameter problem: what there is to say; nil where all is well.
  mutating func put(_ kind: Kind, _ problem: String?) {
    let status: JSONValue = problem == nil ? "False" : "True"
    let index = json.firstIndex { $0["type"]?.stringValue == kind.type }
    let since = index.flatMap { json[$0]["status"] == status ? json[$0]["lastTransitionTime"] : nil }
    let condition: JSONValue = [
      "type": .string(kind.type), "status": status,
      "lastTransitionTime": since ?? .string(Timestamp.now.description),
      "reason": .string(problem == nil ? kind.quietReason : kind.reason),
      "message": .string(problem ?? kind.quietMessage),
    ]
    if let index { json[index] = condition } else { json.append(condition) }
  }
}
