/// What a server grants of tokens for service accounts, and says of them, beyond what is asked for.
public struct TokenTerms: Sendable {
  /// Seconds that a token lasts at most; nil for no limit of the operator's.
  public var longest: Int64?
  /// Tokens that pods read once last longer than they are said to, so that old clients do not break.
  public var extends = true
  /// Where others find the keys; nil for the server's own address.
  public var keySetURL: String?

  public init(longest: Int64? = nil, extends: Bool = true, keySetURL: String? = nil) {
    self.longest = longest
    self.extends = extends
    self.keySetURL = keySetURL
  }
}
