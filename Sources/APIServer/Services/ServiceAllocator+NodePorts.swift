import APIMachinery
import ClusterAPI

extension ServiceAllocator {
  /// Gives a service the node ports that it lacks.
  func giveNodePorts(
    _ service: inout ServiceSpec, _ old: ServiceSpec?, _ owner: ServiceClaim.Owner,
    _ allocation: inout ServiceAllocation
  ) throws(StatusError) {
    var known = Set(old?.nodePorts ?? [])
    if service.needsNodePorts { try givePorts(&service, &known, owner, &allocation) }
    guard service.needsHealthCheckNodePort else { return }
    let asked = service.healthCheckNodePort
    if asked == 0 {
      do { service.healthCheckNodePort = try next(owner, &allocation) } catch {
        throw .internalError("failed to allocate a HealthCheck NodePort \(asked): \(error.text)")
      }
    } else if old.map({ $0.needsHealthCheckNodePort && $0.healthCheckNodePort == asked }) != true {
      do { try claim(asked, owner, &allocation) } catch {
        throw .internalError("failed to allocate requested HealthCheck NodePort \(asked): \(error.text)")
      }
    }
  }

  private func givePorts(
    _ service: inout ServiceSpec, _ known: inout Set<Int64>, _ owner: ServiceClaim.Owner,
    _ allocation: inout ServiceAllocation
  ) throws(StatusError) {
    for index in service.ports.indices {
      let port = service.ports[index]
      if port.nodePort == 0, !service.getsNodePorts { continue }
      var asked = port.nodePort
      // One port of two protocols is one node port.
      if asked == 0 { asked = service.ports.first { $0.port == port.port && $0.nodePort != 0 }?.nodePort ?? 0 }
      if asked == 0 {
        do { asked = try next(owner, &allocation) } catch {
          throw .internalError("failed to allocate a nodePort: \(error.text)")
        }
      } else if !known.contains(asked) {
        do { try claim(asked, owner, &allocation) } catch {
          throw Self.invalid(
            owner,
            [.invalid(FieldPath("spec", "ports").index(index).child("nodePort"), .integer(asked), error.text)])
        }
      }
      known.insert(asked)
      service.ports[index].nodePort = asked
    }
  }

  /// Why a port cannot be had.
  private struct Refusal: Error { let text: String }

  private func next(
    _ owner: ServiceClaim.Owner, _ allocation: inout ServiceAllocation
  ) throws(Refusal) -> Int64 {
    var generator = SystemRandomNumberGenerator()
    let isDryRun = allocation.isDryRun
    let found = nodePorts.pick(using: &generator) { reserve(ServiceClaim.nodePortKey($0), isDryRun: isDryRun) }
    guard let found else { throw Refusal(text: "range is full") }
    allocation.take(ServiceClaim.nodePortKey(found), ServiceClaim.nodePort(found, owner))
    return found
  }

  private func claim(
    _ port: Int64, _ owner: ServiceClaim.Owner, _ allocation: inout ServiceAllocation
  ) throws(Refusal) {
    guard nodePorts.ports.contains(port) else {
      throw Refusal(
        text: "provided port is not in the valid range. The range of valid ports is \(nodePorts.description)")
    }
    let key = ServiceClaim.nodePortKey(port)
    guard reserve(key, isDryRun: allocation.isDryRun) else {
      throw Refusal(text: "provided port is already allocated")
    }
    allocation.take(key, ServiceClaim.nodePort(port, owner))
  }
}
