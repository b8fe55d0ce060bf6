import APIMachinery

/// Files of one volume of which one would lie in, or on, another one: the later one wins, or the volume cannot be made.
enum VolumePathWarnings {
  static func volumes(_ volumes: [JSONValue], _ warnings: inout Warnings) {
    for volume in volumes {
      let name = "volume \(volume.text("name").goQuoted)"
      if let source = volume["configMap"] {
        overlaps(paths(source), "\(name) (ConfigMap \(source.text("name").goQuoted))", &warnings)
      }
      if let source = volume["secret"] {
        overlaps(paths(source), "\(name) (Secret \(source.text("secretName").goQuoted))", &warnings)
      }
      if let source = volume["downwardAPI"] { overlaps(paths(source), "\(name) (DownwardAPI)", &warnings) }
      if let projected = volume["projected"] { sources(projected.items("sources"), name, &warnings) }
    }
  }

  private static func sources(_ sources: [JSONValue], _ name: String, _ warnings: inout Warnings) {
    var known: Set<String> = []
    for source in sources {
      guard source.objectValue?.isEmpty == false else {
        warnings.add("\(name) (Projected) has no sources provided")
        continue
      }
      guard let (paths, what) = files(of: source), !paths.isEmpty else { continue }
      let words = "\(name) (Projected \(what))"
      overlaps(paths, words, &warnings)
      overlaps((Array(Set(paths)) + known).sorted(), words, &warnings)
      known.formUnion(paths)
    }
  }

  private static func files(of source: JSONValue) -> (paths: [String], what: String)? {
    if let map = source["configMap"], map.has("items") {
      return (paths(map), "ConfigMap \(map.text("name").goQuoted)")
    }
    if let secret = source["secret"], secret.has("items") {
      return (paths(secret), "Secret \(secret.text("name").goQuoted)")
    }
    if let fields = source["downwardAPI"], fields.has("items") { return (paths(fields), "DownwardAPI") }
    if let token = source["serviceAccountToken"] { return ([token.text("path")], "ServiceAccountToken") }
    return nil
  }

  private static func paths(_ source: JSONValue) -> [String] { source.items("items").map { $0.text("path") } }

  private static func overlaps(_ paths: [String], _ words: String, _ warnings: inout Warnings) {
    var known: [String] = []
    for path in paths {
      let path = String(path.reversed().drop { $0 == "/" }.reversed())
      let other = known.first { ($0 + "/").hasPrefix(path) || (path + "/").hasPrefix($0) }
      if let other, !path.isEmpty, !other.isEmpty {
        warnings.add("\(words): overlapping paths: \(path.goQuoted) with \(other.goQuoted)")
      }
      if !known.contains(path) { known.append(path) }
    }
  }
}
