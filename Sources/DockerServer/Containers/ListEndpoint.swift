import ContainerEngine
import DockerAPI
import HTTPService

/// `GET /containers/json`.
enum ListEndpoint {
  static let list: Endpoint = { call in
    let query = call.query
    let selection = try await ContainerSelection(
      filters: try call.filters(ContainerSelection.accepted), all: query.flag("all"),
      limit: try call.integer("limit") ?? 0,
      before: query["before"], since: query["since"], engine: call.engine)
    let now = Timestamps.now
    var summaries: [ContainerSummary] = []
    for record in selection.select(call.engine.containers()) {
      var summary = summarize(record, call.engine, now)
      if query.flag("size") {
        guard let size = try await size(of: record, call.engine) else { continue }
        summary.sizeRw = size.writable
        summary.sizeRootFs = size.root
      }
      if call.version < APIVersion(1, 46) { summary.hostConfig.annotations = nil }
      summaries.append(summary)
    }
    return .json(summaries)
  }

  /// The sizes of a container's files; nil for one that is gone.
  static func size(
    of record: ContainerRecord, _ engine: ContainerEngine
  ) async throws -> (writable: Int64, root: Int64)? {
    do {
      return try await engine.containerSize(record.id)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// One entry of the list.
  static func summarize(
    _ record: ContainerRecord, _ engine: ContainerEngine, _ now: DockerAPI.Timestamp
  ) -> ContainerSummary {
    let request = InspectTranslation.request(record)
    var summary = ContainerSummary()
    summary.id = record.id
    summary.names = ["/" + record.name]
    summary.image = ImageNames.shown(record, engine)
    summary.imageID = record.imageID
    summary.command = command(record)
    summary.created = record.created / 1_000_000_000
    summary.ports = NetworkTranslation.summary(record)
    summary.labels = record.definition.labels
    summary.state = record.state.status.rawValue
    summary.status = StatusText.status(InspectTranslation.state(record), now: now)
    summary.hostConfig.networkMode = InspectTranslation.hostConfig(request, record).networkMode
    summary.hostConfig.annotations = record.definition.annotations.isEmpty ? nil : record.definition.annotations
    summary.networkSettings.networks = NetworkTranslation.endpoints(record)
    summary.mounts = InspectTranslation.mounts(record, request)
    return summary
  }

  /// The program and its arguments in one line; an argument with blanks in single quotes.
  private static func command(_ record: ContainerRecord) -> String {
    guard !record.arguments.isEmpty else { return record.path }
    let arguments = record.arguments.map { $0.contains(" ") ? "'\($0)'" : $0 }
    return record.path + " " + arguments.joined(separator: " ")
  }
}
