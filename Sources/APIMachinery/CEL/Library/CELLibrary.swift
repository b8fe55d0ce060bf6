/// The functions that expressions may call: the language's own, cel-go's extensions and Kubernetes' libraries.
enum CELLibrary {
  static let functions: CELFunctionTable = {
    var table = CELFunctionTable()
    addOperators(&table)
    addConversions(&table)
    addTimes(&table)
    addStrings(&table)
    addLists(&table)
    addOptionals(&table)
    addRegularExpressions(&table)
    addSets(&table)
    addURLs(&table)
    addAddresses(&table)
    addQuantities(&table)
    addVersions(&table)
    addFormats(&table)
    addAuthorizer(&table)
    return table
  }()

  static let types: [String: CELType] = {
    let a = CELType.parameter("A")
    let b = CELType.parameter("B")
    return [
      "bool": .bool, "bytes": .bytes, "double": .double, "int": .int, "uint": .uint, "string": .string,
      "list": .list(a), "map": .map(a, b), "null_type": .null, "type": .type(nil),
      "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
      "optional_type": .optional(a), "net.IP": CELAddress.type, "net.CIDR": CELNetwork.type,
    ]
  }()
}

extension CELValue {
  // What an overload's signature promises; the error is for promises that are broken.

  func string() throws -> String {
    guard case .string(let text) = self else { throw CELEvaluationError.noSuchOverload }
    return text
  }

  func int() throws -> Int64 {
    guard case .int(let value) = self else { throw CELEvaluationError.noSuchOverload }
    return value
  }

  func bool() throws -> Bool {
    guard case .bool(let value) = self else { throw CELEvaluationError.noSuchOverload }
    return value
  }

  func list() throws -> CELList {
    guard case .list(let list) = self else { throw CELEvaluationError.noSuchOverload }
    return list
  }

  func opaque<Value: CELOpaque>(_ type: Value.Type) throws -> Value {
    guard case .opaque(let value) = self, let value = value as? Value else { throw CELEvaluationError.noSuchOverload }
    return value
  }
}
