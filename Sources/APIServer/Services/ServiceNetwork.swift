import Addressing

/// Where services get their addresses and node ports from.
public struct ServiceNetwork: Sendable, Equatable {
  /// One range, or one of each address family; the first one is that of services which say nothing.
  public let ranges: [IPCIDR]
  public let nodePorts: ClosedRange<Int64>

  public static let standard = ServiceNetwork(checked: [.v4(IPv4CIDR("10.43.0.0/16")!)], 30_000...32_767)

  private init(checked ranges: [IPCIDR], _ nodePorts: ClosedRange<Int64>) {
    self.ranges = ranges
    self.nodePorts = nodePorts
  }

  /// Why ranges cannot be used: what is said, and what it must be.
  public struct Problem: Error, CustomStringConvertible {
    public let description: String
  }

  /// Reads kube-apiserver's flags.
  /// - Parameters:
  ///   - ranges: `--service-cluster-ip-range`: `CIDR[,CIDR]`.
  ///   - nodePorts: `--service-node-port-range`: `FIRST-LAST`.
  public init(ranges text: String, nodePorts ports: String) throws(Problem) {
    var ranges: [IPCIDR] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let range = IPCIDR(String(part)) else {
        throw Problem(description: "--service-cluster-ip-range \(text): \(part) is not ADDRESS/LENGTH")
      }
      // Two addresses of an IPv4 range are no host's, and the first of what is left is the API's own.
      let lengths = range.family == .v4 ? 8...29 : 64...124
      guard lengths.contains(range.prefixLength) else {
        throw Problem(
          description:
            "--service-cluster-ip-range \(text): the length of \(part) must be from \(lengths.lowerBound) to \(lengths.upperBound)"
        )
      }
      ranges.append(range.network)
    }
    guard ranges.count <= 2, ranges.count < 2 || ranges[0].family != ranges[1].family else {
      throw Problem(
        description: "--service-cluster-ip-range \(text): it must be one range, or one of each address family")
    }
    let ends = ports.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], (1...65_535).contains(first),
      (first...65_535).contains(last)
    else {
      throw Problem(description: "--service-node-port-range \(ports): it must be FIRST-LAST, such as 30000-32767")
    }
    self.init(checked: ranges, first...last)
  }

  /// The families that services can have, the usual one first.
  var families: [String] { ranges.map { Self.name(of: $0.family) } }

  static func name(of family: IPFamily) -> String { family == .v4 ? "IPv4" : "IPv6" }

  /// The address of the service `kubernetes`: the first one of the first range.
  public var apiAddress: IPAddress { ranges[0].host(1) ?? ranges[0].address }

  /// The first address of each range: what the server's certificate is for.
  public var apiAddresses: [IPAddress] { ranges.compactMap { $0.host(1) } }
}
