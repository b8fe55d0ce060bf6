import APIMachinery

/// Files of one volume of which one would lie in, or on, another one: the later one wins, or the volume cannot be made.
enum VolumePathWarnings {
  /// A file, and what of a volume of many sources it comes from.
  private struct File {
    let path: String
    var source = ""

    var words: String { source.isEmpty ? path.goQuoted : "\(path.goQuoted) (\(source))" }
  }

  /// The files of a volume by their places, so that the time for all grows with their number.
  private struct Tree {
    private struct Place {
      var children: [Substring: Int] = [:]
      /// Files in this place, and those below it too.
      var here: [Int] = []
      var within: [Int] = []
    }
    private var files: [File] = []
    private var places = [Place()]

    /// Adds a file.
    /// - Returns: those that it overlaps, in the order in which they came.
    mutating func add(_ file: File) -> [File] {
      guard !file.path.isEmpty else { return [] }
      var found: [Int] = []
      var place = 0
      for name in file.path.split(separator: "/", omittingEmptySubsequences: false) {
        found += places[place].here
        places[place].within.append(files.count)
        if let next = places[place].children[name] {
          place = next
        } else {
          places[place].children[name] = places.count
          place = places.count
          places.append(Place())
        }
      }
      found += places[place].within
      places[place].within.append(files.count)
      places[place].here.append(files.count)
      files.append(file)
      return found.sorted().map { files[$0] }
    }
  }

  /// More overlaps of a volume than this are not told: no answer has room for so many warnings.
  private static let most = 256

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
      var tree = Tree()
      var left = most
      for source in projected.items("sources") {
        if source.objectValue?.isEmpty == false {
          overlaps(files(of: source), in: &tree, &left, "\(name) (Projected)", &warnings)
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
    var tree = Tree()
    var left = most
    overlaps(files, in: &tree, &left, words, &warnings)
  }

  private static func overlaps(
    _ files: [File], in tree: inout Tree, _ left: inout Int, _ words: String, _ warnings: inout Warnings
  ) {
    for file in files where left > 0 {
      let file = File(path: String(file.path.reversed().drop { $0 == "/" }.reversed()), source: file.source)
      for other in tree.add(file).prefix(left) {
        warnings.add("\(words): overlapping paths: \(file.words) with \(other.words)")
        left -= 1
      }
    }
  }
}
