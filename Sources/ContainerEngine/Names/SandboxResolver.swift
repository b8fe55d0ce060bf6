import Addressing
import DNS
import Synchronization

/// Answers one container's questions: names of its networks from the directory, everything else from the resolvers
/// outside, if its networks lead out at all.
final class SandboxResolver: DNSHandler {
  /// What it knows of its container.
  struct Surroundings: Sendable {
    /// Ids of the networks that the container is on, in the order in which they are asked.
    var networks: [String] = []
    /// Names by which this container alone finds others: alias → name.
    var links: [DomainName: DomainName] = [:]
    /// Who is asked for all other names; nobody on internal networks.
    var upstreams: [Upstream] = []
    /// `ndots` was set above 0: a name without dots is not asked outside.
    var keepsSingleLabels = false
  }

  private let directory: NameDirectory
  private let surroundings: Mutex<Surroundings>
  /// Seconds: docker's.
  private static let timeToLive: UInt32 = 600

  init(_ directory: NameDirectory, _ surroundings: Surroundings) {
    self.directory = directory
    self.surroundings = Mutex(surroundings)
  }

  func change(_ new: Surroundings) { surroundings.withLock { $0 = new } }

  func handle(_ question: Question) -> Disposition {
    let known = surroundings.withLock { $0 }
    switch question.type {
    case .a, .aaaa:
      let name = known.links[question.name] ?? question.name
      if let addresses = directory.addresses(of: name, on: known.networks) {
        let family: IPFamily = question.type == .a ? .v4 : .v6
        return .answer(
          addresses.lazy.filter { $0.family == family }.map {
            ResourceRecord(question.name, timeToLive: Self.timeToLive, address: $0)
          }, authoritative: false)
      }
    case .ptr:
      if let address = question.name.reversedAddress, let name = directory.name(of: address, on: known.networks) {
        return .answer(
          [ResourceRecord(question.name, timeToLive: Self.timeToLive, .ptr(name))], authoritative: false)
      }
    default:
      // A name of ours has no other records, and is nobody else's business.
      if directory.addresses(of: known.links[question.name] ?? question.name, on: known.networks) != nil {
        return .answer([], authoritative: false)
      }
    }
    if known.keepsSingleLabels && question.name.labelCount == 1 { return .answer([], authoritative: false) }
    return known.upstreams.isEmpty ? .code(.serverFailure) : .forward(known.upstreams)
  }
}
