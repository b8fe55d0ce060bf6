/// The order in which kube-apiserver serves the members of `metadata` (`meta/v1` ObjectMeta).
public enum MetadataOrder {
  /// Where a member stands; those without a place of their own come last. Asked for each member of each object that is
  /// written: the length tells most names apart, where a table would hash them all.
  private static func place(of name: String) -> Int {
    switch name.utf8.count {
    case 3 where name == "uid": 4
    case 4 where name == "name": 0
    case 6 where name == "labels": 10
    case 8 where name == "selfLink": 3
    case 9 where name == "namespace": 2
    case 10 where name == "generation": 6
    case 10 where name == "finalizers": 13
    case 11 where name == "annotations": 11
    case 12 where name == "generateName": 1
    case 13 where name == "managedFields": 14
    case 15 where name == "resourceVersion": 5
    case 15 where name == "ownerReferences": 12
    case 17 where name == "creationTimestamp": 7
    case 17 where name == "deletionTimestamp": 8
    case 26 where name == "deletionGracePeriodSeconds": 9
    default: 15
    }
  }

  /// The metadata with their members in this order; those that it does not name come last, as they stood.
  public static func ordered(_ metadata: JSONValue) -> JSONValue {
    guard case .object(let members) = metadata else { return metadata }
    var last = 0
    let isOrdered = members.allSatisfy { name, _ in
      let place = place(of: name)
      defer { last = place }
      return place >= last
    }
    if isOrdered { return metadata }
    var rows: [(place: Int, member: JSONObject.Member)] = []
    rows.reserveCapacity(members.count)
    for member in members { rows.append((place(of: member.name), member)) }
    // The few rows that there are keep the order that they had among equals.
    for index in rows.indices.dropFirst() {
      var place = index
      while place > 0, rows[place - 1].place > rows[place].place {
        rows.swapAt(place - 1, place)
        place -= 1
      }
    }
    return .object(JSONObject(unique: rows.map(\.member)))
  }
}
