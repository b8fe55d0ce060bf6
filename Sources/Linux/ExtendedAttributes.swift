import CLinux
import Glibc

/// Extended attributes (xattr(7)) of a path, never following a link.
public enum ExtendedAttributes {
  /// The value of `name`, nil where it is not set.
  public static func get(_ name: String, of path: String) throws(SystemError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let n = buffer.withUnsafeMutableBytes { lgetxattr(path, name, $0.baseAddress, $0.count) }
    if n >= 0 { return Array(buffer.prefix(n)) }
    if Errno.current == .noData || Errno.current == .notSupported { return nil }
    throw SystemError(.current, "lgetxattr", path)
  }

  public static func set(_ name: String, _ value: [UInt8], of path: String) throws(SystemError) {
    try check("lsetxattr", path) { value.withUnsafeBytes { lsetxattr(path, name, $0.baseAddress, $0.count, 0) } }
  }

  /// Names of all attributes.
  public static func list(_ path: String) throws(SystemError) -> [String] {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let n = buffer.withUnsafeMutableBytes {
      llistxattr(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    if n < 0 {
      if Errno.current == .notSupported { return [] }
      throw SystemError(.current, "llistxattr", path)
    }
    return buffer.prefix(n).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }
}
