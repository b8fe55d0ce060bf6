import APIMachinery

extension BuiltinKinds {
  /// What an object of a kind is before anything is set: the objects that are always there, and the fields that upstream's types
  /// write even when they say nothing, a list among them as null.
  ///
  /// Who makes an object owns what it has beyond that (`managedfields.NewDefaultFieldManager`): neither `spec` itself nor
  /// a pod's list of containers is anybody's, what is in them is.
  ///
  /// - Parameter definition: the name of the object's type, as in ``ResourceVersion/definitionName``.
  public func emptyObject(definition: String) -> JSONObject {
    var object: JSONObject = [:]
    for field in facts[definition]?.fields ?? [] {
      if field.isNull {
        object[field.name] = .null
      } else if field.isAlways, field.nesting == .value, let below = field.definition {
        object[field.name] = .object(emptyObject(definition: below))
      } else if field.presence != .omitted || field.isAlways, !field.isOptional, !field.isGiven {
        object[field.name] = field.zero.written
      }
    }
    return object
  }
}

extension FieldFacts.Zero {
  /// The zero value as upstream's types write it; what they hold by reference is null.
  fileprivate var written: JSONValue {
    switch self {
    case .string: ""
    case .number: 0
    case .bool: false
    case .quantity: "0"
    default: .null
    }
  }
}
