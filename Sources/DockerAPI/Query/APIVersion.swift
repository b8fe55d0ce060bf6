/// A version of the Docker Engine API.
public struct APIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var major: Int
  public var minor: Int

  /// The newest that this engine serves, and the one of a path without a version.
  public static let newest = APIVersion(1, 50)
  /// The oldest that this engine serves.
  public static let oldest = APIVersion(1, 24)

  /// Makes a version.
  public init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads `1.43`; nil for anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 0, minor >= 0 else {
      return nil
    }
    self.init(major, minor)
  }

  public var description: String { "\(major).\(minor)" }

  public static func < (left: APIVersion, right: APIVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }

  /// Refuses a version that is not served, in Docker's words.
  public func validate() throws(QueryError) {
    if self < Self.oldest {
      throw QueryError(
        "client version \(self) is too old. Minimum supported API version is \(Self.oldest), "
          + "please upgrade your client to a newer version")
    }
    if self > Self.newest {
      throw QueryError("client version \(self) is too new. Maximum supported API version is \(Self.newest)")
    }
  }
}
