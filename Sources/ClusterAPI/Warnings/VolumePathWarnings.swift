import APIMachinery

/// Files of one volume of which one would lie in, or on, another one: the later one wins, or the volume cannot be made.
enum VolumePathWarnings {
  /// A file, and what of a volume of many sources it comes from.
  private struct File {
    let path: String
    var source = ""

    var words: String { source.isEmpty ? path.goQuoted : "\(path.goQuoted) (\(source))" }

    func overlaps(_ other: File) -> Bool {
      !path.isEmpty && !other.path.isEmpty
        && ("\(other.path)/".hasPrefix("\(path)/") || "\(path)/".hasPrefix("\(other.path)/"))
    }
  }

  static func volumes(_ volumes: [JSONValue], _ warnings: inout Warnings) {
    for volume in volumes {
      let name = "volume \(volume.text("name").goQuoted)"
      if let source = volume["configMap"] {
        overlaps(files(source), "\(name) (ConfigMap \(source.text("name").goQuoted))", &warnings)
      }
      if let source = volume["secret"] {
        overlaps(files(source), "\(name) (Secret \(source.text("secretName").goQuoted))", &warnings)
      }
      if let source = volume["downwardAPI"] { overlaps(files(source), "\(name) (DownwardAPI)", &warnings) }
      guard let projected = volume["projected"] else { continue }
      var all: [File] = []
      for source in projected.items("sources") {
        if source.objectValue?.isEmpty == false {
          overlaps(files(of: source), among: &all, "\(name) (Projected)", &warnings)
        } else {
          warnings.add("\(name) (Projected) has no sources provided")
        }
      }
    }
  }

  private static func files(of source: JSONValue) -> [File] {
    func named(_ kind: String, _ member: JSONValue, _ name: String) -> String {
      "\(kind) \(member.text(name).goQuoted)"
    }
    if let map = source["configMap"], map.has("items") { return files(map, named("ConfigMap", map, "name")) }
    if let secret = source["secret"], secret.has("items") { return files(secret, named("Secret", secret, "name")) }
    if let fields = source["downwardAPI"], fields.has("items") { return files(fields, "DownwardAPI") }
    if let token = source["serviceAccountToken"] {
      return [File(path: token.text("path"), source: "ServiceAccountToken")]
    }
    if let bundle = source["clusterTrustBundle"] {
      let name = bundle.has("name") ? "name" : "signerName"
      return [File(path: bundle.text("path"), source: named("ClusterTrustBundle", bundle, name))]
    }
    guard let certificate = source["podCertificate"] else { return [] }
    return [
      ("certificateChainPath", "chain"), ("keyPath", "key"), ("credentialBundlePath", "credential bundle"),
    ].compactMap { member, word in
      let path = certificate.text(member)
      return path.isEmpty ? nil : File(path: path, source: "PodCertificate \(word)")
    }
  }

  private static func files(_ source: JSONValue, _ name: String = "") -> [File] {
    source.items("items").map { File(path: $0.text("path"), source: name) }
  }

  private static func overlaps(_ files: [File], _ words: String, _ warnings: inout Warnings) {
    var known: [File] = []
    overlaps(files, among: &known, words, &warnings)
  }

  private static func overlaps(
    _ files: [File], among known: inout [File], _ words: String, _ warnings: inout Warnings
  ) {
    for file in files {
      let file = File(path: String(file.path.reversed().drop { $0 == "/" }.reversed()), source: file.source)
      for other in known where file.overlaps(other) {
        warnings.add("\(words): overlapping paths: \(file.words) with \(other.words)")
      }
      known.append(file)
    }
  }
}
