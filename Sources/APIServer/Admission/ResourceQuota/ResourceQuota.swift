import APIMachinery
import ClusterAPI

/// Lets nothing be made beyond a namespace's quotas (admission plugin ResourceQuota).
///
/// It comes last: what another plugin refuses takes nothing.
public struct ResourceQuota: Admission {
  private let ledger: QuotaLedger

  private let configuration: QuotaConfiguration

  public init(_ store: ClusterStore, _ configuration: QuotaConfiguration = .init()) {
    ledger = QuotaLedger(store)
    self.configuration = configuration
  }

  public var interest: AdmissionInterest { .validating() }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard !ledger.isEmpty || !configuration.isEmpty, request.operation == .create || request.operation == .update,
      request.resource.resource.isNamespaced, !configuration.isEmpty || ledger.hasQuotas(request.namespace),
      let object = request.object, let evaluator = QuotaEvaluators.evaluator(of: request.resource.groupResource)
    else { return }
    if let old = request.oldObject {
      guard evaluator.countsUpdate(request.subresource, new: object, old: old) else { return }
    } else if !request.subresource.isEmpty {
      return
    }
    let charge = QuotaCharge(
      evaluator: evaluator, object: object, old: request.oldObject, resource: request.resource.groupResource,
      name: request.name, isStatus: request.subresource == "status", isDryRun: request.isDryRun,
      configuration: configuration)
    let namespace = request.namespace
    let amounts = try await ledger.spend(charge, namespace)
    guard !amounts.isEmpty else { return }
    let ledger = ledger
    request.context.settlement.whenOver { await ledger.end(amounts, namespace, isWritten: $0) }
  }

  /// Runs what counts the objects of a namespace anew, when every write that a quota has let through is done, and before
  /// another one is: the count is exact.
  public func counting<Value: Sendable>(
    _ namespace: String, _ body: @Sendable () async throws -> Value
  ) async rethrows -> Value {
    try await ledger.counting(namespace, body)
  }
}
