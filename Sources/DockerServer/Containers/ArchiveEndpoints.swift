import ContainerEngine
import DockerAPI
import HTTPService

/// `docker cp` and `docker export`.
enum ArchiveEndpoints {
  static let status: Endpoint = { call in
    let status = try await call.engine.containerPathStatus(call.name, path: try path(call))
    return Response(.ok, headers: ["X-Docker-Container-Path-Stat": header(status)])
  }

  static let read: Endpoint = { call in
    let (status, archive) = try await call.engine.readArchive(call.name, path: try path(call))
    let headers: Headers = ["X-Docker-Container-Path-Stat": header(status), "Content-Type": "application/x-tar"]
    return .stream(headers: headers) { writer in
      for try await bytes in archive { try await writer.write(bytes) }
    }
  }

  static let write: Endpoint = { call in
    try await call.engine.writeArchive(
      call.name, path: try path(call), noOverwriteDirNonDir: call.query.flag("noOverwriteDirNonDir"),
      copyUIDGID: call.query.flag("copyUIDGID"), archive: call.request.body)
    return Response(.ok)
  }

  static let export: Endpoint = { call in
    let archive = try await call.engine.exportContainer(call.name)
    return .stream(headers: ["Content-Type": "application/octet-stream"]) { writer in
      for try await bytes in archive { try await writer.write(bytes) }
    }
  }

  private static func path(_ call: Call) throws(QueryError) -> String {
    guard let path = call.query["path"], !path.isEmpty else {
      throw QueryError("bad parameter: pathcannot be empty")
    }
    return path
  }

  private static func header(_ status: PathStatus) -> String {
    var stat = PathStat()
    stat.name = status.name
    stat.size = status.size
    stat.mode = status.mode
    stat.mtime = DockerAPI.Timestamp(since1970: status.modified)
    stat.linkTarget = status.linkTarget
    return Base64.encode(DockerJSON.encode(stat))
  }
}
