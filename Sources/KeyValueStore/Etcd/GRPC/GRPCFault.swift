/// Why a call failed (gRPC over HTTP/2), told apart by what it says of the request: whether the other side may have
/// carried it out.
package struct GRPCFault: Error, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// There was no connection, or the other side has certainly not looked at the request.
    case notSent
    /// The connection, the stream or our patience ended before the answer: nobody knows what became of the request.
    case lost
    /// The other side's own refusal, with its status code.
    case refused(Int)
    /// What answers does not speak gRPC.
    case malformed
  }
  package let kind: Kind
  package let message: String
  package let cause: (any Error)?

  init(_ kind: Kind, _ message: String, cause: (any Error)? = nil) {
    self.kind = kind
    self.message = message
    self.cause = cause
  }

  package var description: String { message }
}

/// The status that a call ends with: trailing `grpc-status` and `grpc-message`.
struct GRPCStatus: Equatable {
  let code: Int
  let message: String

  /// The message as it was before it was percent-encoded; what is no encoding stays as it is.
  static func decode(_ encoded: String) -> String {
    let bytes = Array(encoded.utf8)
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let high = Character(UnicodeScalar(bytes[index + 1])).hexDigitValue,
        let low = Character(UnicodeScalar(bytes[index + 2])).hexDigitValue
      {
        decoded.append(UInt8(high << 4 | low))
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
