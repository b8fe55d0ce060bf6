/// Puts OpenAPI documents of version 2 together, as kube-aggregator does with those of several servers.
public enum OpenAPIMerge {
  private static let kindsMember = "x-kubernetes-group-version-kind"
  /// What documents name and refer to, and how the references begin.
  private static let named: [(member: String, prefix: String)] = [
    ("definitions", "#/definitions/"), ("parameters", "#/parameters/"),
  ]

  /// The part of a document that is about paths with a prefix, and what it refers to.
  public static func part(of document: JSONObject, below prefix: String) -> JSONObject {
    keeping(document) { $0.hasPrefix(prefix) }
  }

  private static func keeping(_ document: JSONObject, _ isKept: (String) -> Bool) -> JSONObject {
    var part = document
    var paths = document["paths"]?.objectValue ?? [:]
    paths.filter { name, _ in isKept(name) }
    part["paths"] = .object(paths)
    let used = references(from: .object(paths), in: document)
    for (member, prefix) in named {
      guard var entries = document[member]?.objectValue else { continue }
      entries.filter { name, _ in used.contains(prefix + name) }
      part[member] = .object(entries)
    }
    return part
  }

  /// Every reference that is met on the way through a tree and through what its references mean.
  private static func references(from tree: JSONValue, in document: JSONObject) -> Set<String> {
    var found: Set<String> = []
    var open = [tree]
    while let value = open.popLast() {
      switch value {
      case .array(let items): open += items
      case .object(let members):
        for (name, value) in members {
          guard name == "$ref", let reference = value.stringValue else {
            open.append(value)
            continue
          }
          guard found.insert(reference).inserted, let meant = entry(reference, of: document) else {
            continue
          }
          open.append(meant)
        }
      default: break
      }
    }
    return found
  }

  private static func entry(_ reference: String, of document: JSONObject) -> JSONValue? {
    for (member, prefix) in named where reference.hasPrefix(prefix) {
      return document[member]?[String(reference.dropFirst(prefix.count))]
    }
    return nil
  }

  /// Adds what another document has that ``part(of:below:)`` has left. Paths that are there already stay as they are; a definition of a name that means
  /// something else here gets another name (`name_v2`), and so does a parameter.
  public static func add(_ other: JSONObject, to document: inout JSONObject) {
    let present = document["paths"]?.objectValue ?? [:]
    // Most often nothing is there twice, and nothing has to be looked for that would be left out.
    let isOverlapping = other["paths"]?.objectValue?.contains { present[$0.name] != nil } ?? false
    var source = isOverlapping ? keeping(other) { present[$0] == nil } : other
    guard case .object(let paths)? = source["paths"], !paths.isEmpty else { return }
    var renamed: [String: String] = [:]
    for (member, prefix) in named {
      for (old, new) in renames(
        source[member]?.objectValue ?? [:], document[member]?.objectValue ?? [:])
      {
        renamed[prefix + old] = prefix + new
      }
    }
    if !renamed.isEmpty { source = rename(source, renamed) }
    for (member, _) in named {
      guard case .object(let entries)? = source[member], !entries.isEmpty else { continue }
      var merged = document[member]?.objectValue ?? [:]
      document[member] = nil
      for (name, value) in entries {
        merged[name] = merged[name].map { withKinds(of: value, $0) } ?? value
      }
      document[member] = .object(merged)
    }
    var all = present
    document["paths"] = nil
    for (path, item) in source["paths"]?.objectValue ?? [:] { all[path] = item }
    document["paths"] = .object(all)
  }

  /// New names for what means something else under its own one.
  private static func renames(_ source: JSONObject, _ present: JSONObject) -> [(
    old: String, new: String
  )] {
    var renames: [(String, String)] = []
    var taken: Set<String> = []
    for (name, value) in source {
      guard let other = present[name], !isSame(other, value) else { continue }
      var number = 2
      var candidate = "\(name)_v\(number)"
      while !isSame(present[candidate], value),
        present[candidate] != nil || source[candidate] != nil || taken.contains(candidate)
      {
        number += 1
        candidate = "\(name)_v\(number)"
      }
      taken.insert(candidate)
      renames.append((name, candidate))
    }
    return renames
  }

  /// Which kinds a definition describes makes no difference.
  private static func isSame(_ a: JSONValue?, _ b: JSONValue) -> Bool {
    guard var one = a?.objectValue, var other = b.objectValue else { return a == b }
    one[kindsMember] = nil
    other[kindsMember] = nil
    return one == other
  }

  private static func withKinds(of other: JSONValue, _ definition: JSONValue) -> JSONValue {
    guard case .array(let more)? = other[kindsMember], var members = definition.objectValue else {
      return definition
    }
    let kinds = members[kindsMember]?.arrayValue ?? []
    members[kindsMember] = .array(kinds + more.filter { !kinds.contains($0) })
    return .object(members)
  }

  private static func rename(_ document: JSONObject, _ names: [String: String]) -> JSONObject {
    var result = JSONObject()
    for (member, value) in document {
      let value = renameReferences(value, names)
      guard let prefix = named.first(where: { $0.member == member })?.prefix,
        case .object(let entries) = value
      else {
        result[member] = value
        continue
      }
      result[member] = .object(
        JSONObject(
          entries.map { name, entry in
            (names[prefix + name].map { String($0.dropFirst(prefix.count)) } ?? name, entry)
          }))
    }
    return result
  }

  private static func renameReferences(_ value: JSONValue, _ names: [String: String]) -> JSONValue {
    switch value {
    case .array(let items): return .array(items.map { renameReferences($0, names) })
    case .object(let members):
      return .object(
        JSONObject(
          members.map { name, value in
            if name == "$ref", let new = value.stringValue.flatMap({ names[$0] }) {
              return (name, .string(new))
            }
            return (name, renameReferences(value, names))
          }))
    default: return value
    }
  }
}
