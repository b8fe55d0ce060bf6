extension CELLibrary {
  static func addStrings(_ table: inout CELFunctionTable) {
    table.member("contains", "contains_string", .string, [.string], .bool) { values, frame in
      .bool(try CELText.contains(values[0].string(), values[1].string(), &frame))
    }
    table.member("startsWith", "starts_with_string", .string, [.string], .bool) { values, _ in
      .bool(try values[0].string().utf8.starts(with: values[1].string().utf8))
    }
    table.member("endsWith", "ends_with_string", .string, [.string], .bool) { values, _ in
      let (text, end) = (try values[0].string().utf8, try values[1].string().utf8)
      return .bool(text.count >= end.count && text.dropFirst(text.count - end.count).elementsEqual(end))
    }
    addSearches(&table)
    addParts(&table)
    addChanges(&table)
    table.member("format", "string_format", .string, [.list(.dynamic)], .string) { values, frame in
      var formatter = CELFormatter(try values[1].list())
      return .string(try formatter.format(values[0].string(), &frame))
    }
    table.global("strings.quote", "strings_quote", [.string], .string) { values, _ in
      .string(CELFormatter.quoted(try values[0].string()))
    }
  }

  /// What names of members are written by in JSON patches; policies that change objects have it alone.
  static func addPatches(_ table: inout CELFunctionTable) {
    table.global("jsonpatch.escapeKey", "string_jsonpatch_escapeKey_string", [.string], .string) { values, _ in
      var text = ""
      for scalar in try values[0].string().unicodeScalars {
        switch scalar {
        case "/": text += "~1"
        case "~": text += "~0"
        default: text.unicodeScalars.append(scalar)
        }
      }
      return .string(text)
    }
  }

  private static func outOfRange(_ index: Int64) -> CELEvaluationError {
    CELEvaluationError("index out of range: \(index)")
  }

  private static func addSearches(_ table: inout CELFunctionTable) {
    table.member("charAt", "string_char_at_int", .string, [.int], .string) { values, _ in
      let scalars = CELText.scalars(try values[0].string())
      let index = try values[1].int()
      guard (0...Int64(scalars.count)).contains(index) else { throw outOfRange(index) }
      return .string(index == scalars.count ? "" : String(scalars[Int(index)]))
    }
    let first: CELFunctionBody = { values, frame in
      let (text, part) = (CELText.scalars(try values[0].string()), CELText.scalars(try values[1].string()))
      let start = values.count > 2 ? try values[2].int() : 0
      guard start >= 0 else { throw outOfRange(start) }
      if part.isEmpty { return .int(min(start, Int64(text.count))) }
      guard start < text.count else { return .int(-1) }
      return .int(Int64(try CELText.first(part, in: text, from: Int(start), &frame) ?? -1))
    }
    table.member("indexOf", "string_index_of_string", .string, [.string], .int, first)
    table.member("indexOf", "string_index_of_string_int", .string, [.string, .int], .int, first)
    let last: CELFunctionBody = { values, frame in
      let (text, part) = (CELText.scalars(try values[0].string()), CELText.scalars(try values[1].string()))
      if values.count > 2 {
        let end = try values[2].int()
        guard end >= 0 else { throw outOfRange(end) }
        if part.isEmpty { return .int(min(end, Int64(text.count))) }
        guard end < text.count else { return .int(-1) }
        return .int(Int64(try CELText.last(part, in: text, upTo: Int(end), &frame) ?? -1))
      }
      return .int(Int64(try CELText.last(part, in: text, upTo: text.count, &frame) ?? -1))
    }
    table.member("lastIndexOf", "string_last_index_of_string", .string, [.string], .int, last)
    table.member("lastIndexOf", "string_last_index_of_string_int", .string, [.string, .int], .int, last)
  }

  private static func addParts(_ table: inout CELFunctionTable) {
    let substring: CELFunctionBody = { values, _ in
      let text = CELText.scalars(try values[0].string())
      let start = try values[1].int()
      let end = values.count > 2 ? try values[2].int() : Int64(text.count)
      if values.count > 2, start > end {
        throw CELEvaluationError("invalid substring range. start: \(start), end: \(end)")
      }
      guard (0...Int64(text.count)).contains(start) else { throw outOfRange(start) }
      guard (0...Int64(text.count)).contains(end) else { throw outOfRange(end) }
      return .string(CELText.string(text[Int(start)..<Int(end)]))
    }
    table.member("substring", "string_substring_int", .string, [.int], .string, substring)
    table.member("substring", "string_substring_int_int", .string, [.int, .int], .string, substring)
    let split: CELFunctionBody = { values, frame in
      let (text, separator) = (CELText.scalars(try values[0].string()), CELText.scalars(try values[1].string()))
      let limit = values.count > 2 ? Int(clamping: try values[2].int()) : -1
      if limit == 0 { return .list(CELList([])) }
      try frame.work(text.count)
      let most = limit < 0 ? Int.max : limit
      if separator.isEmpty {
        var parts = text.prefix(most == Int.max ? text.count : max(0, most - 1)).map { CELValue.string(String($0)) }
        if parts.count < text.count { parts.append(.string(CELText.string(text[parts.count...]))) }
        return .list(CELList(parts))
      }
      var parts: [CELValue] = []
      var start = 0
      for place in try CELText.all(separator, in: text, limit: most == .max ? .max : most - 1, &frame) {
        parts.append(.string(CELText.string(text[start..<place])))
        start = place + separator.count
      }
      parts.append(.string(CELText.string(text[start...])))
      return .list(CELList(parts))
    }
    table.member("split", "string_split_string", .string, [.string], .list(.string), split)
    table.member("split", "string_split_string_int", .string, [.string, .int], .list(.string), split)
    let join: CELFunctionBody = { values, frame in
      let separator = values.count > 1 ? try values[1].string() : ""
      var text = ""
      for (index, value) in try values[0].list().elements().enumerated() {
        if index > 0 { text += separator }
        text += try value.string()
        try frame.work(1 + separator.utf8.count / 16)
      }
      return .string(text)
    }
    table.member("join", "list_join", .list(.string), .string, join)
    table.member("join", "list_join_string", .list(.string), [.string], .string, join)
  }

  private static func addChanges(_ table: inout CELFunctionTable) {
    let replace: CELFunctionBody = { values, frame in
      let (text, old) = (CELText.scalars(try values[0].string()), CELText.scalars(try values[1].string()))
      let new = CELText.scalars(try values[2].string())
      let limit = values.count > 3 ? Int(clamping: try values[3].int()) : -1
      let most = limit < 0 ? Int.max : limit
      let places =
        old.isEmpty ? Array((0...text.count).prefix(most)) : try CELText.all(old, in: text, limit: most, &frame)
      // The result may be far longer than what it is made of.
      try frame.work(text.count + CELText.clampedProduct(places.count, new.count))
      var result = String.UnicodeScalarView()
      var start = 0
      for place in places {
        result.append(contentsOf: text[start..<place])
        result.append(contentsOf: new)
        start = place + old.count
      }
      result.append(contentsOf: text[start...])
      return .string(String(result))
    }
    table.member("replace", "string_replace_string_string", .string, [.string, .string], .string, replace)
    table.member("replace", "string_replace_string_string_int", .string, [.string, .string, .int], .string, replace)
    table.member("lowerAscii", "string_lower_ascii", .string, .string) { values, _ in
      .string(
        CELText.string(
          try values[0].string().unicodeScalars.map { scalar in
            ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar
          }))
    }
    table.member("upperAscii", "string_upper_ascii", .string, .string) { values, _ in
      .string(
        CELText.string(
          try values[0].string().unicodeScalars.map { scalar in
            ("a"..."z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value - 32)) : scalar
          }))
    }
    table.member("trim", "string_trim", .string, .string) { values, _ in
      let scalars = CELText.scalars(try values[0].string())
      guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
        let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
      else { return .string("") }
      return .string(CELText.string(scalars[first...last]))
    }
  }
}

extension CELText {
  static func clampedProduct(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }
}
