/// All flags of the cluster's server: `apus server` and `apus up` both have them.
///
/// Their groups stand in the commands themselves, not in a group of groups: a debug build of the parser looks through a group's
/// flags four times more for each level that it stands deeper, which took a server two seconds of every start.
protocol ServerFlags: Sendable {
  var options: ServerOptions { get }
  var datastore: DatastoreOptions { get }
  var sharedSecret: SharedSecretOptions { get }
  var encryption: EncryptionOptions { get }
  var audit: AuditOptions { get }
  var auditLog: AuditLogOptions { get }
  var auditWebhook: AuditWebhookOptions { get }
  var authentication: AuthenticationOptions { get }
  var requestHeaders: RequestHeaderOptions { get }
  var authorization: AuthorizationOptions { get }
  var connections: ConnectionOptions { get }
  var settled: SettledOptions { get }
}

extension ServerFlags {
  /// What no group can judge alone.
  func validateTogether() throws {
    if !datastore.isShared { try sharedSecret.refuse() }
    try audit.validate(auditLog, auditWebhook)
  }
}
