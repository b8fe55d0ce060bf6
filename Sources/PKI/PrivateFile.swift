import Glibc

/// Files that hold keys: only their owner may read them, and they are there whole or not at all.
enum PrivateFile {
  /// Writes beside the file and renames over it, so that a crash leaves the old one or the new one; both the bytes and
  /// the name are on disk when it returns.
  static func write(_ text: String, to path: String, mode: UInt32) throws(PKIError) {
    let temporary = "\(path).\(UInt64.random(in: .min ... .max)).new"
    do throws(PKIError) {
      let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_t(mode))
      guard file >= 0 else { throw failure("cannot create \(temporary)") }
      defer { close(file) }
      // The process's umask has no say about a key.
      guard fchmod(file, mode_t(mode)) == 0 else { throw failure("cannot set the mode of \(temporary)") }
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = Glibc.write(file, Array(rest), rest.count)
        guard count > 0 || errno == EINTR else { throw failure("cannot write \(temporary)") }
        rest = rest.dropFirst(max(count, 0))
      }
      guard fsync(file) == 0 else { throw failure("cannot write \(temporary) to the disk") }
      guard rename(temporary, path) == 0 else { throw failure("cannot replace \(path)") }
    } catch {
      unlink(temporary)
      throw error
    }
    let slash = path.lastIndex(of: "/")
    let directory = open(
      slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw failure("cannot open the directory of \(path)") }
    defer { close(directory) }
    guard fsync(directory) == 0 else { throw failure("cannot write the directory of \(path) to the disk") }
  }

  /// The text of a file; nil where there is none.
  static func read(_ path: String, limit: Int = 1_048_576) throws(PKIError) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    if file < 0, errno == ENOENT { return nil }
    guard file >= 0 else { throw failure("cannot open \(path)") }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("cannot read \(path)") }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= limit else { throw PKIError(.file, "\(path) is larger than \(limit) bytes") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw PKIError(.malformed, "\(path) is not text") }
    return text
  }

  private static func failure(_ what: String) -> PKIError {
    PKIError(.file, "\(what): \(String(cString: strerror(errno)))")
  }
}
