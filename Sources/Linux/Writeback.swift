import CLinux

extension FileDescriptor {
  /// Starts to write a range of dirty pages to the disk and does not wait for it, so that a later synchronisation of the
  /// whole file system finds little to do (sync_file_range(2)).
  ///
  /// Only advice: it promises nothing about what survives a power cut, and an error shows at that later call.
  /// - Parameter count: bytes from `offset` on; 0 for all to the end.
  public func startWriteback(from offset: Int64 = 0, count: Int64 = 0) {
    _ = apus_start_writeback(rawValue, offset, count)
  }
}
