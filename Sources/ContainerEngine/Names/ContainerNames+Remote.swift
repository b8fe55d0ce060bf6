import DNS
import NetworkDrivers

extension ContainerNames {
  /// A container on another host has come, changed or gone.
  func apply(_ change: RemoteMemberChange) {
    guard let name = change.name else { return directory.remove(change.endpointID, from: change.networkID) }
    guard
      let canonical = DomainName("\(name).\(change.networkName)") ?? DomainName(String(change.endpointID.prefix(12)))
    else { return }
    directory.set(
      NameDirectory.Member(
        container: change.endpointID, names: change.names.compactMap { DomainName($0) }, canonical: canonical,
        addresses: change.addresses), on: change.networkID, called: DomainName(change.networkName))
  }
}
