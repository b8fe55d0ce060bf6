import APIMachinery
import HTTPService
import Synchronization

/// Names each request, in its answer and in the audit log (`Audit-Id`): by what the client says, or else by a UUID.
final class AuditIdentifiers: Sendable {
  static let header = "Audit-Id"
  private static let longest = 64

  private let counter = Atomic<UInt64>(0)
  private let seed: (UInt64, UInt64)

  init() {
    var random = SystemRandomNumberGenerator()
    seed = (random.next(), random.next())
  }

  func identifier(_ headers: Headers) -> String {
    if let given = headers[Self.header], !given.isEmpty { return String(given.prefix(Self.longest)) }
    // No secret: numbers that differ, spread over all bits, without a system call for each.
    let number = counter.add(1, ordering: .relaxed).newValue
    var words = Words(first: Self.mixed(number ^ seed.0), second: Self.mixed(number &+ seed.1))
    return Identifiers.uid(using: &words)
  }

  /// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
  private static func mixed(_ number: UInt64) -> UInt64 {
    var word = number &* 0x9E37_79B9_7F4A_7C15
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  private struct Words: RandomNumberGenerator {
    let first: UInt64
    let second: UInt64
    private var isSecond = false

    init(first: UInt64, second: UInt64) {
      self.first = first
      self.second = second
    }

    mutating func next() -> UInt64 {
      defer { isSecond.toggle() }
      return isSecond ? second : first
    }
  }
}
