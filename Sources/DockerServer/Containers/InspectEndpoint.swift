import ContainerEngine
import DockerAPI
import HTTPService

/// What there is to know about one container.
enum InspectEndpoint {
  static let inspect: Endpoint = { call in
    let record = try call.engine.container(call.name)
    var answer = describe(record, call.engine)
    if call.query.flag("size") {
      let size = try await call.engine.containerSize(record.id)
      answer.sizeRw = size.writable
      answer.sizeRootFs = size.root
    }
    return .json(answer)
  }

  /// The whole answer but for the sizes, which cost a walk over the files.
  static func describe(_ record: ContainerRecord, _ engine: ContainerEngine) -> ContainerInspect {
    let request = InspectTranslation.request(record)
    var answer = ContainerInspect()
    answer.id = record.id
    answer.created = Timestamps.wire(record.created)
    answer.path = record.path
    answer.args = record.arguments
    answer.state = InspectTranslation.state(record)
    answer.image = record.imageID
    let files = engine.containerFiles(record.id)
    answer.resolvConfPath = files.resolverFile
    answer.hostnamePath = files.hostnameFile
    answer.hostsPath = files.hostsFile
    answer.logPath = record.definition.logging.driver == "none" ? "" : files.logFile
    answer.name = "/" + record.name
    answer.restartCount = record.restartCount
    answer.driver = "overlay2"
    answer.platform = record.platform
    let execs = engine.execIDs(of: record.id)
    answer.execIDs = execs.isEmpty ? nil : execs
    answer.hostConfig = InspectTranslation.hostConfig(request, record)
    answer.graphDriver.name = "overlay2"
    answer.graphDriver.data = files.layers
    answer.mounts = InspectTranslation.mounts(record, request)
    answer.config = InspectTranslation.config(request, record)
    answer.networkSettings = NetworkTranslation.settings(record, request)
    return answer
  }

  static let top: Endpoint = { call in
    let text = call.query["ps_args"].flatMap { $0.isEmpty ? nil : $0 } ?? "-ef"
    let arguments = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    let (titles, processes) = try await call.engine.topContainer(call.name, arguments: arguments)
    var answer = TopResponse()
    answer.titles = titles
    answer.processes = processes
    return .json(answer)
  }

  static let changes: Endpoint = { call in
    let changes = try await call.engine.containerChanges(call.name)
    let answer = changes.map { change in
      var entry = FilesystemChange()
      entry.path = change.path
      switch change.kind {
      case .modified: entry.kind = 0
      case .added: entry.kind = 1
      case .deleted: entry.kind = 2
      }
      return entry
    }
    // Docker prints null for a container that changed nothing.
    return .json(answer.isEmpty ? [FilesystemChange]?.none : answer)
  }
}
