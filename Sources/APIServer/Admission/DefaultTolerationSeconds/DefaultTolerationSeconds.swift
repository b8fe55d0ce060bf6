import APIMachinery

/// Lets pods stay for a while on a node that is not ready or cannot be reached (admission plugin
/// DefaultTolerationSeconds).
public struct DefaultTolerationSeconds: Admission {
  /// kube-apiserver's own default.
  public static let usualSeconds: Int64 = 300

  /// How long, by the key of each taint.
  private let seconds: [(key: String, seconds: Int64)]

  /// - Parameters:
  ///   - notReady: seconds on a node that is not ready.
  ///   - unreachable: seconds on one that cannot be reached.
  public init(notReady: Int64 = usualSeconds, unreachable: Int64 = usualSeconds) {
    seconds = [("node.kubernetes.io/not-ready", notReady), ("node.kubernetes.io/unreachable", unreachable)]
  }

  public var interest: AdmissionInterest { .mutating(.pods) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.pods) || request.updates(.pods) else { return }
    let missing = missing(in: request.object?["spec"]?["tolerations"]?.arrayValue ?? [])
    guard !missing.isEmpty else { return }
    try request.editSpec { spec throws(StatusError) in
      spec["tolerations"] = .array((spec["tolerations"]?.arrayValue ?? []) + missing)
    }
  }

  /// The tolerations that a list lacks.
  func missing(in tolerations: [JSONValue]) -> [JSONValue] {
    seconds.filter { key, _ in
      !tolerations.contains { toleration in
        let (own, effect) = (toleration["key"]?.stringValue ?? "", toleration["effect"]?.stringValue ?? "")
        return (own == key || own.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
      }
    }.map { key, seconds in
      [
        "key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": .integer(seconds),
      ]
    }
  }

  public func validate(_ request: AdmissionRequest) async throws {}
}
