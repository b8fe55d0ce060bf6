/// How a token is signed (RFC 7518, section 3.1). No symmetric algorithm and no `none`: whoever verifies a token must not
/// be able to make one.
public enum TokenAlgorithm: String, Sendable, CaseIterable {
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
}
