import APIMachinery

/// Of the secrets that a service account lists, only names are kept: they are in its namespace.
enum ServiceAccountPreparation: KindPreparation {
  static func create(_ account: inout JSONValue) { keepNames(&account) }

  static func update(_ account: inout JSONValue, old: JSONValue, subresource: String) { keepNames(&account) }

  private static func keepNames(_ account: inout JSONValue) {
    account.editItems(of: "secrets") { secret in
      secret = secret["name"].map { ["name": $0] } ?? [:]
    }
  }
}
