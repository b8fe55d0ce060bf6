import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore

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
    let directory = engine.configuration.dataDirectory + "/containers/" + record.id
    answer.resolvConfPath = directory + "/resolv.conf"
    answer.hostnamePath = directory + "/hostname"
    answer.hostsPath = directory + "/hosts"
    answer.logPath = request.hostConfig?.logConfig.type == "none" ? "" : directory + "/container.log"
    answer.name = "/" + record.name
    answer.restartCount = record.restartCount
    answer.driver = "overlay2"
    answer.platform = record.platform
    answer.hostConfig = InspectTranslation.hostConfig(request, record)
    answer.graphDriver.name = "overlay2"
    answer.graphDriver.data = StorageTranslation.data(ofContainer: record.id, engine.images)
    answer.mounts = InspectTranslation.mounts(record, request)
    answer.config = InspectTranslation.config(request, record)
    answer.networkSettings = NetworkTranslation.settings(record)
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
      entry.kind = UInt16(change.kind.rawValue)
      return entry
    }
    // Docker prints null for a container that changed nothing.
    return .json(answer.isEmpty ? [FilesystemChange]?.none : answer)
  }
}
