import Addressing
import NetworkModel

/// What goes to and comes from IPAM drivers (libnetwork, docs/ipam.md). The names are the protocol's.
private enum Message {
  struct Empty: Encodable, Sendable {}
  struct Capabilities: Decodable, Sendable {
    var RequiresMACAddress: Bool?
    var RequiresRequestReplay: Bool?
  }
  struct AddressSpaces: Decodable, Sendable {
    var LocalDefaultAddressSpace: String?
    var GlobalDefaultAddressSpace: String?
  }
  struct RequestPool: Encodable, Sendable {
    var AddressSpace: String
    var Pool: String
    var SubPool: String
    var Options: [String: String]
    var V6: Bool
  }
  struct Pool: Decodable, Sendable {
    var PoolID: String?
    var Pool: String?
    var Data: [String: String]?
  }
  struct ReleasePool: Encodable, Sendable { var PoolID: String }
  struct RequestAddress: Encodable, Sendable {
    var PoolID: String
    var Address: String
    var Options: [String: String]
  }
  struct Address: Decodable, Sendable {
    var Address: String?
  }
  struct ReleaseAddress: Encodable, Sendable {
    var PoolID: String
    var Address: String
  }
}

/// An IPAM driver in another process, by libnetwork's remote protocol: each call typed, each answer checked.
struct IPAMPlugin: Sendable {
  let name: String
  let plugins: Plugins

  struct Capabilities: Sendable {
    /// Wants to know for which hardware address it gives an address.
    var requiresMAC = false
    /// Forgets, when the engine ends, what it has given out.
    var requiresReplay = false
  }

  struct Pool: Sendable {
    var id: String
    var subnet: IPCIDR
    /// The gateway's address, where the plugin has one.
    var gateway: IPCIDR?
  }

  static let gatewayLabel = "com.docker.network.gateway"
  /// What an address is for.
  static let typeLabel = "RequestAddressType"
  static let macLabel = "com.docker.network.endpoint.macaddress"

  private func call<Answer: Decodable & Sendable>(
    _ method: String, _ body: some Encodable & Sendable, _ patience: Patience
  ) async throws(NetworkError) -> Answer {
    try await plugins.call(name, .ipamDriver, method, body, patience)
  }

  private func wrong(_ method: String, _ why: String) -> NetworkError {
    NetworkError(.failed, "plugin \"\(name)\": IpamDriver.\(method): \(why)")
  }

  /// A plugin need not know of capabilities: it has none then.
  func capabilities(_ patience: Patience) async throws(NetworkError) -> Capabilities {
    let answer: Message.Capabilities? = try await plugins.callIfThere(
      name, .ipamDriver, "GetCapabilities", Message.Empty(), patience)
    return Capabilities(
      requiresMAC: answer?.RequiresMACAddress ?? false, requiresReplay: answer?.RequiresRequestReplay ?? false)
  }

  func defaultAddressSpace(_ scope: Scope, _ patience: Patience) async throws(NetworkError) -> String {
    let answer: Message.AddressSpaces = try await call("GetDefaultAddressSpaces", Message.Empty(), patience)
    return (scope == .local ? answer.LocalDefaultAddressSpace : answer.GlobalDefaultAddressSpace) ?? ""
  }

  /// - Parameter pool: nil lets the plugin choose.
  func requestPool(
    _ pool: IPCIDR?, part: IPCIDR?, in space: String, options: [String: String], _ family: IPFamily,
    _ patience: Patience
  ) async throws(NetworkError) -> Pool {
    try await plugins.take(from: name) {
      (pool: Pool) throws(NetworkError) in
      try owedPool(pool.id, about: "pool \(pool.subnet)")
    } _: {
      () async throws(NetworkError) in
      let answer: Message.Pool = try await call(
        "RequestPool",
        Message.RequestPool(
          AddressSpace: space, Pool: pool.map { "\($0)" } ?? "", SubPool: part.map { "\($0)" } ?? "", Options: options,
          V6: family == .v6), patience)
      return try await checked(answer, pool, family, patience)
    }
  }

