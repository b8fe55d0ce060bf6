import ContainerRuntime

extension ContainerEngine {
  /// What a container uses now. One that does not run uses nothing: an empty answer, as docker gives it.
  public func containerStatistics(_ reference: String) async throws(EngineError) -> ContainerStatistics {
    let record = try table.find(reference).record
    guard record.state.isRunning else { return ContainerStatistics() }
    do { return try await runtime.statistics(of: record.id) } catch {
      // It ended while it was read.
      if try !table.find(record.id).record.state.isRunning { return ContainerStatistics() }
      throw EngineError.shaped(error)
    }
  }

  /// Tells a container's terminal how large it is.
  public func resizeContainer(_ reference: String, rows: UInt16, columns: UInt16) async throws(EngineError) {
    let record = try table.find(reference).record
    guard record.state.isRunning else { throw EngineError(.conflict, "Container \(record.id) is not running") }
    do { try await runtime.resize(record.id, TerminalSize(rows: rows, columns: columns)) } catch {
      throw EngineError.shaped(error)
    }
    publish(record, "resize", ["height": "\(rows)", "width": "\(columns)"])
  }
}
