import Linux
import OCI

/// The layer between an image and a container's own: mount points that every container needs and the image may lack,
/// so that they count neither as the image's nor as the container's (moby, daemon/initlayer). One for each image.
extension ImageStore {
  func initName(_ record: SnapshotRecord) -> String { "../inits/\(Self.initDirectory(record))/d" }

  private static func initDirectory(_ record: SnapshotRecord) -> String {
    // By layers and not by image: two images with the same layers share it.
    let text = record.layers.map(\.hex).joined(separator: ",")
    return String(ContentHash.digest(Array(text.utf8)).hex.prefix(24))
  }

  private static let directories = ["dev", "dev/pts", "dev/shm", "proc", "sys", "etc"]
  private static let files = [".dockerenv", "etc/resolv.conf", "etc/hosts", "etc/hostname", "dev/console"]

  func makeInitLayer(_ record: SnapshotRecord) throws {
    let target = paths.inits + "/" + Self.initDirectory(record)
    if FileSystem.exists(target) { return }
    let staged = paths.temporary()
    try FileSystem.makeDirectory(staged, mode: 0o700)
    do {
      for name in ["d", "w", "m"] { try FileSystem.makeDirectory(staged + "/" + name, mode: 0o755) }
      try FileSystem.changeMode(staged + "/d", 0o755)
      if record.layers.isEmpty {
        try Self.makeMountPoints(in: staged + "/d")
      } else {
        let name = "../staging/" + FileSystem.name(of: staged)
        let layers = record.layers.reversed().map { paths.layerName($0) + "/d" }
        try Overlay.mount(
          .init(directory: paths.layers, lower: layers, upper: name + "/d", work: name + "/w"), at: staged + "/m")
        let made = Result { try Self.makeMountPoints(in: staged + "/m") }
        try Self.unmount(staged + "/m")
        try made.get()
      }
      try FileSystem.removeTree(staged + "/w")
      try FileSystem.removeTree(staged + "/m")
      do { try FileSystem.rename(staged, to: target) } catch {
        // Another container of the image was faster.
        guard error.code == .exists || error.code == .notEmpty else { throw error }
        try FileSystem.removeTree(staged)
      }
    } catch {
      try Mounts.unmount(staged + "/m", lazily: true)
      try FileSystem.removeTree(staged)
      throw error
    }
  }

  /// Makes what is missing. Links of the image are followed inside its root only; where the image has something else
  /// in the way, that stays.
  private static func makeMountPoints(in root: String) throws {
    let tree = try TreeWriter(root: root)
    func missing(_ path: String) -> Bool {
      do {
        _ = try tree.open(Array(path.utf8), .pathOnly)
        return false
      } catch { return error.code == .noEntry }
    }
    for path in directories where missing(path) {
      try tree.makeDirectory(try tree.place(Array(path.utf8), makeParents: true), mode: 0o755)
    }
    for path in files where missing(path) {
      let place = try tree.place(Array(path.utf8), makeParents: true)
      // A link to nowhere counts as there: creating its target is not ours to do.
      if try tree.status(place) != nil { continue }
      _ = try tree.makeFile(place, mode: 0o755)
    }
    let mtab = try tree.place(Array("etc/mtab".utf8), makeParents: true)
    if try tree.status(mtab) == nil { try tree.makeSymbolicLink(mtab, to: Array("/proc/mounts".utf8)) }
  }
}
