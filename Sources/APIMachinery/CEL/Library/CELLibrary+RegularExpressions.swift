extension CELLibrary {
  static func addRegularExpressions(_ table: inout CELFunctionTable) {
    let matches: CELFunctionBody = { values, frame in
      .bool(try frame.pattern(values[1].string()).matches(values[0].string()))
    }
    table.global("matches", "matches", [.string, .string], .bool, matches)
    table.member("matches", "matches_string", .string, [.string], .bool, matches)
    table.member("find", "string_find_string", .string, [.string], .string) { values, frame in
      let text = try values[0].string()
      let range = try pattern(values[1], &frame).firstMatch(in: text)?.first ?? nil
      return .string(range.map { String(text[$0]) } ?? "")
    }
    let findAll: CELFunctionBody = { values, frame in
      let text = try values[0].string()
      let limit = values.count > 2 ? Int(clamping: try values[2].int()) : -1
      let found = try pattern(values[1], &frame).matches(in: text, limit: limit < 0 ? .max : limit)
      return .list(CELList(found.map { match in .string((match.first ?? nil).map { String(text[$0]) } ?? "") }))
    }
    table.member("findAll", "string_find_all_string", .string, [.string], .list(.string), findAll)
    table.member("findAll", "string_find_all_string_int", .string, [.string, .int], .list(.string), findAll)
  }

  private static func pattern(_ value: CELValue, _ frame: inout CELFrame) throws -> RegularExpression {
    do {
      return try frame.pattern(value.string())
    } catch let error as CELEvaluationError where !error.isLimit {
      throw CELEvaluationError("Illegal regex: \(error)")
    }
  }
}
