import ArgumentParser
import ContainerEngine
import DockerServer
import HTTPService
import Linux

/// The container engine with its API.
enum EngineService {
  /// How long requests may take to finish when the engine ends.
  private static let shutdownTime = Duration.seconds(5)

  /// Opens the engine, serves Docker's API, and ends in good order: containers go on without it.
  /// - Parameter ended: returns when it is time to end.
  static func run(_ settings: EngineSettings, until ended: () async throws -> Void) async throws {
    guard SystemFacts.effectiveUser == 0 else {
      throw ValidationError("the engine needs to be started with root privileges: run it with sudo")
    }
    let engine = try await ContainerEngine.open(
      settings.engineConfiguration, images: settings.imageConfiguration, network: settings.networkConfiguration)
    let docker = DockerServer(engine: engine, product: .init(version: Version.text))
    let server = HTTPServer(renderError: docker.errorRenderer, handler: docker.handler)
    do {
      try await serve(server, settings)
      engine.settle()
      try await ended()
    } catch {
      await Shielded.run {
        await server.shutdown(within: .zero)
        await engine.close()
      }
      throw error
    }
    Log.info("shutting down; containers go on")
    await Shielded.run {
      await server.shutdown(within: shutdownTime)
      await engine.close()
    }
    if let pidFile = settings.pidFile { removePIDFile(pidFile) }
  }

  private static func serve(_ server: HTTPServer, _ settings: EngineSettings) async throws {
    for host in settings.hosts {
      for address in try addresses(of: host, settings) {
        try await server.listen(on: address)
        if case .tcp = host {
          Log.warning("\(address) is served without TLS: whoever reaches it is root on this host")
        }
        Log.info("API listen on \(address)")
      }
    }
    if let pidFile = settings.pidFile { try FileSystem.write(pidFile, "\(Processes.current)".utf8) }
  }

  private static func addresses(of host: EngineHost, _ settings: EngineSettings) throws -> [ListenAddress] {
    switch host {
    case .unix(let path):
      try FileSystem.makeDirectories(FileSystem.directory(of: path))
      return [.unix(path, group: settings.group)]
    case .tcp(let host, let port): return [.tcp(host: host, port: port)]
    case .activation:
      // sd_listen_fds(3): the descriptors start at 3 and are meant for this process only.
      guard Environment["LISTEN_PID"] == "\(Processes.current)",
        let count = Environment["LISTEN_FDS"].flatMap({ Int32($0) }), count > 0
      else {
        throw ValidationError("fd:// needs sockets passed by systemd: start the engine from a .socket unit")
      }
      return (0..<count).map { .descriptor(3 + $0, name: "\(3 + $0)") }
    }
  }

  private static func removePIDFile(_ path: String) {
    do { try FileSystem.removeFile(path) } catch { Log.warning("cannot remove \(path): \(error)") }
  }
}

extension EngineSettings {
  var level: Log.Level {
    switch logLevel {
    case .debug: .debug
    case .info: .info
    case .warn: .warning
    case .error: .error
    }
  }
}
