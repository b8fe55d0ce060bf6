import Linux

/// Whether the links of one network namespace have IPv6 of their own, by a handle on the directory of these settings:
/// the kernel has the paths below /proc/sys/net of all namespaces in one list, and finds one by going through it.
struct IPv6Switches: Sendable {
  private let directory: FileDescriptor

  /// For `namespace`, or the calling thread's own. Nil where there is no IPv6.
  init?(in namespace: FileDescriptor?) throws {
    do {
      let open = { try FileDescriptor.open("/proc/sys/net/ipv6/conf", [.pathOnly, .directory]) }
      directory = try namespace.map { try Namespaces.inside($0, .network, open) } ?? open()
    } catch let error as SystemError where error.code == .noEntry { return nil }
  }

  /// Takes IPv6 from a link; false where this host does not let us.
  func turnOff(_ link: String) -> Bool {
    do throws(SystemError) {
      let file = try FileDescriptor.open("\(link)/disable_ipv6", .writeOnly, at: directory)
      try file.writeAll([UInt8(ascii: "1")])
      return true
    } catch { return false }
  }
}
