/// Who owns which fields of an object: `metadata.managedFields`.
struct ManagedFields: Sendable, Equatable {
  var owners: [ManagerIdentity: OwnedFields] = [:]

  /// What one manager owns.
  struct OwnedFields: Sendable, Equatable {
    var fields: FieldSet
    var apiVersion: String
    /// When the manager last changed something, as RFC 3339 writes it; nil where it never did.
    var time: String?
  }

  init() {}

  /// - Throws: ``ManagedFieldsError`` where an entry is malformed.
  init(_ value: JSONValue?) throws(ManagedFieldsError) {
    guard case .array(let entries)? = value else { return }
    for (index, entry) in entries.enumerated() {
      let operation = entry["operation"]?.stringValue ?? ""
      guard let operation = ManagerIdentity.Operation(rawValue: operation) else {
        throw ManagedFieldsError("operation must be `Apply` or `Update`")
      }
      let apiVersion = entry["apiVersion"]?.stringValue ?? ""
      if apiVersion.isEmpty { throw ManagedFieldsError("apiVersion must not be empty") }
      switch entry["fieldsType"]?.stringValue ?? "" {
      case "FieldsV1": break
      case "": throw ManagedFieldsError("missing fieldsType in managed fields entry \(index)")
      case let type:
        throw ManagedFieldsError("invalid fieldsType \(type.goQuoted) in managed fields entry \(index)")
      }
      let identity = ManagerIdentity(
        name: entry["manager"]?.stringValue ?? "", operation: operation, apiVersion: apiVersion,
        subresource: entry["subresource"]?.stringValue ?? "")
      do {
        owners[identity] = OwnedFields(
          fields: try FieldSet(fieldsV1: entry["fieldsV1"]), apiVersion: apiVersion, time: entry["time"]?.stringValue)
      } catch {
        throw ManagedFieldsError("error decoding set: \(error)")
      }
    }
  }

  /// The list as it stands in an object; nil where nobody owns anything.
  var json: JSONValue? {
    if owners.isEmpty { return nil }
    if owners.count == 1 { return .array(owners.map { Self.json($0.key, $0.value) }) }
    let entries = owners.sorted { a, b in
      let (left, right) = (a.key, b.key)
      if left.operation != right.operation { return left.operation.rawValue < right.operation.rawValue }
      let (earlier, later) = (GoTime.seconds(a.value.time), GoTime.seconds(b.value.time))
      if earlier != later { return earlier < later }
      if left.name != right.name { return left.name < right.name }
      if a.value.apiVersion != b.value.apiVersion { return a.value.apiVersion < b.value.apiVersion }
      return left.subresource < right.subresource
    }
    return .array(entries.map { Self.json($0.key, $0.value) })
  }

  private static func json(_ identity: ManagerIdentity, _ owned: OwnedFields) -> JSONValue {
    var entry = JSONObject()
    if !identity.name.isEmpty { entry["manager"] = .string(identity.name) }
    entry["operation"] = .string(identity.operation.rawValue)
    entry["apiVersion"] = .string(owned.apiVersion)
    if let time = owned.time { entry["time"] = .string(time) }
    entry["fieldsType"] = "FieldsV1"
    entry["fieldsV1"] = owned.fields.fieldsV1
    if !identity.subresource.isEmpty { entry["subresource"] = .string(identity.subresource) }
    return .object(entry)
  }

  /// How many managers that update are told apart.
  static let mostUpdaters = 10

  /// Puts the oldest updates of each version into one entry where there are too many.
  mutating func mergeOldUpdates() {
    guard owners.count > Self.mostUpdaters else { return }
    let updaters = owners.filter { $0.key.operation == .update }.sorted { a, b in
      let (earlier, later) = (GoTime.seconds(a.value.time), GoTime.seconds(b.value.time))
      return earlier == later ? a.key < b.key : earlier < later
    }
    var count = updaters.count
    var first: [String: ManagerIdentity] = [:]
    for (identity, owned) in updaters where count > Self.mostUpdaters {
      guard let oldest = first[owned.apiVersion] else {
        first[owned.apiVersion] = identity
        continue
      }
      let bucket = ManagerIdentity(name: "ancient-changes", operation: .update, apiVersion: owned.apiVersion)
      if owners[bucket] == nil { owners[bucket] = owners.removeValue(forKey: oldest) }
      let fields = owners[bucket]?.fields ?? FieldSet()
      if identity != bucket { owners[identity] = nil }
      owners[bucket] = OwnedFields(
        fields: owned.fields.union(fields), apiVersion: owned.apiVersion, time: owned.time)
      count -= 1
    }
  }
}

/// By what an entry of managed fields is known.
struct ManagerIdentity: Sendable, Hashable {
  var name: String
  var operation: Operation
  /// Empty for a manager that applies: it stays the same in whatever version it applies.
  var apiVersion: String
  var subresource: String

  enum Operation: String, Sendable, Hashable { case apply = "Apply", update = "Update" }

  init(name: String, operation: Operation, apiVersion: String, subresource: String = "") {
    self.name = name
    self.operation = operation
    self.apiVersion = operation == .apply ? "" : apiVersion
    self.subresource = subresource
  }

  /// As messages about conflicts name a manager.
  var shown: String {
    var text = name.goQuoted
    if !subresource.isEmpty { text += " with subresource \(subresource.goQuoted)" }
    if operation == .update { text += " using \(apiVersion)" }
    return text
  }
}

extension ManagerIdentity: Comparable {
  static func < (a: ManagerIdentity, b: ManagerIdentity) -> Bool {
    (a.name, a.operation.rawValue, a.apiVersion, a.subresource)
      < (b.name, b.operation.rawValue, b.apiVersion, b.subresource)
  }
}

/// Managed fields that are none.
public struct ManagedFieldsError: Error, Sendable, Hashable, CustomStringConvertible {
  public let message: String

  init(_ message: String) { self.message = message }

  public var description: String { message }
}
