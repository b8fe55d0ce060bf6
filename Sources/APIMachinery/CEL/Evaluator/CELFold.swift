extension CELFold {
  func evaluate(_ frame: inout CELFrame) throws -> CELValue {
    let depth = frame.locals.count
    defer { frame.locals.removeLast(frame.locals.count - depth) }
    if isBinding {
      frame.locals.append(try Self.outcome(initial, &frame))
      return try result.evaluate(&frame)
    }
    let range = try range.evaluate(&frame)
    frame.locals.append(try Self.outcome(initial, &frame))
    switch range {
    case .list(let list): try iterate(list, depth, &frame)
    case .map(let map): try iterate(map, depth, &frame)
    default:
      throw CELEvaluationError(
        hasSecondVariable
          ? "unsupported comprehension range type: \(range.goTypeName)"
          : "got '\(range.goTypeName)', expected iterable type")
    }
    frame.locals.removeLast(frame.locals.count - depth - 1)
    return try result.evaluate(&frame)
  }

  /// - Throws: where the expression has cost more than it may.
  private static func outcome(
    _ instruction: CELInstruction, _ frame: inout CELFrame
  ) throws -> Result<CELValue, CELEvaluationError> {
    do { return .success(try instruction.evaluate(&frame)) } catch { return .failure(try absorbed(error)) }
  }

  private static func absorbed(_ error: any Error) throws -> CELEvaluationError {
    guard let error = error as? CELEvaluationError, !error.isLimit else { throw error }
    return error
  }

  private func iterate(_ list: CELList, _ depth: Int, _ frame: inout CELFrame) throws {
    for index in 0..<list.count {
      let element: Result<CELValue, CELEvaluationError>
      do { element = .success(try list.element(index)) } catch { element = .failure(try Self.absorbed(error)) }
      frame.locals.append(hasSecondVariable ? .success(.int(Int64(index))) : element)
      if hasSecondVariable { frame.locals.append(element) }
      guard try once(depth, &frame) else { return }
    }
  }

  private func iterate(_ map: CELMap, _ depth: Int, _ frame: inout CELFrame) throws {
    for key in map.keys {
      frame.locals.append(.success(key))
      if hasSecondVariable {
        do { frame.locals.append(.success(try map.find(key) ?? .null)) } catch {
          frame.locals.append(.failure(try Self.absorbed(error)))
        }
      }
      guard try once(depth, &frame) else { return }
    }
  }

  /// One step; false where the rest can change nothing. What a step fails with a later one may overrule, and those that
  /// come after it cost something even where they cannot.
  private func once(_ depth: Int, _ frame: inout CELFrame) throws -> Bool {
    if case .success(.bool(false)) = try Self.outcome(condition, &frame) { return false }
    frame.locals[depth] = try Self.outcome(step, &frame)
    frame.locals.removeLast(frame.locals.count - depth - 1)
    return true
  }
}

extension CELValue {
  /// What Go calls the type by which cel-go holds such a value.
  fileprivate var goTypeName: String {
    switch self {
    case .null: "types.Null"
    case .bool: "types.Bool"
    case .int: "types.Int"
    case .uint: "types.Uint"
    case .double: "types.Double"
    case .string: "types.String"
    case .bytes: "types.Bytes"
    case .timestamp: "types.Timestamp"
    case .duration: "types.Duration"
    case .type: "*types.Type"
    case .optional: "*types.Optional"
    default: typeName
    }
  }
}
