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
    answer.graphDriver.name = "overlay2"
    if let directories = try? engine.images.layerDirectories(of: image.id), let upper = directories.first {
      answer.graphDriver.data = ["UpperDir": upper]
      if directories.count > 1 {
        answer.graphDriver.data?["LowerDir"] = directories.dropFirst().joined(separator: ":")
      }
    }
    answer.rootFS.type = "layers"
    answer.rootFS.layers = image.layers.map(\.description)
    answer.metadata.lastTagTime = Timestamps.wire(image.lastTagged)
    return answer
  }

  static let tag: Endpoint = { call in
    guard let repository = call.word("repo") else { throw QueryError("repository name must have at least one component") }
    var reference = try Reference(repository)
    if reference.digest != nil { throw QueryError("cannot import digest reference") }
    if let tag = call.word("tag") { reference = try reference.withTag(tag) }
    if reference.familiarName == "sha256" {
      throw QueryError("refusing to create an ambiguous tag using digest algorithm as name")
    }
    let id = try await call.engine.images.tag(call.name, as: reference.withDefaultTag.description)
    call.engine.events.publish(
      Event(.image, "tag", actor: id.description, attributes: ["name": reference.withDefaultTag.familiar]))
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
    let danglingOnly = try filters.flag("dangling", default: true)
    let until = try PruneBound.until(filters)
    var report = ImagesPruneReport()
    var deleted: [ImageDeleteItem] = []
    let used = Set(call.engine.containers().map(\.imageID))
    for image in try await call.engine.images.list() where !used.contains(image.id.description) {
      let labels = image.configuration.config?.labels ?? [:]
      guard !danglingOnly || (image.tags.isEmpty && image.digests.isEmpty) || image.isDangling,
        filters.matchesLabels("label", labels), !filters.excludesLabels("label!", labels),
        (ImageTimes.created(image) ?? DockerAPI.Timestamp()).nanosecondsSince1970 <= until
      else { continue }
      do {
        var changes: [ImageChange] = []
        if image.tags.isEmpty {
          changes = try await call.engine.removeImage(image.id.description, force: false, prune: true)
        } else {
          for name in image.tags {
            changes += try await call.engine.removeImage(name.familiar, force: false, prune: true)
          }
        }
        deleted += changes.map { item($0) }
        if changes.contains(.deleted(image.id)) { report.spaceReclaimed += UInt64(max(0, image.size)) }
      } catch let error as ImageStoreError where error.code == .conflict || error.code == .notFound {
        // It is needed after all, or went with another one.
        continue
      } catch let error as EngineError where error.code == .conflict || error.code == .notFound {
        continue
      }
    }
    report.imagesDeleted = deleted.isEmpty ? nil : deleted
    call.engine.events.publish(
      Event(.image, "prune", actor: "", attributes: ["reclaimed": String(report.spaceReclaimed)]))
    return .json(report)
  }

  static let history: Endpoint = { call in
    let image = try await call.engine.images.image(named: call.name)
    try PlatformChoice.check(call, image, since: APIVersion(1, 48))
    let sizes = try await call.engine.images.layerSizes(of: image.id)
    var items: [ImageHistoryItem] = []
    var layer = 0
    for entry in image.configuration.history ?? [] {
      var item = ImageHistoryItem()
      item.id = "<missing>"
      item.created = entry.created.flatMap { DockerAPI.Timestamp(rfc3339: $0) }?.seconds ?? 0
      item.createdBy = entry.createdBy ?? ""
      item.comment = entry.comment ?? ""
      if entry.emptyLayer != true {
        item.size = layer < sizes.count ? sizes[layer] : 0
        layer += 1
      }
      items.insert(item, at: 0)
    }
    if !items.isEmpty {
      items[0].id = image.id.description
      items[0].tags = image.tags.isEmpty ? nil : image.tags.map(\.familiar)
    }
    return .json(items)
  }
}
