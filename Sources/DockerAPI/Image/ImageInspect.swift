/// Answer of `GET /images/{name}/json`: moby's `image.InspectResponse`.
public struct ImageInspect: JSONObject, Hashable {
  public static let goType = "image.InspectResponse"

  public var id = ""
  public var repoTags: [String] = []
  public var repoDigests: [String] = []
  public var parent = ""
  public var comment = ""
  public var created: Timestamp?
  /// How a step of a build by old builders ran. Answered to clients below API 1.45 only; they take a missing one for an
  /// error.
  public var container: String?
  public var containerConfig: ContainerConfig?
  public var dockerVersion = ""
  public var author = ""
  public var config: ImageRunConfig?
  public var architecture = ""
  public var variant = ""
  public var os = ""
  public var osVersion = ""
  public var size: Int64 = 0
  /// Answered to clients below API 1.44 only.
  public var virtualSize: Int64 = 0
  public var graphDriver = DriverData()
  public var rootFS = ImageRootFS()
  public var metadata = ImageMetadata()
  public var descriptor: Descriptor?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Id", &id)
    visit("RepoTags", &repoTags)
    visit("RepoDigests", &repoDigests)
    visit("Parent", &parent)
    visit("Comment", &comment)
    visit("Created", &created, .omitEmpty)
    visit("Container", &container, .omitEmpty)
    visit("ContainerConfig", &containerConfig, .omitEmpty)
    visit("DockerVersion", &dockerVersion)
    visit("Author", &author)
    visit("Config", &config)
    visit("Architecture", &architecture)
    visit("Variant", &variant, .omitEmpty)
    visit("Os", &os)
    visit("OsVersion", &osVersion, .omitEmpty)
    visit("Size", &size)
    visit("VirtualSize", &virtualSize, .omitEmpty)
    visit("GraphDriver", &graphDriver)
    visit("RootFS", &rootFS)
    visit("Metadata", &metadata)
    visit("Descriptor", &descriptor, .omitEmpty)
  }
}

/// What an image says about running it: the OCI image configuration with Docker's additions. From API 1.50 empty fields are
/// left out; older clients get ``ContainerConfig`` with all of its fields instead (see ``legacy``).
public struct ImageRunConfig: JSONObject, Hashable {
  public static let goType = "v1.DockerOCIImageConfig"

  public var user = ""
  public var exposedPorts: [String: EmptyObject]?
  public var env: [String]?
  public var entrypoint: [String]?
  public var cmd: [String]?
  public var volumes: [String: EmptyObject]?
  public var workingDir = ""
  public var labels: [String: String]?
  public var stopSignal = ""
  public var argsEscaped = false
  public var healthcheck: HealthConfig?
  public var onBuild: [String]?
  public var shell: [String]?
  /// Print the fields of ``ContainerConfig`` with their zero values, as API versions below 1.50 do.
  public var legacy = false

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("User", &user, .omitEmpty)
    visit("ExposedPorts", &exposedPorts, .omitEmpty)
    visit("Env", &env, .omitEmpty)
    visit("Entrypoint", &entrypoint, .omitEmpty)
    visit("Cmd", &cmd, .omitEmpty)
    visit("Volumes", &volumes, .omitEmpty)
    visit("WorkingDir", &workingDir, .omitEmpty)
    visit("Labels", &labels, .omitEmpty)
    visit("StopSignal", &stopSignal, .omitEmpty)
    visit("ArgsEscaped", &argsEscaped, .omitEmpty)
    visit("Healthcheck", &healthcheck, .omitEmpty)
    visit("OnBuild", &onBuild, .omitEmpty)
    visit("Shell", &shell, .omitEmpty)
  }

  public func writeJSON(to writer: inout JSONWriter) {
    if legacy {
      asContainerConfig.writeJSON(to: &writer)
      return
    }
    var copy = self
    writer.object { writer in copy.visitFields(&writer) }
  }

  /// The same as a container's configuration.
  public var asContainerConfig: ContainerConfig {
    var config = ContainerConfig()
    config.user = user
    config.exposedPorts = exposedPorts
    config.env = env
    config.entrypoint = entrypoint.map { WordList($0) }
    config.cmd = cmd.map { WordList($0) }
    config.volumes = volumes
    config.workingDir = workingDir
    config.labels = labels
    config.stopSignal = stopSignal
    config.argsEscaped = argsEscaped
    config.healthcheck = healthcheck
    config.onBuild = onBuild
    config.shell = shell.map { WordList($0) }
    return config
  }
}

/// The layers of an image.
public struct ImageRootFS: JSONObject, Hashable {
  public static let goType = "image.RootFS"

  public var type = ""
  /// Digests of the uncompressed layers.
  public var layers: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Type", &type, .omitEmpty)
    visit("Layers", &layers, .omitEmpty)
  }
}

/// What this engine alone knows about an image.
public struct ImageMetadata: JSONObject, Hashable {
  public static let goType = "image.Metadata"

  public var lastTagTime = Timestamp()

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("LastTagTime", &lastTagTime)
  }
}

/// An OCI descriptor.
public struct Descriptor: JSONObject, Hashable {
  public static let goType = "v1.Descriptor"

  public var mediaType = ""
  public var digest = ""
  public var size: Int64 = 0
  public var annotations: [String: String]?
  public var platform: ImagePlatform?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("mediaType", &mediaType)
    visit("digest", &digest)
    visit("size", &size)
    visit("annotations", &annotations, .omitEmpty)
    visit("platform", &platform, .omitEmpty)
  }
}

/// An OCI platform, also the value of a `platform` query in JSON form.
public struct ImagePlatform: JSONObject, Hashable {
  public static let goType = "v1.Platform"

  public var architecture = ""
  public var os = ""
  public var osVersion = ""
  public var osFeatures: [String]?
  public var variant = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("architecture", &architecture)
    visit("os", &os)
    visit("os.version", &osVersion, .omitEmpty)
    visit("os.features", &osFeatures, .omitEmpty)
    visit("variant", &variant, .omitEmpty)
  }
}
