import Addressing

/// Whether a sandbox needs the host's gateway network: an overlay network leads to other containers and nowhere else.
/// Pure.
public enum GatewayNeed {
  public static func isThere(
    among endpoints: [(endpoint: EndpointRecord, network: NetworkRecord)]
  ) -> Bool {
    let own = endpoints.filter { !$0.endpoint.isGateway }
    guard own.contains(where: { $0.network.overlay != nil && !$0.network.isInternal }) else { return false }
    return GatewayChoice.endpoint(.v4, among: own) == nil
  }
}
