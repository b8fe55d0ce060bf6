import FoundationEssentials
import OCI

/// The JSON text of a profile that a user brings, as Docker documents it.
struct SeccompProfileText: Decodable {
  struct Rule: Decodable {
    struct Argument: Decodable {
      var index: UInt32
      var value: UInt64
      var valueTwo: UInt64?
      var op: String
    }
    struct Condition: Decodable {
      var caps: [String]?
      var arches: [String]?
      var minKernel: String?
    }
    var names: [String]?
    var name: String?
    var action: String
    var errnoRet: UInt32?
    var args: [Argument]?
    var includes: Condition?
    var excludes: Condition?
  }
  struct ArchitectureMap: Decodable {
    var architecture: String
    var subArchitectures: [String]?
  }
  var defaultAction: String?
  var defaultErrnoRet: UInt32?
  var architectures: [String]?
  var archMap: [ArchitectureMap]?
  var syscalls: [Rule]?

  /// Reads a profile; throws `.invalidSpecification` in docker's words.
  static func parse(_ text: String, machine: String) throws(RuntimeError) -> SeccompProfile {
    let parsed: SeccompProfileText
    do { parsed = try JSONDecoder().decode(SeccompProfileText.self, from: Data(text.utf8)) } catch {
      throw RuntimeError(.invalidSpecification, "Decoding seccomp profile failed: \(error)", cause: error)
    }
    if parsed.architectures?.isEmpty == false, parsed.archMap?.isEmpty == false {
      throw RuntimeError(
        .invalidSpecification, "both 'architectures' and 'archMap' are specified in the seccomp profile, use either one"
      )
    }
    let own = SeccompProfile.architecture(machine).names
    let mapped = parsed.archMap?.first { $0.architecture == own.first }
      .map { [$0.architecture] + ($0.subArchitectures ?? []) }
    var profile = SeccompProfile(
      defaultAction: parsed.defaultAction ?? "SCMP_ACT_ERRNO", defaultErrno: parsed.defaultErrnoRet,
      architectures: parsed.architectures ?? mapped ?? own, rules: [])
    for rule in parsed.syscalls ?? [] {
      if rule.name != nil && rule.names?.isEmpty == false {
        throw RuntimeError(
          .invalidSpecification, "both 'name' and 'names' are specified in the seccomp profile, use either one")
      }
      guard let names = rule.name.map({ [$0] }) ?? rule.names, !names.isEmpty else { continue }
      profile.rules.append(
        .init(
          names: names, action: rule.action, errno: rule.errnoRet,
          arguments: (rule.args ?? []).map {
            .init(index: $0.index, value: $0.value, valueTwo: $0.valueTwo ?? 0, comparison: $0.op)
          },
          includes: condition(rule.includes), excludes: condition(rule.excludes)))
    }
    return profile
  }

  private static func condition(_ text: Rule.Condition?) -> SeccompProfile.Condition {
    SeccompProfile.Condition(
      capabilities: text?.caps ?? [], architectures: text?.arches ?? [],
      minimumKernel: text?.minKernel.map { HostFeatures.KernelVersion(release: $0) })
  }
}
