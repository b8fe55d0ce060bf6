import APIMachinery

/// Lets pods stay for a while on a node that is not ready or cannot be reached (admission plugin
/// DefaultTolerationSeconds).
public struct DefaultTolerationSeconds: Admission {
  private static let keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
  /// kube-apiserver's own default.
  private static let seconds: Int64 = 300

  public init() {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.pods) || request.updates(.pods) else { return }
    let missing = Self.missing(in: request.object?["spec"]?["tolerations"]?.arrayValue ?? [])
    guard !missing.isEmpty else { return }
    try request.editSpec { spec throws(StatusError) in
      spec["tolerations"] = .array((spec["tolerations"]?.arrayValue ?? []) + missing)
    }
  }

  /// The tolerations that a list lacks.
  static func missing(in tolerations: [JSONValue]) -> [JSONValue] {
    keys.filter { key in
      !tolerations.contains { toleration in
        let (own, effect) = (toleration["key"]?.stringValue ?? "", toleration["effect"]?.stringValue ?? "")
        return (own == key || own.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
      }
    }.map { key in
      [
        "key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": .integer(seconds),
      ]
    }
  }

  public func validate(_ request: AdmissionRequest) async throws {}
}
