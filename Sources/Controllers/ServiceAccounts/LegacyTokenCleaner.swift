import APIMachinery
import ClusterClient

/// Marks tokens in Secrets invalid that were made for accounts without anybody asking and that nobody has used for a year, and
/// removes them after another (kube-controller-manager's legacy-serviceaccount-token-cleaner controller).
///
/// Whether they are used is noted by the API server, in labels; since when, in a ConfigMap.
public struct LegacyTokenCleaner: Sendable {
  /// What becomes of a Secret.
  enum Verdict: Equatable {
    case stays, becomesInvalid, goes
  }

  static let lastUsed = "kubernetes.io/legacy-token-last-used"
  static let invalidSince = "kubernetes.io/legacy-token-invalid-since"
  private static let tracking = (namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking")
  private static let secrets = GroupResource(group: "", resource: "secrets")
  private static let accounts = GroupResource(group: "", resource: "serviceaccounts")
  private static let pods = GroupResource(group: "", resource: "pods")
  private static let configMaps = GroupResource(group: "", resource: "configmaps")
  private static let day: Int64 = 86_400
  /// Seconds without use after which a token is invalid, and without validity after which it goes.
  private static let longest = 365 * day
  /// kube-controller-manager's own.
  private static let period = Duration.seconds(day)

  private let client: any ClusterClient
  private let now: @Sendable () -> Int64
  private let report: @Sendable (String) -> Void

  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - report: told what cannot be done; it is tried again a day later.
  public init(
    _ client: any ClusterClient, now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds },
    report: @escaping @Sendable (String) -> Void
  ) {
    self.client = client
    self.now = now
    self.report = report
  }

  /// Works until the task is cancelled.
  public func run() async {
    while true {
      do { try await clean() } catch {
        if Task.isCancelled { return }
        report("looking for tokens that nobody uses: \(error)")
      }
      do { try await Task.sleep(for: Self.period) } catch { return }
    }
  }

  func clean() async throws {
    guard let since = try await trackedSince(), now() >= since + Self.longest,
      let secrets = client.resource(Self.secrets), let pods = client.resource(Self.pods)
    else { return }
    var mounted: [String: Set<String>] = [:]
    for secret in try await client.list(secrets, namespace: "") where Self.mayGo(secret, now: now()) {
      let namespace = secret.header.namespace
      guard try await isMadeForAccount(secret) else { continue }
      if mounted[namespace] == nil {
        mounted[namespace] = Set(
          try await client.list(pods, namespace: namespace).flatMap { PodSecretNames.all(of: $0.value(at: "spec")) })
      }
      guard mounted[namespace]?.contains(secret.header.name) == false else { continue }
      do {
        switch Self.verdict(on: secret, now: now()) {
        case .stays: continue
        case .becomesInvalid:
          var tree = secret.tree()
          var metadata = tree["metadata"]?.objectValue ?? [:]
          var labels = metadata["labels"]?.objectValue ?? [:]
          labels[Self.invalidSince] = .string(Self.date(now()))
          metadata["labels"] = .object(labels)
          tree["metadata"] = .object(metadata)
          _ = try await client.update(secrets, subresource: "", tree)
        case .goes:
          try await client.delete(
            secrets, namespace: namespace, name: secret.header.name, uid: secret.header.uid, policy: .background)
        }
      } catch let error as StatusError where error.reason == .conflict || error.reason == .notFound {
        // It has changed, so somebody cares for it: the next look sees.
      }
    }
  }

  /// The first moment from which all use is noted, in seconds since 1970; nil where that is not known.
  private func trackedSince() async throws -> Int64? {
    let key = Reconciler.Key(namespace: Self.tracking.namespace, name: Self.tracking.name)
    guard let since = try await client.find(Self.configMaps, key)?.value(at: ["data", "since"])?.stringValue,
      let start = Self.time(of: since)
    else { return nil }
    // The day on which it began is not whole.
    return start + Self.day
  }

  /// Whether a Secret holds a token that was not used for long.
  static func mayGo(_ secret: StoredObject, now: Int64) -> Bool {
    guard secret.value(at: "type")?.stringValue == "kubernetes.io/service-account-token",
      !secret.header.isBeingDeleted, let made = secret.creationTimestamp.flatMap({ Timestamp($0) }),
      made.seconds < now - longest
    else { return false }
    guard let used = secret.header.labels[lastUsed] else { return true }
    return time(of: used) != nil && used < date(now - longest)
  }

  static func verdict(on secret: StoredObject, now: Int64) -> Verdict {
    guard let since = secret.header.labels[invalidSince], time(of: since) != nil else { return .becomesInvalid }
    return since >= date(now - longest) ? .stays : .goes
  }

  /// Whether the account names the Secret: what somebody has made for it, it does not name.
  private func isMadeForAccount(_ secret: StoredObject) async throws -> Bool {
    func annotation(_ name: String) -> String {
      secret.value(at: ["metadata", "annotations", "kubernetes.io/service-account.\(name)"])?.stringValue ?? ""
    }
    let (name, uid) = (annotation("name"), annotation("uid"))
    guard !name.isEmpty,
      let account = try await client.find(
        Self.accounts, Reconciler.Key(namespace: secret.header.namespace, name: name)),
      uid.isEmpty || uid == account.header.uid
    else { return false }
    return (account.value(at: "secrets")?.arrayValue ?? []).contains {
      $0["name"]?.stringValue == secret.header.name
    }
  }

  // MARK: Days

  /// `2006-01-02`, UTC.
  static func date(_ seconds: Int64) -> String { String(Timestamp(seconds: seconds).description.prefix(10)) }

  /// Nil where a text is no day.
  private static func time(of date: String) -> Int64? {
    date.utf8.count == 10 ? Timestamp(date + "T00:00:00Z")?.seconds : nil
  }
}
