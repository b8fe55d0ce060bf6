import APIMachinery

/// Puts what a schema says of an object, and what else is found, among what the rules of its kind say: upstream has one pass
/// for all, and tells its findings in the order of that.
///
/// The rules find in upstream's order. Another finding comes where, of those that have most of its path in common, most
/// before it are of fields that are declared earlier, and most after it of fields that are declared later.
struct FindingOrder {
  let schema: Schema

  func merge(_ others: [FieldError], into ofRules: [FieldError]) -> [FieldError] {
    guard !others.isEmpty, !ofRules.isEmpty else { return others + ofRules }
    var merged = ofRules.map { (error: $0, place: place(of: $0)) }
    for error in others {
      let place = place(of: error)
      merged.insert((error, place), at: index(for: place, among: merged.map(\.place)))
    }
    return merged.map(\.error)
  }

  private func index(for place: [Int], among places: [[Int]]) -> Int {
    func shared(_ other: [Int]) -> Int { zip(place, other).prefix { $0 == $1 }.count }
    let most = places.map(shared).max() ?? 0
    let near = places.indices.filter { shared(places[$0]) == most }
    func misplaced(_ count: Int) -> Int {
      near.prefix(count).count { place.lexicographicallyPrecedes(places[$0]) }
        + near.dropFirst(count).count { places[$0].lexicographicallyPrecedes(place) }
    }
    let counts = (0...near.count).map(misplaced)
    let least = counts.min() ?? 0
    let count = counts.firstIndex(of: least) ?? near.count
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
    guard let index = properties.firstIndex(where: { $0.name == name }) else { return nil }
    guard let order = notes?.judgingOrder, !order.isEmpty else { return index }
    // Each name of the order has as many numbers as there are fields, so that those of the rest fit between two.
    let others = order.firstIndex(of: "*") ?? order.count
    return order.firstIndex(of: name).map { $0 * properties.count } ?? (others * properties.count + index)
  }

  /// Where an object itself is judged among its members: after them, unless something else is known.
  fileprivate var judgingIndexOfItself: Int? {
    notes?.judgingOrder.firstIndex(of: ".").map { $0 * properties.count }
  }
}
