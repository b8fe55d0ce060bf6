import APIMachinery
import PKI

/// Tokens in a file that is read once: a line `token,user,uid,"group1,group2"` each
/// (Kubernetes, "Static Token File").
public struct TokenFile: TokenAuthenticator {
  private let users: [String: User]
  private let own: OwnAudience

  /// - Parameters:
  ///   - text: values separated by commas (RFC 4180).
  ///   - name: of the file, for errors.
  ///   - audiences: the server's own names as an audience.
  /// - Throws: 500 for a line with too few values.
  public init(_ text: String, name: String, audiences: [String]) throws(StatusError) {
    var users: [String: User] = [:]
    for record in CommaSeparated.records(text) {
      guard record.count >= 3 else {
        throw .internalError(
          "token file '\(name)' must have at least 3 columns (token, user name, user uid), found \(record.count)")
      }
      guard !record[0].isEmpty else { continue }
      let groups = record.count > 3 ? record[3].split(separator: ",").map(String.init) : []
      users[record[0]] = User(name: record[1], uid: record[2], groups: groups)
    }
    self.users = users
    own = OwnAudience(audiences: audiences)
  }

  public func bearer(of token: String, audiences: [String]) async throws -> TokenBearer? {
    guard let common = own.common(with: audiences), let user = users[token] else { return nil }
    return TokenBearer(user: user, audiences: common)
  }
}

/// Values separated by commas, in quotation marks where they hold some (RFC 4180).
enum CommaSeparated {
  /// Empty lines are left out.
  static func records(_ text: String) -> [[String]] {
    var records: [[String]] = []
    var record: [String] = []
    var value = ""
    var isQuoted = false
    var characters = text[...]
    func isEmpty() -> Bool { record.isEmpty && value.isEmpty }
    while let next = characters.popFirst() {
      switch (next, isQuoted) {
      case ("\"", true):
        // Two in a row stand for one.
        if characters.first == "\"" { value.append(characters.removeFirst()) } else { isQuoted = false }
      case ("\"", false) where value.isEmpty: isQuoted = true
      case (",", false):
        record.append(value)
        value = ""
      case ("\n", false), ("\r\n", false):
        if !isEmpty() { records.append(record + [value]) }
        (record, value) = ([], "")
      default: value.append(next)
      }
    }
    if !isEmpty() { records.append(record + [value]) }
    return records
  }
}
