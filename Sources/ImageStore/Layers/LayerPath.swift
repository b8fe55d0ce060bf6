/// A member's name in a layer's tar, made safe: no leading slash, no `.`, and no `..` that leaves the root
/// (OCI layer.md, "Entry names").
enum LayerPath {
  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")
  /// Longest name the kernel takes (PATH_MAX, limits.h).
  private static let longest = 4096

  /// The name in its plain form, empty for the root itself; nil where it leads out of the root.
  static func normalize(_ raw: [UInt8]) -> [UInt8]? {
    guard raw.count < longest, !raw.contains(0) else { return nil }
    if isPlain(raw) { return raw }
    var parts: [ArraySlice<UInt8>] = []
    for part in raw.split(separator: slash) {
      if part.count == 1 && part.first == dot { continue }
      if part.count == 2 && part.allSatisfy({ $0 == dot }) {
        guard !parts.isEmpty else { return nil }
        parts.removeLast()
        continue
      }
      parts.append(part)
    }
    return Array(parts.joined(separator: [slash]))
  }

  /// The common case: nothing to clean.
  private static func isPlain(_ raw: [UInt8]) -> Bool {
    var atStart = true
    for byte in raw {
      if atStart && (byte == slash || byte == dot) { return false }
      atStart = byte == slash
    }
    return !atStart
  }

  /// Splits `dir/name`.
  static func split(_ path: [UInt8]) -> (directory: [UInt8], name: [UInt8]) {
    guard let cut = path.lastIndex(of: slash) else { return ([], path) }
    return (Array(path[..<cut]), Array(path[(cut + 1)...]))
  }

  static func join(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
    directory.isEmpty ? name : directory + [slash] + name
  }
}
