import Addressing

/// Reads pools as users write them. Docker's rules and words (moby, `network.ValidateIPAM`): everything that is wrong
/// is told at once.
public enum PoolReader {
  /// A pool that makes sense by itself; what is nil is for the engine to choose.
  public struct Pool: Sendable, Hashable {
    public var subnet: IPCIDR
    public var range: IPCIDR?
    public var gateway: IPAddress?
    public var auxiliary: [String: IPAddress]
  }

  public static func read(_ requests: [NetworkRequest.Pool]) throws(NetworkError) -> [Pool] {
    var pools: [Pool] = []
    var faults: [String] = []
    for request in requests {
      guard let subnet = IPCIDR(request.subnet) else {
        faults.append("invalid subnet \(request.subnet): invalid CIDR block notation")
        continue
      }
      if subnet != subnet.network { faults.append("invalid subnet \(subnet): it should be \(subnet.network)") }
      var pool = Pool(subnet: subnet.network, auxiliary: [:])
      if !request.range.isEmpty {
        switch range(request.range, in: subnet) {
        case .success(let range): pool.range = range
        case .failure(let fault): faults.append("invalid ip-range \(request.range): \(fault.text)")
        }
      }
      if !request.gateway.isEmpty {
        switch address(request.gateway, in: subnet) {
        case .success(let address): pool.gateway = address
        case .failure(let fault): faults.append("invalid gateway \(request.gateway): \(fault.text)")
        }
      }
      for (name, text) in request.auxiliary.sorted(by: { $0.key < $1.key }) {
        switch address(text, in: subnet) {
        case .success(let address): pool.auxiliary[name] = address
        case .failure(let fault): faults.append("invalid auxiliary address \(name): \(fault.text)")
        }
      }
      pools.append(pool)
    }
    guard faults.isEmpty else {
      let list = faults.count == 1 ? faults : faults.map { "* \($0)" }
      throw NetworkError(.invalid, "invalid network config:\n\(list.joined(separator: "\n"))")
    }
    return pools
  }

  private struct Fault: Error { var text: String }

  private static func range(_ text: String, in subnet: IPCIDR) -> Result<IPCIDR, Fault> {
    guard let range = IPCIDR(text) else { return .failure(Fault(text: "invalid CIDR block notation")) }
    if range.family != subnet.family { return .failure(wrongFamily(subnet)) }
    if range.prefixLength < subnet.prefixLength {
      return .failure(Fault(text: "CIDR block is bigger than its parent subnet \(subnet)"))
    }
    if range != range.network { return .failure(Fault(text: "it should be \(range.network)")) }
    if !subnet.contains(range.address) {
      return .failure(Fault(text: "parent subnet \(subnet) doesn't contain ip-range"))
    }
    return .success(range)
  }

  private static func address(_ text: String, in subnet: IPCIDR) -> Result<IPAddress, Fault> {
    guard let address = IPAddress(text) else { return .failure(Fault(text: "invalid address")) }
    if address.family != subnet.family { return .failure(wrongFamily(subnet)) }
    if !subnet.contains(address) {
      return .failure(Fault(text: "parent subnet \(subnet) doesn't contain this address"))
    }
    return .success(address)
  }

  private static func wrongFamily(_ subnet: IPCIDR) -> Fault {
    Fault(text: "parent subnet is an \(subnet.family == .v4 ? "IPv4" : "IPv6") block")
  }
}
