/// The order in which kube-apiserver serves the members of `metadata` (`meta/v1` ObjectMeta).
public enum MetadataOrder {
  private static let names = [
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
    "managedFields",
  ]

  private static let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })

  /// The metadata with their members in this order; those that it does not name come last, as they stood.
  public static func ordered(_ metadata: JSONValue) -> JSONValue {
    guard case .object(let members) = metadata else { return metadata }
    var last = 0
    let isOrdered = members.allSatisfy { name, _ in
      let place = places[name] ?? names.count
      defer { last = place }
      return place >= last
    }
    if isOrdered { return metadata }
    var rows: [(place: Int, member: JSONObject.Member)] = []
    rows.reserveCapacity(members.count)
    for member in members { rows.append((places[member.name] ?? names.count, member)) }
    // The few rows that there are keep the order that they had among equals.
    for index in rows.indices.dropFirst() {
      var place = index
      while place > 0, rows[place - 1].place > rows[place].place {
        rows.swapAt(place - 1, place)
        place -= 1
      }
    }
    return .object(JSONObject(rows.lazy.map { ($0.member.name, $0.member.value) }))
  }
}
