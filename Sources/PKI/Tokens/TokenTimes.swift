/// When a token is good (RFC 7519, section 4.1).
enum TokenTimes {
  /// How far the clocks of an issuer and of whoever verifies may be apart, in seconds.
  static let leeway: Int64 = 60

  /// - Throws: `expired` or `notYetValid`, where `what` names the token.
  static func check(
    expires: Int64?, notBefore: Int64?, issuedAt: Int64? = nil, now: Int64, what: String
  ) throws(PKIError) {
    if let expires, expires < now - leeway { throw PKIError(.expired, "\(what) has expired") }
    for start in [notBefore, issuedAt].compactMap({ $0 }) where start > now + leeway {
      throw PKIError(.notYetValid, "\(what) is not valid yet")
    }
  }
}
