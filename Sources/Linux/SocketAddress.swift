import CLinux
import Glibc

/// Where a socket is: an address of AF_INET, AF_INET6 or AF_UNIX.
public enum SocketAddress: Sendable, Hashable {
  /// Four bytes in the order in which they are sent, and a port.
  case ipv4([UInt8], port: UInt16)
  /// Sixteen bytes in the order in which they are sent, a port, and the index of the link for link-local addresses.
  case ipv6([UInt8], port: UInt16, scope: UInt32 = 0)
  /// A socket file. Any length: what does not fit the kernel's 107 bytes goes through a descriptor of its directory.
  case unix(String)
  /// A name without a file (unix(7), "abstract").
  case abstract([UInt8])
  /// A unix socket that was not bound.
  case unnamed

  /// From four or sixteen bytes.
  public init(_ address: [UInt8], port: UInt16) {
    self = address.count == 4 ? .ipv4(address, port: port) : .ipv6(address, port: port)
  }

  /// The kernel's number of the family.
  var family: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    default: AF_UNIX
    }
  }

  /// The port of an Internet address.
  public var port: UInt16? {
    switch self {
    case .ipv4(_, let port), .ipv6(_, let port, _): port
    default: nil
    }
  }

  /// Gives the address as the kernel wants it to `body`. A unix path that is too long is shortened by opening its
  /// directory, which stays open meanwhile.
  func withBytes<Result>(
    _ operation: String, _ body: ([UInt8]) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    switch self {
    case .ipv4(let address, let port):
      guard address.count == 4 else { throw SystemError(.invalid, operation, "\(self)") }
      return try body(Self.head(AF_INET) + Self.bigEndian(port) + address + [UInt8](repeating: 0, count: 8))
    case .ipv6(let address, let port, let scope):
      guard address.count == 16 else { throw SystemError(.invalid, operation, "\(self)") }
      let tail = withUnsafeBytes(of: scope) { Array($0) }
      return try body(Self.head(AF_INET6) + Self.bigEndian(port) + [0, 0, 0, 0] + address + tail)
    case .unix(let path):
      let bytes = Array(path.utf8)
      guard !bytes.isEmpty, !bytes.contains(0) else { throw SystemError(.invalid, operation, path) }
      if bytes.count <= 107 { return try body(Self.head(AF_UNIX) + bytes + [0]) }
      let parts = path.split(separator: "/", omittingEmptySubsequences: true)
      guard let last = parts.last else { throw SystemError(.invalid, operation, path) }
      let prefix = path.hasPrefix("/") ? "/" : "./"
      let directory = try FileDescriptor.open(
        prefix + parts.dropLast().joined(separator: "/"), [.pathOnly, .directory])
      defer { directory.close() }
      let short = Array("/proc/self/fd/\(directory.rawValue)/\(last)".utf8)
      guard short.count <= 107 else { throw SystemError(Errno(rawValue: ENAMETOOLONG), operation, path) }
      return try body(Self.head(AF_UNIX) + short + [0])
    case .abstract(let name):
      guard name.count <= 107 else { throw SystemError(Errno(rawValue: ENAMETOOLONG), operation) }
      return try body(Self.head(AF_UNIX) + [0] + name)
    case .unnamed: return try body(Self.head(AF_UNIX))
    }
  }

  /// Reads what the kernel wrote; nil for other families.
  init?(_ bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count >= 2 else { return nil }
    switch Int32(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) }) {
    case AF_INET where bytes.count >= 8:
      self = .ipv4(Array(bytes[4..<8]), port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    case AF_INET6 where bytes.count >= 28:
      let scope = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 24, as: UInt32.self) }
      self = .ipv6(Array(bytes[8..<24]), port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]), scope: scope)
    case AF_UNIX:
      if bytes.count == 2 {
        self = .unnamed
      } else if bytes[2] == 0 {
        self = .abstract(Array(bytes.dropFirst(3)))
      } else {
        self = .unix(String(decoding: bytes.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self))
      }
    default: return nil
    }
  }

  private static func head(_ family: Int32) -> [UInt8] { withUnsafeBytes(of: UInt16(family)) { Array($0) } }
  private static func bigEndian(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
}
