import Linux

/// Waiting for a monitor that is about to end.
enum MonitorEnd {
  /// Returns when it has ended, or after `milliseconds`. Blocks.
  static func wait(_ monitor: FileDescriptor, milliseconds: Int32) throws(SystemError) {
    let epoll = try Epoll()
    try epoll.set(monitor.rawValue, .readable, token: 0)
    _ = try epoll.wait(timeout: milliseconds)
  }
}
