import APIMachinery
import APIServer
import ArgumentParser
import Linux

extension ServerOptions {
  /// How long pods stay on nodes that are gone.
  var tolerations: DefaultTolerationSeconds {
    DefaultTolerationSeconds(
      notReady: defaultNotReadyTolerationSeconds, unreachable: defaultUnreachableTolerationSeconds)
  }

  /// What admission plugins are told. Paths in the file are relative to its directory. Blocks.
  func admissionConfiguration() throws -> AdmissionConfiguration {
    let told = try toldToPlugins()
    if let problem = told.problem(ofPlugins: Self.names(enableAdmissionPlugins)) { throw ValidationError(problem) }
    return told
  }

  private func toldToPlugins() throws -> AdmissionConfiguration {
    guard let path = admissionControlConfigFile else { return AdmissionConfiguration() }
    let directory = FileSystem.directory(of: path)
    do {
      return try AdmissionConfiguration(try FileSystem.read(path)) { named in
        try FileSystem.read(named.hasPrefix("/") ? named : "\(directory)/\(named)")
      }
    } catch let error as StatusError {
      throw ValidationError("--admission-control-config-file \(path): \(error.message)")
    }
  }
}
