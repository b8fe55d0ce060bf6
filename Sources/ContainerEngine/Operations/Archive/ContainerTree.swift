import Linux

/// What a container sees as its file system, held by a descriptor on its root. Every path is resolved inside it by the
/// kernel, whatever the container does meanwhile. For the thread that opened it.
struct ContainerTree {
  let reader: RootedTree

  init(root: FileDescriptor) { reader = RootedTree(root: root) }

  /// What a path is, links at its end not followed unless the path asks for it.
  func hold(_ path: ContainerPath) throws(SystemError) -> RootedTree.Held {
    let held = try reader.hold(path.bytes, followLast: path.followsLast)
    if path.followsLast, held.status.kind != .directory { throw SystemError(.notDirectory, "stat", path.absolute) }
    return held
  }

  func status(_ path: ContainerPath) throws(SystemError) -> PathStatus {
    let held = try hold(path)
    let modified = held.status.modified
    return PathStatus(
      name: path.name, size: held.status.size, mode: GoFileMode.bits(held.status),
      modified: .seconds(modified.seconds) + .nanoseconds(modified.nanoseconds),
      linkTarget: held.status.kind == .symbolicLink ? try evaluate(path.absolute) : "")
  }

  /// The path with all links on it followed, as far as it exists. For people only: what is opened is resolved by the
  /// kernel in the same call.
  func evaluate(_ path: String) throws(SystemError) -> String {
    var pending = Array(path.split(separator: "/").map(String.init).reversed())
    var done: [String] = []
    var links = 0
    while let part = pending.popLast() {
      if part == "." { continue }
      if part == ".." {
        _ = done.popLast()
        continue
      }
      let next = (done + [part]).joined(separator: "/")
      let held: RootedTree.Held
      do { held = try reader.hold(Array(next.utf8), followLast: false) } catch {
        guard error.code == .noEntry || error.code == .notDirectory else { throw error }
        done.append(part)
        continue
      }
      guard held.status.kind == .symbolicLink else {
        done.append(part)
        continue
      }
      links += 1
      if links > 255 { throw SystemError(.loop, "readlink", path) }
      let target = String(decoding: try held.linkTarget(), as: UTF8.self)
      if target.hasPrefix("/") { done = [] }
      pending += target.split(separator: "/").map(String.init).reversed()
    }
    return "/" + done.joined(separator: "/")
  }

  /// The content of a small file, nil where there is none.
  func readText(_ path: String) -> String? {
    guard let held = try? reader.hold(Array(path.utf8), followLast: true), held.status.kind == .regular,
      let bytes = try? held.open().readToEnd(limit: 1 << 20)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
