/// An amount of a resource in an expression.
struct CELQuantity: CELOpaque {
  static let type = CELType.opaque("kubernetes.Quantity", [])
  let quantity: Quantity

  var type: CELType { Self.type }
  func isEqual(_ other: any CELOpaque) -> Bool { (other as? CELQuantity)?.quantity == quantity }

  /// The amount as a whole number that fits; nil where there is none.
  var whole: Int64? {
    let (value, part) = quantity.billionths.quotientAndRemainder(dividingBy: Quantity.billion)
    return part == 0 ? Int64(exactly: value) : nil
  }
}

extension CELLibrary {
  static func addQuantities(_ table: inout CELFunctionTable) {
    let type = CELQuantity.type
    table.global("quantity", "string_to_quantity", [.string], type) { values, _ in
      do {
        return .opaque(CELQuantity(quantity: try Quantity(values[0].string())))
      } catch let error as QuantityError { throw CELEvaluationError(error.description) }
    }
    table.global("isQuantity", "is_quantity_string", [.string], .bool) { values, _ in
      let text = try values[0].string()
      return .bool((try? Quantity(text)) != nil)
    }
    let sign: CELFunctionBody = { values, _ in .int(Int64(try values[0].opaque(CELQuantity.self).quantity.sign)) }
    table.global("sign", "quantity_sign", [type], .int, sign)
    table.member("sign", "quantity_sign", type, .int, sign)
    table.member("isInteger", "quantity_is_integer", type, .bool) { values, _ in
      .bool(try values[0].opaque(CELQuantity.self).whole != nil)
    }
    table.member("asInteger", "quantity_get_int", type, .int) { values, _ in
      guard let whole = try values[0].opaque(CELQuantity.self).whole else {
        throw CELEvaluationError("cannot convert value to integer")
      }
      return .int(whole)
    }
    table.member("asApproximateFloat", "quantity_get_float", type, .double) { values, _ in
      .double(try values[0].opaque(CELQuantity.self).quantity.approximateDouble)
    }
    for (name, id, isSum) in [("add", "quantity_add", true), ("sub", "quantity_sub", false)] {
      table.member(name, id, type, [type], type) { values, _ in
        let (a, b) = (
          try values[0].opaque(CELQuantity.self).quantity, try values[1].opaque(CELQuantity.self).quantity
        )
        return .opaque(CELQuantity(quantity: isSum ? a + b : a - b))
      }
      table.member(name, id + "_int", type, [.int], type) { values, _ in
        let (a, b) = (try values[0].opaque(CELQuantity.self).quantity, Quantity(try values[1].int()))
        return .opaque(CELQuantity(quantity: isSum ? a + b : a - b))
      }
    }
    addComparisons(&table, type, "quantity") { a, b in
      let (a, b) = (try a.opaque(CELQuantity.self).quantity, try b.opaque(CELQuantity.self).quantity)
      return a < b ? -1 : a == b ? 0 : 1
    }
  }

  /// `isGreaterThan`, `isLessThan` and `compareTo`.
  static func addComparisons(
    _ table: inout CELFunctionTable, _ type: CELType, _ prefix: String,
    _ compare: @escaping @Sendable (CELValue, CELValue) throws -> Int64
  ) {
    table.member("isGreaterThan", "\(prefix)_is_greater_than", type, [type], .bool) { values, _ in
      .bool(try compare(values[0], values[1]) > 0)
    }
    table.member("isLessThan", "\(prefix)_is_less_than", type, [type], .bool) { values, _ in
      .bool(try compare(values[0], values[1]) < 0)
    }
    table.member("compareTo", "\(prefix)_compare_to", type, [type], .int) { values, _ in
      .int(try compare(values[0], values[1]))
    }
  }
}
