import APIMachinery
import Synchronization

/// Notes the day on which a token in a Secret was used last, in a label of the Secret, so that those that nobody uses can be
/// found (Kubernetes, "Managing Service Accounts", legacy ServiceAccount token tracking).
///
/// Requests do not wait for it.
public final class LegacyTokenUses: Sendable {
  private struct Use: Sendable, Hashable {
    let namespace: String
    let name: String
    let uid: String
    let day: String
  }

  static let lastUsed = "kubernetes.io/legacy-token-last-used"
  private static let object = (namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking")
  private static let core = GroupVersion(group: "", version: "v1")

  private let uses: AsyncStream<Use>
  private let use: AsyncStream<Use>.Continuation
  /// Those of the present that are to be written: a client sends its token with every request.
  private let pending = Mutex<Set<Use>>([])
  private let now: @Sendable () -> Int64

  /// - Parameter now: seconds since 1970.
  init(now: @escaping @Sendable () -> Int64) {
    self.now = now
    (uses, use) = AsyncStream.makeStream(of: Use.self)
  }

  private static func day(_ seconds: Int64) -> String { String(Timestamp(seconds: seconds).description.prefix(10)) }

  /// A token was used.
  func note(_ secret: CachedObject) {
    let now = now()
    let today = Self.day(now)
    let noted = secret.object.header.labels[Self.lastUsed]
    // Another server's clock may be in the next day already.
    guard noted != today, noted != Self.day(now + 86_400) else { return }
    let new = Use(namespace: secret.namespace, name: secret.name, uid: secret.uid, day: today)
    guard pending.withLock({ $0.insert(new).inserted }) else { return }
    use.yield(new)
  }

  /// Writes what is noted, and since when, until the task is cancelled.
  /// - Parameter report: told what cannot be written.
  func run(_ registry: Registry, report: @escaping @Sendable (String) -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await use in self.uses {
          do { try await self.write(use, registry) } catch {
            report("noting the use of the token in \(use.namespace)/\(use.name): \(error)")
          }
          // Where it could not be written, the next use is noted.
          self.pending.withLock { _ = $0.remove(use) }
        }
      }
      group.addTask {
        guard let target = registry.catalog.snapshot.resource(Self.core, "configmaps") else { return }
        await ObjectVigil(registry: registry, report: report).keep(
          "since when the use of tokens is noted", [target],
          { $0.name == Self.object.name && $0.namespace == Self.object.namespace }
        ) { try await self.publish(registry, target) }
      }
    }
  }

  private func write(_ use: Use, _ registry: Registry) async throws {
    guard let target = registry.catalog.snapshot.resource(Self.core, "secrets") else { return }
    do {
      _ = try await registry.change(
        target, .ofServer(verb: "patch", namespace: use.namespace, name: use.name), manager: "kube-apiserver",
        operation: .update
      ) { current in
        guard current.metadataText("uid") == use.uid else { return current }
        var changed = current
        var labels = current["metadata"]?["labels"]?.objectValue ?? [:]
        labels[Self.lastUsed] = .string(use.day)
        changed.setMetadata("labels", .object(labels))
        return changed
      }
    } catch let error as StatusError where error.reason == .notFound {
      // It is gone, and its token with it.
      return
    }
  }

  /// Says since when uses are noted: what was used before that nobody knows.
  private func publish(_ registry: Registry, _ target: ServedResource) async throws {
    let (namespace, name) = Self.object
    let since: JSONValue = .string(Self.day(now()))
    guard let present = registry.cache(of: target).get(target.key(namespace: namespace, name: name)) else {
      do {
        _ = try await registry.create(
          [
            "kind": "ConfigMap", "apiVersion": "v1",
            "metadata": ["name": .string(name), "namespace": .string(namespace)], "data": ["since": since],
          ], target, .ofServer(verb: "create", namespace: namespace, name: name))
      } catch let error as StatusError where error.reason == .alreadyExists {
        // Another server was faster.
        return
      }
      return
    }
    let said = present.object.value(at: ["data", "since"])?.stringValue ?? ""
    guard said.utf8.count != 10 || Timestamp(said + "T00:00:00Z") == nil else { return }
    _ = try await registry.change(
      target, .ofServer(verb: "update", namespace: namespace, name: name), manager: "kube-apiserver", operation: .update
    ) { current in
      var changed = current
      var data = current["data"]?.objectValue ?? [:]
      data["since"] = since
      changed["data"] = .object(data)
      return changed
    }
  }
}
