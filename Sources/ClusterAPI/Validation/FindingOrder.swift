import APIMachinery

/// Puts what a schema says of an object among what the rules of its kind say: upstream has one pass for both, and tells its
/// findings in the order of that.
///
/// The rules find in upstream's order. A finding of the schema comes where, of those that have most of its path in common, most
/// before it are of fields that are declared earlier, and most after it of fields that are declared later.
struct FindingOrder {
  let schema: Schema

  func merge(_ ofSchema: [FieldError], into ofRules: [FieldError]) -> [FieldError] {
    guard !ofSchema.isEmpty, !ofRules.isEmpty else { return ofSchema + ofRules }
    var merged = ofRules.map { (error: $0, place: place(of: $0.field)) }
    for error in ofSchema {
      let place = place(of: error.field)
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

  /// Where a volume comes from is judged before its name, which is declared first.
  private func isLate(_ name: String, _ properties: SchemaProperties) -> Bool {
    name == "name" && properties["emptyDir"] != nil
  }

  /// Where a field stands in an object, as the schema declares it: numbers of properties and of items.
  private func place(of field: String) -> [Int] {
    var place: [Int] = []
    var node: Schema? = schema.resolved
    var rest = field[...]
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
      guard let properties = node?.properties, let index = properties.firstIndex(where: { $0.name == name }) else {
        return place
      }
      place.append(isLate(name, properties) ? properties.count : index)
      node = properties[index].schema.resolved
    }
    return place
  }
}
