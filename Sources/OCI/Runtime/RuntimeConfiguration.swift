/// `config.json` of a bundle: what an OCI runtime needs to make a container (OCI runtime-spec, config.md). Only what
/// Linux containers use.
public struct RuntimeConfiguration: Sendable, Equatable {
  public var version = "1.0.2"
  public var process: RuntimeProcess
  public var rootPath: String
  public var rootReadOnly = false
  public var hostname: String?
  public var mounts: [RuntimeMount] = []
  public var annotations: [String: String] = [:]
  public var linux = RuntimeLinux()

  public init(process: RuntimeProcess, rootPath: String) {
    self.process = process
    self.rootPath = rootPath
  }
}

extension RuntimeConfiguration: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("ociVersion", version)
      w.member("process", process)
      w.key("root")
      w.object { w in
        w.member("path", rootPath)
        w.member("readonly", rootReadOnly)
      }
      w.member("hostname", hostname)
      w.member("mounts", mounts)
      w.member("annotations", annotations)
      w.member("linux", linux)
    }
  }
}

/// A mount (config.md, Mounts).
public struct RuntimeMount: Sendable, Equatable, JSONWritable {
  public var destination: String
  public var type: String
  public var source: String
  public var options: [String]

  public init(destination: String, type: String, source: String, options: [String]) {
    self.destination = destination
    self.type = type
    self.source = source
    self.options = options
  }

  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("destination", destination)
      w.member("type", type)
      w.member("source", source)
      w.member("options", options)
    }
  }
}
