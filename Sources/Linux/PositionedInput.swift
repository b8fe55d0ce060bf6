import CLinux
import Glibc

extension FileDescriptor {
  /// Fills `buffer` from its beginning with bytes at `offset` (pread(2)); returns how many, 0 at the end of the file.
  public func read(into buffer: inout [UInt8], upTo count: Int, at offset: Int64) throws(SystemError) -> Int {
    let raw = rawValue
    let limit = min(count, buffer.count)
    return try check("pread") { buffer.withUnsafeMutableBytes { pread(raw, $0.baseAddress, limit, off_t(offset)) } }
  }

  /// Fills `buffer` from its beginning from a stream (read(2)); returns how many bytes, 0 at the end.
  public func read(into buffer: inout [UInt8]) throws(SystemError) -> Int {
    let raw = rawValue
    return try check("read") { buffer.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, $0.count) } }
  }

  /// Writes all bytes at `offset` (pwrite(2)).
  public func write(_ bytes: RawSpan, at offset: Int64) throws(SystemError) {
    let raw = rawValue
    let total = bytes.byteCount
    var done = 0
    while done < total {
      done += try check("pwrite") {
        bytes.withUnsafeBytes { pwrite(raw, $0.baseAddress! + done, total - done, off_t(offset) + off_t(done)) }
      }
    }
  }

  /// Writes the first `count` bytes of a buffer at `offset` (pwrite(2)).
  public func write(_ buffer: [UInt8], count: Int, at offset: Int64) throws(SystemError) {
    try write(buffer.span.bytes.extracting(first: count), at: offset)
  }

  /// Lets a pipe hold `bytes` (F_SETPIPE_SZ), as far as the kernel permits; the size it had stays otherwise.
  public func growPipe(to bytes: Int) {
    _ = apus_fcntl(rawValue, 1031 /* F_SETPIPE_SZ */, bytes)
  }
}
