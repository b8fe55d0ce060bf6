import ContainerRuntime

/// Docker's way to carry two outputs in one stream: before each piece eight bytes, of which the first says which output
/// (1 standard output, 2 standard error) and the last four how long the piece is, big-endian.
enum MultiplexedFrame {
  /// The piece with its header.
  static func frame(_ stream: OutputStream, _ bytes: [UInt8]) -> [UInt8] {
    var frame = [UInt8](repeating: 0, count: 8)
    frame[0] = stream == .standardError ? 2 : 1
    let count = UInt32(bytes.count)
    for index in 0..<4 { frame[4 + index] = UInt8(truncatingIfNeeded: count >> (24 - 8 * UInt32(index))) }
    frame.append(contentsOf: bytes)
    return frame
  }
}

/// The content types of attach, exec and logs.
enum StreamType {
  static let raw = "application/vnd.docker.raw-stream"
  static let multiplexed = "application/vnd.docker.multiplexed-stream"
}
