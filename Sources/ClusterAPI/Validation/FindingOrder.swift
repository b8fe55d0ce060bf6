import APIMachinery

/// Puts what a schema says of an object, and what else is found, among what the rules of its kind say: upstream has one pass
/// for all, and tells its findings in the order of that.
///
/// The rules find in upstream's order. Another finding comes where, of those that have most of its path in common, most
/// before it are of fields that are declared earlier, and most after it of fields that are declared later.
struct FindingOrder {
  let schema: Schema

  /// Of objects in which more is wrong than can be put in order at once, nobody reads the order.
  private static let mostComparisons = 1_000_000

  func merge(_ others: [FieldError], into ofRules: [FieldError]) -> [FieldError] {
    guard !others.isEmpty, !ofRules.isEmpty else { return others + ofRules }
    guard others.count * (others.count + ofRules.count) <= Self.mostComparisons else { return ofRules + others }
    var merged = ofRules
    var places = ofRules.map(place)
    for error in others {
      let place = place(of: error)
      let index = index(for: place, among: places)
      merged.insert(error, at: index)
      places.insert(place, at: index)
    }
    return merged
  }

  private func index(for place: [Int], among places: [[Int]]) -> Int {
    func shared(_ other: [Int]) -> Int { zip(place, other).prefix { $0 == $1 }.count }
    let most = places.map(shared).max() ?? 0
    let near = places.indices.filter { shared(places[$0]) == most }
    // How many of these are on the wrong side of it: at first it stands before all.
    var misplaced = near.count { places[$0].lexicographicallyPrecedes(place) }
    var (least, count) = (misplaced, 0)
    for (passed, other) in near.enumerated() {
      if places[other].lexicographicallyPrecedes(place) { misplaced -= 1 }
      if place.lexicographicallyPrecedes(places[other]) { misplaced += 1 }
      if misplaced < least { (least, count) = (misplaced, passed + 1) }
    }
    return count < near.count ? near[count] : (near.last.map { $0 + 1 } ?? 0)
  }

  /// That a value was there before is found when all else of its object has been.
  private func place(of error: FieldError) -> [Int] {
    let place = place(of: error.field)
    guard error.kind == .duplicate, place.count > 2 else { return place }
    return place.dropLast(2) + [Int.max]
  }

  /// Where a field stands in an object, as upstream judges it: numbers of members and of items.
  private func place(of field: String) -> [Int] {
    var place: [Int] = []
    var node: Schema? = schema.resolved
    var rest = FieldSpelling.own(field)[...]
    while !rest.isEmpty {
      if rest.first == "[" {
        let key = rest.dropFirst().prefix { $0 != "]" }
        rest = rest.dropFirst(key.count + 2)
        place.append(Int(key) ?? 0)
        if let items = node?.items {
          node = items.resolved
        } else if case .schema(let members)? = node?.additionalProperties {
          node = members.resolved
        } else {
          node = nil
        }
        continue
      }
      if rest.first == "." { rest = rest.dropFirst() }
      let name = String(rest.prefix { $0 != "." && $0 != "[" })
      rest = rest.dropFirst(name.count)
      if place.isEmpty, name == "metadata" { return [-1] }
      // Of a field that the schema does not know by this name nothing can be said.
      guard let object = node, let index = object.judgingIndex(of: name) else { return place }
      place.append(index)
      node = object.properties[name]?.resolved
    }
    return place + [node?.judgingIndexOfItself ?? Int.max]
  }
}

extension Schema {
  /// Where a member is judged among the members of an object; nil where there is none of the name.
  fileprivate func judgingIndex(of name: String) -> Int? {
    let index = properties.firstIndex { $0.name == name }
    guard let order = notes?.judgingOrder, !order.isEmpty else { return index }
    // Upstream has members that the API has not.
    guard let index else { return order.firstIndex(of: name).map { $0 * properties.count } }
    // Each name of the order has as many numbers as there are fields, so that those of the rest fit between two.
    let others = order.firstIndex(of: "*") ?? order.count
    return order.firstIndex(of: name).map { $0 * properties.count } ?? (others * properties.count + index)
  }

  /// Where an object itself is judged among its members: after them, unless something else is known.
  fileprivate var judgingIndexOfItself: Int? {
    notes?.judgingOrder.firstIndex(of: ".").map { $0 * properties.count }
  }
}
