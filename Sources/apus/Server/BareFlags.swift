/// Flags that are true where nothing is said behind them, and truth values as Go reads them: kube-apiserver's ways, of which the
/// parser knows neither.
enum BareFlags {
  private static let names: Set<String> = [
    "allow-privileged", "anonymous-auth", "audit-log-compress", "audit-log-truncate-enabled",
    "audit-webhook-batch-throttle-enable", "audit-webhook-truncate-enabled", "contention-profiling",
    "enable-aggregator-routing", "enable-bootstrap-token-auth", "enable-garbage-collector", "enable-logs-handler",
    "enable-priority-and-fairness", "encryption-provider-config-automatic-reload", "permit-address-sharing",
    "permit-port-sharing", "profiling", "service-account-extend-token-expiration", "service-account-lookup",
    "shutdown-send-retry-after", "watch-cache",
  ]

  /// - Parameter arguments: a command's name and its flags.
  static func spellOut(_ arguments: [String]) -> [String] {
    arguments.enumerated().map { index, argument in
      guard argument.hasPrefix("--") else { return argument }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first.map(String.init), names.contains(name) else { return argument }
      if parts.count == 2 { return "--\(name)=\(truth(parts[1]) ?? String(parts[1]))" }
      // The value may stand behind it still.
      let isBare = index + 1 == arguments.count || arguments[index + 1].hasPrefix("-")
      return isBare ? "--\(name)=true" : argument
    }
  }

  private static func truth(_ text: Substring) -> String? {
    switch text {
    case "1", "t", "T", "TRUE", "True": "true"
    case "0", "f", "F", "FALSE", "False": "false"
    default: nil
    }
  }
}
