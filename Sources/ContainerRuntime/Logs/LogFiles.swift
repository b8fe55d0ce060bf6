import Linux

/// The files of one log: `container.log`, and older ones as `container.log.1`, `.2`, …. All of it blocks.
struct LogFiles: Sendable {
  /// The current file.
  let path: String

  private func older(_ number: Int) -> String { "\(path).\(number)" }

  /// Open handles on all files, oldest first.
  func open() throws(SystemError) -> [FileDescriptor] {
    var files: [FileDescriptor] = []
    var number = 1
    while let file = try handle(older(number)) {
      files.insert(file, at: 0)
      number += 1
    }
    if let file = try handle(path) { files.append(file) }
    return files
  }

  /// The files that came after the one that `file` is a handle on, oldest first; all that there are where it is gone.
  func successors(of file: FileDescriptor) throws(SystemError) -> [FileDescriptor] {
    let inode = try FileStatus(of: file).inode
    let all = try open()
    for (index, other) in all.enumerated() where try FileStatus(of: other).inode == inode {
      return Array(all[(index + 1)...])
    }
    return all
  }

  private func handle(_ path: String) throws(SystemError) -> FileDescriptor? {
    do { return try FileDescriptor.open(path, .readOnly) } catch {
      if error.code == .noEntry { return nil }
      throw error
    }
  }

  /// Where the last `count` lines begin: how many of `files` to leave out, and the offset in the first that counts.
  static func tail(_ count: Int, of files: [FileDescriptor]) throws(SystemError) -> (skip: Int, offset: Int64) {
    var wanted = count
    for index in files.indices.reversed() {
      let isLast = index == files.count - 1
      switch try tail(wanted, of: files[index], isLast: isLast) {
      case .found(let offset): return (index, offset)
      case .fewer(let lines): wanted -= lines
      }
    }
    return (0, 0)
  }

  private enum Tail {
    case found(Int64)
    /// The file has only so many lines.
    case fewer(Int)
  }

  /// Reads blocks from the end and counts the lines that end in them.
  private static func tail(_ count: Int, of file: FileDescriptor, isLast: Bool) throws(SystemError) -> Tail {
    let blockSize: Int64 = 65536
    var end = try FileStatus(of: file).size
    if count == 0 { return .found(end) }
    var lines = 0
    // Bytes from `end` up to the next line start that is known, the beginning of which lies in an earlier block.
    var rest: [UInt8] = []
    var lineStart = end
    var first = true
    while end > 0 {
      let start = max(0, end - blockSize)
      var block = try file.read(upTo: Int(end - start), at: start)
      block += rest
      end = start
      var upper = block.count
      // Every line in the block whose beginning we see, last one first.
      while upper > 0 {
        let newline = block[..<(upper - 1)].lastIndex(of: 0x0A)
        if newline == nil && start > 0 { break }
        let begin = newline.map { $0 + 1 } ?? 0
        let isFull = LogLine.isFull(block[begin..<upper])
        // A line that is still being written counts as one, as does everything that ends in a full line.
        if isFull || (first && isLast) {
          if lines == count { return .found(lineStart) }
          lines += 1
        }
        first = false
        lineStart = start + Int64(begin)
        upper = begin
      }
      rest = Array(block[..<upper])
    }
    return lines >= count ? .found(0) : .fewer(lines)
  }

  /// There when the file that was dropped last ended in the middle of a line: the oldest one that is left begins with
  /// the rest of that line, which nobody can read any more.
  /// Its name does not begin as the log's files do: whoever counts those (a person, a log shipper) shall not find it.
  private var cutMarker: String {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    return path[..<slash] + ".cut-" + path[slash...]
  }

  /// Whether the oldest file begins in the middle of a line.
  var beginsInsideLine: Bool { FileSystem.exists(cutMarker) }

  private func markCut(dropping file: String) throws(SystemError) {
    guard let handle = try handle(file) else { return }
    let size = try FileStatus(of: handle).size
    var end = try handle.read(upTo: 65536, at: max(0, size - 65536))[...]
    if end.last == 0x0A { end = end.dropLast() }
    let last = end.lastIndex(of: 0x0A).map { end[($0 + 1)...] } ?? end
    if last.isEmpty || LogLine.isFull(last) {
      try FileSystem.removeFile(cutMarker)
    } else {
      try FileSystem.write(cutMarker, [UInt8]())
    }
  }

  /// Moves every file one number up, drops what is beyond `keep` files, and leaves no current file. With one file to
  /// keep nothing is moved: the monitor replaces it.
  func shift(keep: Int) throws(SystemError) {
    guard keep > 1 else { return }
    var highest = 1
    while FileSystem.exists(older(highest)) { highest += 1 }
    for number in stride(from: highest - 1, through: 1, by: -1) {
      if number + 1 >= keep {
        try markCut(dropping: older(number))
        try FileSystem.removeFile(older(number))
      } else {
        try FileSystem.rename(older(number), to: older(number + 1))
      }
    }
    if FileSystem.exists(path) { try FileSystem.rename(path, to: older(1)) }
  }
}
