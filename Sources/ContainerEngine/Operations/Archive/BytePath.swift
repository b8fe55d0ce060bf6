/// Paths as bytes, without looking at a file system.
enum BytePath {
  private static let slash = UInt8(ascii: "/")
  private static let dot: [UInt8] = [UInt8(ascii: ".")]
  private static let dotDot: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: ".")]

  /// The parts of a path below its beginning; `..` that leads above it makes nil.
  static func parts(_ path: [UInt8]) -> [[UInt8]]? {
    var parts: [[UInt8]] = []
    for part in path.split(separator: slash).map(Array.init) {
      if part == dot { continue }
      if part == dotDot {
        if parts.popLast() == nil { return nil }
      } else {
        parts.append(part)
      }
    }
    return parts
  }

  /// Parts with a slash between them.
  static func joined(_ parts: [[UInt8]]) -> [UInt8] { Array(parts.joined(separator: [slash])) }

  /// `name` below `directory`; either may be empty.
  static func append(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
    if directory.isEmpty { return name }
    return name.isEmpty ? directory : directory + [slash] + name
  }
}
