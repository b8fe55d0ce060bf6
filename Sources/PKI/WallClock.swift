import FoundationEssentials
import Glibc

/// Where the time comes from, in seconds since 1970, UTC. It may jump, forward and backward: nothing here remembers a time
/// and takes it for the present.
public struct WallClock: Sendable {
  private let read: @Sendable () -> Int64

  /// - Parameter read: gives the present, for tests.
  public init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

  /// The host's clock.
  public static let system = WallClock { Int64(time(nil)) }

  public var now: Int64 { read() }
}

extension Date {
  init(seconds: Int64) { self.init(timeIntervalSince1970: Double(seconds)) }

  /// Whole seconds since 1970.
  var seconds: Int64 { Int64(timeIntervalSince1970.rounded(.down)) }
}
