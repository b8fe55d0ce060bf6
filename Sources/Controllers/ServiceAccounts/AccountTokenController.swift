import APIMachinery
import ClusterClient
import FoundationEssentials
import PKI
import Synchronization

/// Fills Secrets of the type `kubernetes.io/service-account-token`, and removes those whose account is gone
/// (kube-controller-manager's serviceaccount-token controller).
public final class AccountTokenController: Sendable {
  private static let secrets = GroupResource(group: "", resource: "secrets")
  private static let accounts = GroupResource(group: "", resource: "serviceaccounts")
  private static let type = "kubernetes.io/service-account-token"
  private static let nameAnnotation = "kubernetes.io/service-account.name"
  private static let uidAnnotation = "kubernetes.io/service-account.uid"

  private let client: any ClusterClient
  private let tokens: ServiceAccountTokens
  private let authorities: AsyncStream<String>
  private let authority = Mutex<String?>(nil)

  /// - Parameters:
  ///   - tokens: signs.
  ///   - authorities: who is trusted (PEM), now and after each change.
  public init(_ client: any ClusterClient, tokens: ServiceAccountTokens, authorities: AsyncStream<String>) {
    self.client = client
    self.tokens = tokens
    self.authorities = authorities
  }

  /// Works until the task is cancelled.
  public func run() async {
    let (changed, change) = AsyncStream.makeStream(of: Reconciler.Key.self)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await bundle in self.authorities {
          self.authority.withLock { $0 = bundle }
          for key in await self.keys(in: "", of: nil) { change.yield(key) }
        }
      }
      group.addTask {
        await Reconciler(self.client, watching: [Self.secrets, Self.accounts]) {
          await self.keys($0)
        } work: {
          try await self.reconcile($0)
          return nil
        }.run(also: changed)
      }
    }
  }

  // MARK: Which Secrets

  private static func isToken(_ object: StoredObject) -> Bool { object.value(at: "type")?.stringValue == type }

  private static func annotation(_ name: String, of object: StoredObject) -> String {
    object.value(at: ["metadata", "annotations", name])?.stringValue ?? ""
  }

  private func keys(_ change: ClusterChange) async -> [Reconciler.Key] {
    guard let object = change.current ?? change.previous else { return [] }
    let header = object.header
    switch change.resource.groupResource {
    case Self.secrets where Self.isToken(object):
      return [Reconciler.Key(namespace: header.namespace, name: header.name)]
    case Self.accounts where change.current == nil || change.previous == nil:
      return await keys(in: header.namespace, of: header.name)
    default: return []
    }
  }

  /// The Secrets with tokens of an account, or of all.
  private func keys(in namespace: String, of account: String?) async -> [Reconciler.Key] {
    guard let resource = client.resource(Self.secrets) else { return [] }
    do {
      return try await client.list(resource, namespace: namespace).filter {
        Self.isToken($0) && (account == nil || Self.annotation(Self.nameAnnotation, of: $0) == account)
      }.map { Reconciler.Key(namespace: $0.header.namespace, name: $0.header.name) }
    } catch {
      // The resource is not served any more.
      return []
    }
  }

  // MARK: One Secret

  private func reconcile(_ key: Reconciler.Key) async throws {
    guard let resource = client.resource(Self.secrets) else { return }
    guard let secret = try await client.find(Self.secrets, key) else { return try await forget(key) }
    guard Self.isToken(secret), !secret.header.isBeingDeleted, let bundle = authority.withLock({ $0 }) else { return }
    let name = Self.annotation(Self.nameAnnotation, of: secret)
    let uid = Self.annotation(Self.uidAnnotation, of: secret)
    let account = try await client.find(Self.accounts, Reconciler.Key(namespace: key.namespace, name: name))
    guard let account, uid.isEmpty || uid == account.header.uid else {
      return try await client.delete(
        resource, namespace: key.namespace, name: key.name, uid: secret.header.uid, policy: .background)
    }
    guard let changed = try fill(secret, for: account, bundle) else { return }
    _ = try await client.update(resource, subresource: "", changed)
  }

  /// - Returns: nil where nothing is missing.
  private func fill(
    _ secret: StoredObject, for account: StoredObject, _ bundle: String
  ) throws(PKIError) -> JSONObject? {
    let before = secret.value(at: "data")?.objectValue ?? [:]
    var data = before
    func isEmpty(_ name: String) -> Bool { (data[name]?.stringValue ?? "").isEmpty }
    data["ca.crt"] = Self.base64(bundle)
    if isEmpty("namespace") { data["namespace"] = Self.base64(secret.header.namespace) }
    if isEmpty("token") {
      data["token"] = Self.base64(
        try tokens.issue(
          LegacyServiceAccountToken(
            namespace: secret.header.namespace, accountName: account.header.name, accountUID: account.header.uid,
            secretName: secret.header.name)))
    }
    guard ["ca.crt", "namespace", "token"].contains(where: { data[$0] != before[$0] }) else { return nil }
    var tree = secret.tree()
    tree["data"] = .object(data)
    var metadata = tree["metadata"]?.objectValue ?? [:]
    var annotations = metadata["annotations"]?.objectValue ?? [:]
    annotations[Self.uidAnnotation] = .string(account.header.uid)
    metadata["annotations"] = .object(annotations)
    tree["metadata"] = .object(metadata)
    return tree
  }

  private static func base64(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }

  /// No account names a Secret that is gone.
  private func forget(_ key: Reconciler.Key) async throws {
    guard let resource = client.resource(Self.accounts) else { return }
    for account in try await client.list(resource, namespace: key.namespace) {
      let references = account.value(at: "secrets")?.arrayValue ?? []
      let left = references.filter { $0["name"]?.stringValue != key.name }
      guard left.count < references.count else { continue }
      var tree = account.tree()
      tree["secrets"] = left.isEmpty ? nil : .array(left)
      _ = try await client.update(resource, subresource: "", tree)
    }
  }
}
