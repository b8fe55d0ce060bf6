import APIMachinery

/// Which objects of a collection a client wants: a namespace is in the key, this is the rest.
struct Selection: Sendable {
  private let matchesLabels: (@Sendable ([String: String]) -> Bool)?
  private let fields: [(path: [String], value: String, isEqual: Bool)]

  static let all = Selection(matchesLabels: nil, fields: [])

  init(
    matchesLabels: (@Sendable ([String: String]) -> Bool)?, fields: [(path: [String], value: String, isEqual: Bool)]
  ) {
    self.matchesLabels = matchesLabels
    self.fields = fields
  }

  var isEverything: Bool { matchesLabels == nil && fields.isEmpty }

  func matches(_ object: StoredObject) -> Bool {
    if let matchesLabels, !matchesLabels(object.labels) { return false }
    return fields.allSatisfy { path, value, isEqual in
      let found: String
      switch path {
      case ["metadata", "name"]: found = object.name
      case ["metadata", "namespace"]: found = object.namespace
      default: found = object.field(path)
      }
      return (found == value) == isEqual
    }
  }
}
