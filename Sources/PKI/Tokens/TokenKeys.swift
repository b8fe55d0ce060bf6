/// The keys of an issuer of tokens at one time: one signs, all verify.
public struct TokenKeys: Sendable {
  public let signer: TokenSigningKey
  /// The one that signs first.
  public let verifying: [TokenVerificationKey]

  /// - Parameter others: keys whose tokens are accepted too: those that have signed, and those that will.
  public init(signer: TokenSigningKey, others: [TokenVerificationKey] = []) {
    self.signer = signer
    verifying = [signer.verificationKey] + others
  }
}
