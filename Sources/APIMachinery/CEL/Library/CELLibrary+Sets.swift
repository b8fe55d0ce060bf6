extension CELLibrary {
  static func addSets(_ table: inout CELFunctionTable) {
    let list = CELType.list(.parameter("T"))
    table.global("sets.contains", "list_sets_contains_list", [list, list], .bool) { values, frame in
      .bool(try contains(values[0].list().elements(), values[1].list().elements(), &frame))
    }
    table.global("sets.equivalent", "list_sets_equivalent_list", [list, list], .bool) { values, frame in
      let (a, b) = (try values[0].list().elements(), try values[1].list().elements())
      return .bool(try contains(a, b, &frame) && contains(b, a, &frame))
    }
    table.global("sets.intersects", "list_sets_intersects_list", [list, list], .bool) { values, frame in
      let a = try values[0].list().elements()
      for value in try values[1].list().elements() where try contains(a, [value], &frame) { return .bool(true) }
      return .bool(false)
    }
  }

  private static func contains(_ set: [CELValue], _ part: [CELValue], _ frame: inout CELFrame) throws -> Bool {
    for value in part {
      var isFound = false
      for other in set where try other.isEqual(value, &frame) {
        isFound = true
        break
      }
      if !isFound { return false }
    }
    return true
  }
}
