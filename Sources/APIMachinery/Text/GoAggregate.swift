/// How Kubernetes shows several errors as one.
public enum GoAggregate {
  /// `[first, second]`, each message once; one alone stands without brackets; nil where there is none.
  public static func message(_ messages: some Sequence<String>) -> String? {
    var seen = Set<String>()
    let distinct = messages.filter { seen.insert($0).inserted }
    return switch distinct.count {
    case 0: nil
    case 1: distinct[0]
    default: "[\(distinct.joined(separator: ", "))]"
    }
  }
}
