import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// Makes a network.
  /// - Returns: its id.
  public func createNetwork(_ request: NetworkRequest) async throws(EngineError) -> String {
    guard Self.isNetworkName(request.name) else {
      throw EngineError(
        .invalidParameter,
        request.name.allSatisfy(\.isWhitespace)
          ? "invalid name: name is empty"
          : "invalid name: names of networks have no control characters")
    }
    let complete = try NetworkDefaults.complete(request, defaults: configuration.defaultNetworkOptions)
    do {
      let made = try await network.createNetwork(complete)
      publish(made, "create")
      return made.id
    } catch { throw EngineError.wrap(error) }
  }

  /// Removes a network by name, id or the beginning of one.
  public func removeNetwork(_ reference: String) async throws(EngineError) {
    let record = try networkRecord(reference)
    do {
      let removed: NetworkRecord
      do { removed = try await network.removeNetwork(record.id) } catch let error as NetworkError
        where error.code == .forbidden && !record.isPredefined
      {
        // Its last container may have ended and be giving back its endpoint this moment.
        await waitForCleanUps()
        removed = try await network.removeNetwork(record.id)
      }
      publish(removed, "destroy")
    } catch { throw EngineError.wrap(error) }
  }

  /// Removes networks that no running container is on and that `wanted` picks; returns their names.
  public func pruneNetworks(
    matching wanted: @Sendable (NetworkSummary) -> Bool
  ) async throws(EngineError) -> [String] {
    var names: [String] = []
    let candidates = network.networks().filter { !$0.isPredefined }
    for candidate in candidates where wanted(Self.summary(candidate, containers: [])) {
      do { try await removeNetwork(candidate.id) } catch {
        // Joined or removed by somebody else in this moment, or without the plugin that must be told.
        if [.forbidden, .notFound, .unavailable].contains(error.code) { continue }
        throw error
      }
      names.append(candidate.name)
    }
    return names
  }

  /// What the kernel shall hold for a network, and how that differs from what it does hold.
  public func networkPlan(_ reference: String) async throws(EngineError) -> PlanReport {
    let record = try networkRecord(reference)
    do { return try await network.plan(of: record.id) } catch { throw EngineError.wrap(error) }
  }

  /// A network by id, name, or an unambiguous beginning of an id; docker's words for what is none.
  func networkRecord(_ reference: String) throws(EngineError) -> NetworkRecord {
    let networks = network.networks()
    if let found = networks.first(where: { $0.id == reference }) ?? networks.first(where: { $0.name == reference }) {
      return found
    }
    let matches = networks.filter { !reference.isEmpty && $0.id.hasPrefix(reference) }
    guard matches.count < 2 else {
      throw EngineError(
        .invalidParameter, "\(matches.count) matches found based on ID prefix: network \(reference) is ambiguous")
    }
    guard let found = matches.first else {
      throw EngineError(.notFound, "network \(reference) not found")
    }
    return found
  }

  private func publish(_ record: NetworkRecord, _ action: String) {
    events.publish(
      Event(
        .network, action, actor: record.id, attributes: ["name": record.name, "type": record.driver.rawValue]))
  }

  /// Docker's rule for names of networks: only a blank one is none. Characters that would garble a terminal or a hosts
  /// file are refused beyond that.
  private static func isNetworkName(_ name: String) -> Bool {
    !name.allSatisfy(\.isWhitespace) && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}
