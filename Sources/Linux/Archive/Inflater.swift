import CLinux

/// How a stream of bytes is compressed.
public enum Compression: Sendable, Equatable {
  case none, gzip, zstd

  /// Tells by the first bytes (RFC 1952, 2.3.1; RFC 8878, 3.1.1); anything else counts as not compressed.
  public init(magic: some Collection<UInt8>) {
    let head = Array(magic.prefix(4))
    if head.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if head == [0x28, 0xB5, 0x2F, 0xFD]
      || (head.count == 4 && head[0] & 0xF0 == 0x50 && head[1...] == [0x2A, 0x4D, 0x18])
    {
      self = .zstd
    } else {
      self = .none
    }
  }
}

/// Broken or truncated archive or compressed data.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}

/// Decompresses a stream of gzip members (ISA-L) or zstd frames, piece by piece. For one thread at a time.
public final class Inflater {
  private let state: OpaquePointer
  private let source: (inout [UInt8]) throws -> Int
  private var input: [UInt8]
  private var start = 0
  private var end = 0
  private var sourceEnded = false
  private var betweenMembers = true

  /// - Parameters:
  ///   - source: fills the array from its beginning and returns how many bytes it wrote, 0 at the end.
  public init(
    _ compression: Compression, pieceSize: Int = 256 * 1024, source: @escaping (inout [UInt8]) throws -> Int
  ) throws {
    let kind =
      switch compression {
      case .none: APUS_COMPRESSION_NONE
      case .gzip: APUS_COMPRESSION_GZIP
      case .zstd: APUS_COMPRESSION_ZSTD
      }
    guard compression != .none, let state = apus_inflater_new(Int32(kind.rawValue)) else {
      throw ArchiveError("cannot set up decompression")
    }
    self.state = state
    self.source = source
    input = [UInt8](repeating: 0, count: pieceSize)
  }

  deinit { apus_inflater_free(state) }

  /// Fills `output` from its beginning; returns how many bytes it wrote, 0 at the end of the stream.
  /// - Throws: `ArchiveError` on broken or truncated data, and what the source throws.
  public func read(into output: inout [UInt8]) throws -> Int {
    var produced = 0
    while produced == 0 {
      if start == end && !sourceEnded {
        start = 0
        end = try source(&input)
        sourceEnded = end == 0
      }
      var used = end - start
      var made = output.count
      let result = input.withUnsafeBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
          apus_inflater_run(state, input.baseAddress! + start, &used, output.baseAddress!, &made)
        }
      }
      guard result >= 0 else { throw ArchiveError(String(cString: apus_inflater_error(state))) }
      start += used
      produced = made
      if result == 1 { betweenMembers = true } else if used > 0 || made > 0 { betweenMembers = false }
      if produced == 0 && start == end && sourceEnded {
        guard betweenMembers else { throw ArchiveError("unexpected EOF") }
        return 0
      }
    }
    return produced
  }
}

/// Compresses a stream to gzip with ISA-L's fast level. For one thread at a time.
public final class Deflater {
  private let state: OpaquePointer

  public init() throws {
    guard let state = apus_deflater_new() else { throw ArchiveError("cannot set up compression") }
    self.state = state
  }

  deinit { apus_deflater_free(state) }

  /// Compresses `input` and returns what came out; `finish` ends the stream.
  public func write(_ input: [UInt8], finish: Bool) throws -> [UInt8] {
    var out: [UInt8] = []
    var offset = 0
    while true {
      var used = input.count - offset
      var made = 64 * 1024
      var result: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: made) { buffer, count in
        input.withUnsafeBufferPointer { input in
          result = apus_deflater_run(
            state, input.baseAddress.map { $0 + offset }, &used, buffer.baseAddress!, &made, finish ? 1 : 0)
        }
        count = result < 0 ? 0 : made
      }
      guard result >= 0 else { throw ArchiveError("compression failed") }
      offset += used
      out += piece
      if result == 1 || (!finish && offset == input.count && made == 0) { return out }
      if used == 0 && made == 0 && offset == input.count { return out }
    }
  }
}
