import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore
import OCI

/// Images as archives: `docker save`, `load` and `import`.
enum ImageArchiveEndpoints {
  static let save: Endpoint = { call in try await save(call, call.query.all("names")) }

  static let saveOne: Endpoint = { call in try await save(call, [call.name]) }

  private static func save(_ call: Call, _ names: [String]) async throws -> Response {
    for name in names where call.version >= APIVersion(1, 48) {
      try PlatformChoice.check(call, try await call.engine.images.image(named: name), since: APIVersion(1, 48))
    }
    let archive = try await call.engine.images.save(names)
    for name in names {
      call.engine.publishImage("save", id: try call.engine.images.resolve(name).description, name: name)
    }
    return .stream(headers: ["Content-Type": "application/x-tar"]) { writer in
      for try await bytes in archive { try await writer.write(bytes) }
    }
  }

  static let load: Endpoint = { call in
    let body = call.request.body
    let engine = call.engine
    let quiet = call.query.flag("quiet", default: true)
    return try await ProgressStream.response(errorsInStream: true) { progress in
      let images = try await engine.images.load(body) { event in if !quiet { progress(event) } }
      var lines: [ProgressMessage] = []
      for image in images {
        engine.publishImage("load", id: image.image.description, name: image.image.description)
        lines += image.names.map { ProgressMessage(stream: "Loaded image: \($0)\n") }
        if image.names.isEmpty { lines.append(ProgressMessage(stream: "Loaded image ID: \(image.image)\n")) }
      }
      return lines
    }
  }

  /// `POST /images/create?fromSrc=-`: an image of one layer from the archive in the body.
  static func importArchive(_ call: Call) async throws -> Response {
    guard call.query["fromSrc"] == "-" else {
      throw RefusedError(
        .notImplemented, "importing from a URL is not implemented by this engine: fetch it and import from -")
    }
    var name: Reference?
    if let repository = call.word("repo") {
      var reference = try Reference(repository)
      if reference.digest != nil { throw QueryError("cannot import digest reference") }
      if let tag = call.word("tag") { reference = try reference.withTag(tag) }
      name = reference.withDefaultTag
    }
    let body = call.request.body
    let engine = call.engine
    let changes = call.query.all("changes")
    let message = call.query["message"] ?? ""
    let platform = try PlatformChoice.ofPull(call)
    let wanted = name
    return try await ProgressStream.response { _ in
      let id = try await engine.images.importRootFilesystem(
        body, changes: changes, message: message, platform: platform, name: wanted)
      engine.publishImage("import", id: id.description, name: id.description)
      return [ProgressMessage(status: id.description)]
    }
  }
}
