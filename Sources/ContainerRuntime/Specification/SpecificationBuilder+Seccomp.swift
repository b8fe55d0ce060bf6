import OCI

extension SpecificationBuilder {
  /// The filter for a process with these capabilities; nil for none.
  func seccomp(
    _ choice: SeccompChoice, privileged: Bool, capabilities: [String]
  ) throws(RuntimeError) -> RuntimeSeccomp? {
    return nil
  }
}