  private func checked(
    _ answer: Message.Pool, _ pool: IPCIDR?, _ family: IPFamily, _ patience: Patience
  ) async throws(NetworkError) -> Pool {
    // A pool that makes no sense is still one that was taken.
    let id = answer.PoolID ?? ""
    do throws(NetworkError) {
      guard let subnet = IPCIDR(answer.Pool ?? "")?.network, subnet.family == family else {
        throw wrong("RequestPool", "it gave no \(family.rawValue) pool: \"\(answer.Pool ?? "")\"")
      }
      if let pool, subnet != pool { throw wrong("RequestPool", "it gave \(subnet) where \(pool) was asked for") }
      var gateway: IPCIDR?
      if let text = answer.Data?[Self.gatewayLabel], !text.isEmpty {
        guard let address = IPCIDR(text), subnet.contains(address.address) else {
          throw wrong("RequestPool", "invalid gateway \"\(text)\" for \(subnet)")
        }
        gateway = address
      }
      return Pool(id: id, subnet: subnet, gateway: gateway)
    } catch {
      if !id.isEmpty {
        do throws(NetworkError) {
          try await giveBack(try owedPool(id, about: "a pool that makes no sense"), patience)
        } catch { Diagnostics.warn("\(error)") }
      }
      throw error
    }
  }

  private func owedPool(_ id: String, about: String) throws(NetworkError) -> OwedCall {
    try OwedCall(name, .ipamDriver, "ReleasePool", Message.ReleasePool(PoolID: id), about: about)
  }

  private func owedAddress(_ address: IPAddress, of pool: String, about: String) throws(NetworkError) -> OwedCall {
    try OwedCall(
      name, .ipamDriver, "ReleaseAddress", Message.ReleaseAddress(PoolID: pool, Address: "\(address)"), about: about)
  }

  private func giveBack(_ call: OwedCall, _ patience: Patience, isRepeatable: Bool = true) async throws(NetworkError) {
    try await plugins.tell(call, isRepeatable: isRepeatable, patience)
  }

  /// Gives a pool back, or notes that the plugin is owed that.
  /// - Parameters:
  ///   - about: whose it was, for people.
  ///   - isShared: other hosts may get the pool as soon as it is given back: it must not be given back twice.
  func releasePool(
    _ id: String, about: String, isShared: Bool, _ patience: Patience
  ) async throws(NetworkError) {
    try await giveBack(try owedPool(id, about: about), patience, isRepeatable: !isShared)
  }

  /// - Parameter address: nil lets the plugin choose.
  func requestAddress(
    _ address: IPAddress?, of pool: String, _ subnet: IPCIDR, options: [String: String], _ patience: Patience
  ) async throws(NetworkError) -> IPCIDR {
    try await plugins.take(from: name) {
      (given: IPCIDR) throws(NetworkError) in
      try owedAddress(given.address, of: pool, about: "address \(given.address)")
    } _: {
      () async throws(NetworkError) in
      let answer: Message.Address = try await call(
        "RequestAddress",
        Message.RequestAddress(PoolID: pool, Address: address.map { "\($0)" } ?? "", Options: options), patience)
      guard let given = IPCIDR(answer.Address ?? ""), subnet.contains(given.address) else {
        throw wrong("RequestAddress", "it gave no address of \(subnet): \"\(answer.Address ?? "")\"")
      }
      if let address, given.address != address {
        do throws(NetworkError) {
          try await giveBack(
            try owedAddress(given.address, of: pool, about: "an address that nobody asked for"), patience)
        } catch { Diagnostics.warn("\(error)") }
        throw wrong("RequestAddress", "it gave \(given.address) where \(address) was asked for")
      }
      return given
    }
  }

  /// Gives an address back, or notes that the plugin is owed that.
  /// - Parameters:
  ///   - about: whose it was, for people.
  ///   - isShared: other hosts may get the address as soon as it is given back: it must not be given back twice.
  func releaseAddress(
    _ address: IPAddress, of pool: String, about: String, isShared: Bool, _ patience: Patience
  ) async throws(NetworkError) {
    try await giveBack(try owedAddress(address, of: pool, about: about), patience, isRepeatable: !isShared)
  }
}
