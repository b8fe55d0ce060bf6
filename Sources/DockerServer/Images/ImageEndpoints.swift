import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore
import OCI

/// One image at a time.
enum ImageEndpoints {
  static let inspect: Endpoint = { call in
    let image = try await call.engine.images.image(named: call.name)
    try PlatformChoice.check(call, image, since: APIVersion(1, 49))
    return .json(describe(image, call.version, call.engine))
  }

  /// Docker's view of an image.
  static func describe(_ image: Image, _ version: APIVersion, _ engine: ContainerEngine) -> ImageInspect {
    let configuration = image.configuration
    var answer = ImageInspect()
    answer.id = image.id.description
    answer.repoTags = image.tags.map(\.familiar)
    answer.repoDigests = image.digests.map(\.familiar)
    answer.parent = image.parent?.description ?? ""
    answer.comment = configuration.comment ?? configuration.history?.last?.comment ?? ""
    answer.created = ImageTimes.created(image)
    if answer.created == nil, version < APIVersion(1, 44) { answer.created = DockerAPI.Timestamp() }
    answer.dockerVersion = configuration.dockerVersion ?? ""
    answer.author = configuration.author ?? ""
    answer.config = ImageTranslation.runConfig(configuration.config, legacy: version < APIVersion(1, 50))
    answer.architecture = configuration.architecture
    answer.variant = configuration.variant ?? ""
    answer.os = configuration.os
    answer.osVersion = configuration.osVersion ?? ""
    answer.size = image.size
    if version < APIVersion(1, 44) { answer.virtualSize = image.size }
    if version < APIVersion(1, 45) {
      answer.container = ""
      answer.containerConfig = ContainerConfig()
    }
    answer.graphDriver.name = "overlay2"
    answer.graphDriver.data = StorageTranslation.data(ofImage: image.id, engine.images)
    answer.rootFS.type = "layers"
    answer.rootFS.layers = image.layers.map(\.description)
    answer.metadata.lastTagTime = Timestamps.wire(image.lastTagged)
    return answer
  }

  static let tag: Endpoint = { call in
    guard let repository = call.word("repo") else {
      throw QueryError("repository name must have at least one component")
    }
    var reference = try Reference(repository)
    if reference.digest != nil { throw QueryError("cannot import digest reference") }
    if let tag = call.word("tag") { reference = try reference.withTag(tag) }
    if reference.familiarName == "sha256" {
      throw QueryError("refusing to create an ambiguous tag using digest algorithm as name")
    }
    let id = try await call.engine.images.tag(call.name, as: reference.withDefaultTag.description)
    call.engine.publishImage("tag", id: id.description, name: reference.withDefaultTag.familiar)
    return Response(.created)
  }

  static let remove: Endpoint = { call in
    guard !call.name.allSatisfy({ $0 == " " }) else { throw QueryError("image name cannot be blank") }
    let changes = try await call.engine.removeImage(
      call.name, force: call.query.flag("force"), prune: !call.query.flag("noprune"))
    return .json(changes.map { item($0) })
  }

  static func item(_ change: ImageChange) -> ImageDeleteItem {
    switch change {
    case .untagged(let name, _): ImageDeleteItem(untagged: name)
    case .deleted(let digest): ImageDeleteItem(deleted: digest.description)
    }
  }

  static let prune: Endpoint = { call in
    let filters = try call.filters(["dangling", "label", "label!", "until"])
    let until = try PruneBound.until(filters)
    let engine = call.engine
    let result = try await engine.images.prune(
      danglingOnly: try filters.flag("dangling", default: true),
      matching: { image in
        let labels = image.configuration.config?.labels ?? [:]
        let created = ImageTimes.created(image) ?? DockerAPI.Timestamp()
        return filters.matchesLabels("label", labels) && !filters.excludesLabels("label!", labels)
          && created.nanosecondsSince1970 <= until
      },
      users: { id in
        engine.containersUsing(imageID: id.description).map { ImageUse(container: $0, isRunning: false) }
      })
    for case .untagged(let name, let image) in result.changes {
      engine.publishImage("untag", id: image.description, name: name)
    }
    var report = ImagesPruneReport()
    report.imagesDeleted = result.changes.isEmpty ? nil : result.changes.map { item($0) }
    report.spaceReclaimed = UInt64(max(0, result.reclaimed))
    engine.events.publish(
      Event(.image, "prune", actor: "", attributes: ["reclaimed": String(report.spaceReclaimed)]))
    return .json(report)
  }

  static let history: Endpoint = { call in
    let image = try await call.engine.images.image(named: call.name)
    try PlatformChoice.check(call, image, since: APIVersion(1, 48))
    let steps = try await call.engine.images.history(of: image.id.description)
    return .json(
      steps.map { step in
        var item = ImageHistoryItem()
        item.id = step.image?.description ?? "<missing>"
        item.created = DockerAPI.Timestamp(rfc3339: step.created)?.seconds ?? 0
        item.createdBy = step.createdBy
        item.comment = step.comment
        item.size = step.size
        item.tags = step.tags.isEmpty ? nil : step.tags
        return item
      })
  }
}
