/// The keys that leave a terminal without ending what runs in it, in docker's words: single letters and `ctrl-` with a
/// letter or one of `@ [ \ ] ^ _`, parted by commas.
public struct DetachKeys: Sendable, Equatable {
  public let bytes: [UInt8]

  /// Ctrl-P, Ctrl-Q.
  public static let standard = DetachKeys(bytes: [16, 17])

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads `ctrl-p,ctrl-q`; empty or nil is the standard. Throws `.invalidSpecification` for an unknown key.
  public init(_ text: String?) throws(RuntimeError) {
    guard let text, !text.isEmpty else {
      self = .standard
      return
    }
    var bytes: [UInt8] = []
    for key in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let byte = Self.code(of: key) else {
        throw RuntimeError(.invalidSpecification, "Invalid detach keys (\(text)) provided: Unknown character: '\(key)'")
      }
      bytes.append(byte)
    }
    self.bytes = bytes
  }

  private static func code(of key: Substring) -> UInt8? {
    let raw = Array(key.utf8)
    if raw.count == 1 { return raw[0] }
    guard raw.count == 6, key.lowercased().hasPrefix("ctrl-") else { return nil }
    switch raw[5] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return raw[5] - UInt8(ascii: "a") + 1
    case UInt8(ascii: "@"): return 0
    case UInt8(ascii: "["): return 27
    case UInt8(ascii: "\\"): return 28
    case UInt8(ascii: "]"): return 29
    case UInt8(ascii: "^"): return 30
    case UInt8(ascii: "_"): return 31
    default: return nil
    }
  }
}

/// Looks for the detach keys in what a client types. A beginning of the sequence is held back until it is clear
/// whether the rest follows.
public struct DetachScanner: Sendable {
  private let keys: [UInt8]
  private var held = 0

  public init(_ keys: DetachKeys) { self.keys = keys.bytes }

  /// What to pass on of `input`, and whether the sequence was complete; what comes after it is dropped.
  public mutating func scan(_ input: [UInt8]) -> (pass: [UInt8], detach: Bool) {
    if keys.isEmpty { return (input, false) }
    var pass: [UInt8] = []
    pass.reserveCapacity(input.count)
    for byte in input {
      // On a mismatch the longest end of what was held that still begins the sequence stays held.
      while held > 0, keys[held] != byte {
        let seen = Array(keys[..<held])
        let kept = (1..<held).reversed().first { seen.suffix($0).elementsEqual(keys.prefix($0)) } ?? 0
        pass += seen.prefix(held - kept)
        held = kept
      }
      if keys[held] == byte {
        held += 1
        if held == keys.count {
          held = 0
          return (pass, true)
        }
      } else {
        pass.append(byte)
      }
    }
    return (pass, false)
  }
}
