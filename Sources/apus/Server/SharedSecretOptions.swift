import ArgumentParser
import AsyncWork
import Linux

/// The secret that the servers of one cluster share, by which they share all others.
struct SharedSecretOptions: ParsableArguments {
  @Option(help: "The secret that all servers on one etcd share (or APUS_TOKEN); others on this host can see it here.")
  var token: String?
  @Option(help: "A file with that secret.") var tokenFile: String?

  private static let variable = "APUS_TOKEN"
  /// Characters: what is shorter can be guessed.
  private static let shortest = 16

  /// The secret.
  /// - Throws: where there is none, or none that is good for anything.
  func secret(_ pool: BlockingPool) async throws -> String {
    let (text, place): (String, String)
    if let token {
      guard tokenFile == nil else { throw ValidationError("--token and --token-file cannot be given together") }
      (text, place) = (token, "--token")
    } else if let tokenFile {
      (text, place) = (try await pool.run { try FileSystem.readText(tokenFile) }, "--token-file \(tokenFile)")
    } else if let token = Environment[Self.variable] {
      (text, place) = (token, Self.variable)
    } else {
      throw ValidationError(
        "--datastore-endpoint: servers on one etcd share a secret, by which they keep their authorities and keys there: "
          + "give each of them the same by --token-file, --token or \(Self.variable) (openssl rand -hex 32 makes one)")
    }
    let secret = text.drop(while: \.isWhitespace).trimmingEnd
    guard secret.count >= Self.shortest, !secret.contains(where: \.isWhitespace) else {
      throw ValidationError(
        "\(place): the token must be at least \(Self.shortest) characters without blanks (openssl rand -hex 32 makes one)"
      )
    }
    return secret
  }

  /// Says that there is nothing to share, where there is not.
  func refuse() throws {
    guard token == nil, tokenFile == nil else {
      throw ValidationError(
        "--token and --token-file are for servers that share an etcd: name it by --datastore-endpoint")
    }
  }
}

extension Substring {
  fileprivate var trimmingEnd: String {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
