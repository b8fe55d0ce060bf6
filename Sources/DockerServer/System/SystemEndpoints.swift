import ContainerEngine
import DockerAPI
import HTTPService

/// `_ping`, `version`, and lists that are always empty here.
enum SystemEndpoints {
  static let ping: Endpoint = { call in
    var response = Response(.ok, text: call.request.method == .head ? "" : "OK")
    response.headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
    response.headers["Pragma"] = "no-cache"
    // 1: the classic builder. The client would otherwise offer BuildKit sessions.
    response.headers["Builder-Version"] = "1"
    response.headers["Swarm"] = "inactive"
    return response
  }

  static let version: Endpoint = { call in
    let information = await call.engine.information()
    let product = call.product
    var version = SystemVersion()
    version.platform.name = product.name
    version.version = product.version
    version.apiVersion = APIVersion.newest.description
    version.minAPIVersion = APIVersion.oldest.description
    version.gitCommit = product.commit
    version.os = "linux"
    version.arch = GoNames.architecture(information.architecture)
    version.kernelVersion = information.kernelVersion
    version.buildTime = product.buildTime
    version.components = [
      SystemVersion.Component(
        name: "Engine", version: product.version,
        details: [
          "ApiVersion": version.apiVersion, "Arch": version.arch, "BuildTime": product.buildTime,
          "Experimental": "false", "GitCommit": product.commit, "KernelVersion": information.kernelVersion,
          "MinAPIVersion": version.minAPIVersion, "Os": "linux",
        ])
    ]
    for runtime in information.runtimes.filter({ !$0.path.isEmpty }).sorted(by: { $0.name < $1.name }) {
      version.components.append(
        SystemVersion.Component(name: runtime.name, version: runtime.version, details: ["Path": runtime.path]))
    }
    return .json(version)
  }

  /// There are no plugins, which is a truthful list.
  static let noPlugins: Endpoint = { _ in .json([EmptyObject]()) }

  /// `docker inspect` looks here too, and takes a 404 for "look elsewhere".
  static let noSuchPlugin: Endpoint = { call in
    throw RefusedError(.notFound, "plugin \"\(call.name)\" not found")
  }

  /// There is no build cache, so there is nothing to remove; `docker system prune` asks.
  static let pruneBuildCache: Endpoint = { _ in
    Response(
      .ok, headers: ["Content-Type": "application/json"],
      bytes: Array("{\"CachesDeleted\":null,\"SpaceReclaimed\":0}\n".utf8))
  }
}

/// What Go calls things that the kernel calls otherwise.
enum GoNames {
  static func architecture(_ machine: String) -> String {
    switch machine {
    case "x86_64": "amd64"
    case "aarch64": "arm64"
    case "i386", "i486", "i586", "i686": "386"
    case let arm where arm.hasPrefix("armv"): "arm"
    default: machine
    }
  }
}
