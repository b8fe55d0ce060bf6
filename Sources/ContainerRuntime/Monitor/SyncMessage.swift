import FoundationEssentials

/// What the monitor reports on its pipe: one JSON object a line, `{"data": 123}` or `{"data": -1, "message": "…"}`.
struct SyncMessage: Decodable, Equatable {
  var data: Int32
  var message: String?

  /// Reads one line; nil where it is none of the monitor's.
  static func parse(_ line: some Collection<UInt8>) -> SyncMessage? {
    // The monitor escapes by hand and lets other control bytes through, which JSON forbids.
    let clean = line.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }
    return try? JSONDecoder().decode(SyncMessage.self, from: Data(clean))
  }
}
