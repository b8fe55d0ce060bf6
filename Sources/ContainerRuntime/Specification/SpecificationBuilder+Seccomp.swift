import OCI

extension SpecificationBuilder {
  /// The filter for a process with these capabilities; nil for none.
  func seccomp(
    _ choice: SeccompChoice, privileged: Bool, capabilities: [String]
  ) throws(RuntimeError) -> RuntimeSeccomp? {
    switch choice {
    case .unconfined: nil
    case .defaultProfile:
      privileged ? nil : DefaultSeccompProfile.profile.resolve(capabilities: capabilities, host: host)
    case .profile(let text):
      try SeccompProfileText.parse(text, machine: host.machine).resolve(capabilities: capabilities, host: host)
    }
  }
}
