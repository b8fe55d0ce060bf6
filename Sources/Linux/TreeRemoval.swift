import CLinux
import Glibc

/// Empties a directory tree that may be hostile: a container can nest directories deeper than a path or a stack is long.
///
/// Directories below a certain depth are moved up into the root of the removal and emptied from there, so neither the
/// stack nor the number of open descriptors grows with the depth.
struct TreeRemoval {
  private static let maximumDepth = 48

  private let root: FileDescriptor
  private let path: String
  private var movedUp = 0
  private var first: SystemError?

  init(root: FileDescriptor, path: String) {
    self.root = root
    self.path = path
  }

  /// Removes everything in the root. Goes on after an error and returns the first one.
  mutating func run() -> SystemError? {
    repeat {
      movedUp = 0
      empty(root, path, depth: 0)
    } while movedUp > 0 && first == nil
    return first
  }

  private mutating func empty(_ directory: FileDescriptor, _ path: String, depth: Int) {
    do {
      for name in try FileSystem.names(in: directory) { remove(name, in: directory, path, depth: depth) }
    } catch { note(error) }
  }

  private mutating func remove(_ name: String, in directory: FileDescriptor, _ path: String, depth: Int) {
    if unlinkat(directory.rawValue, name, 0) == 0 { return }
    let code = Errno.current
    if code == .noEntry { return }
    guard code == .isDirectory || code == .notPermitted else {
      return note(SystemError(code, "unlink", "\(path)/\(name)"))
    }
    if unlinkat(directory.rawValue, name, AT_REMOVEDIR) == 0 { return }
    if depth >= Self.maximumDepth {
      movedUp += 1
      let free = ".deep-\(movedUp)-\(UInt64.random(in: 0 ... .max))"
      if renameat(directory.rawValue, name, root.rawValue, free) != 0 {
        note(SystemError(.current, "rename", "\(path)/\(name)"))
      }
      return
    }
    do {
      let child = try FileDescriptor.open(name, [.readOnly, .directory, .noFollow], at: directory)
      empty(child, "\(path)/\(name)", depth: depth + 1)
    } catch { note(error) }
    if unlinkat(directory.rawValue, name, AT_REMOVEDIR) != 0 {
      let code = Errno.current
      // Not empty because something below failed: that was noted.
      if code != .noEntry && !(code == .notEmpty && first != nil) {
        note(SystemError(code, "rmdir", "\(path)/\(name)"))
      }
    }
  }

  private mutating func note(_ error: SystemError) { first = first ?? error }
}
