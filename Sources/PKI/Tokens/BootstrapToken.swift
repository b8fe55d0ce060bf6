/// A token that a node joins with: six characters that name it, and sixteen that are secret
/// (kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens).
public struct BootstrapToken: Sendable, Equatable, CustomStringConvertible {
  public let id: String
  public let secret: String

  /// A new token from the system's random numbers.
  public init() {
    func characters(_ count: Int) -> String {
      let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
      return String((0..<count).map { _ in alphabet[Int.random(in: alphabet.indices)] })
    }
    id = characters(6)
    secret = characters(16)
  }

  /// Nil where the text is not of the form `[a-z0-9]{6}.[a-z0-9]{16}`.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    self.init(id: String(parts[0]), secret: String(parts[1]))
  }

  /// The two halves, as a secret of the type `bootstrap.kubernetes.io/token` holds them.
  public init?(id: String, secret: String) {
    func isWord(_ text: String, _ count: Int) -> Bool {
      text.utf8.count == count && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }
    guard isWord(id, 6), isWord(secret, 16) else { return nil }
    self.id = id
    self.secret = secret
  }

  public var description: String { "\(id).\(secret)" }

  /// The secret's name in the namespace `kube-system`.
  public var secretName: String { "bootstrap-token-\(id)" }

  /// The user that a client with this token is.
  public var userName: String { "system:bootstrap:\(id)" }

  /// Whether both are the same, in a time that does not depend on where they differ.
  public static func == (a: Self, b: Self) -> Bool {
    var difference: UInt8 = 0
    for (x, y) in zip(a.description.utf8, b.description.utf8) { difference |= x ^ y }
    return difference == 0
  }
}
