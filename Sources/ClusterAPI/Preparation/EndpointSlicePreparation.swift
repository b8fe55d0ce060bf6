import APIMachinery

/// What becomes of endpoint slices (pkg/registry/discovery/endpointslice/strategy).
enum EndpointSlicePreparation: KindPreparation {
  static func create(_ slice: inout JSONValue) { dropTopology(&slice) }

  static func update(_ slice: inout JSONValue, old: JSONValue, subresource: String) {
    if (slice["endpoints"] ?? .null) != (old["endpoints"] ?? .null) { dropTopology(&slice) }
  }

  /// Labels choose the service that a slice belongs to: they count as what is wanted.
  static func isCounted(_ new: JSONValue, _ old: JSONValue) -> Bool {
    Preparation.differs(new, old) || (new["metadata"]?["labels"] ?? [:]) != (old["metadata"]?["labels"] ?? [:])
  }

  /// The topology of the former version is not written in this one.
  private static func dropTopology(_ slice: inout JSONValue) {
    slice.editItems(of: "endpoints") { $0.editObject { _ = $0.remove("deprecatedTopology") } }
  }
}
