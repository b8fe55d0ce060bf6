import PKI

/// Believes what one issuer has signed.
struct OpenIDIssuer: Sendable {
  let verifier: OpenIDTokenVerifier
  private let keys: OpenIDKeys

  init(_ verifier: OpenIDTokenVerifier, discoveryURL: String?, fetch: @escaping OpenIDFetch) {
    self.verifier = verifier
    keys = OpenIDKeys(issuer: verifier.issuer, discoveryURL: discoveryURL, fetch: fetch)
  }

  /// The claims of a token.
  /// - Throws: `TokenRefusal`, `CancellationError`.
  func claims(of token: String) async throws -> [String: ClaimValue] {
    do {
      let (known, number) = try await keys.current()
      do throws(PKIError) { return try verifier.verify(token, keys: known) } catch {
        guard error.code == .signature else { throw error }
      }
      // The provider may have other keys by now.
      return try verifier.verify(token, keys: try await keys.newer(than: number).keys)
    } catch let error as PKIError {
      throw TokenRefusal("oidc: verify token: \(error.message)")
    } catch let refusal as TokenRefusal {
      throw refusal
    } catch let error as CancellationError {
      throw error
    } catch {
      throw TokenRefusal("oidc: fetching the provider's keys: \(error)")
    }
  }
}
