extension ContainerConfig {
  /// Refuses values that no container could have, in Docker's words.
  public func validate() throws(QueryError) {
    if !workingDir.isEmpty, !workingDir.hasPrefix("/") {
      throw QueryError("the working directory '\(workingDir)' is invalid, it needs to be an absolute path")
    }
    if !stopSignal.isEmpty, SignalName.number(stopSignal) == nil {
      throw QueryError("invalid signal: \(stopSignal)")
    }
    for variable in env ?? [] where variable.isEmpty || variable.hasPrefix("=") {
      throw QueryError("invalid environment variable: \(variable)")
    }
    try healthcheck?.validate()
    for port in (exposedPorts ?? [:]).keys.sorted() { _ = try PortSpec(port) }
    for path in (volumes ?? [:]).keys.sorted() where !path.contains(":") && !path.hasPrefix("/") {
      throw QueryError("invalid volume specification: '\(path)'")
    }
  }
}

extension HealthConfig {
  /// Refuses periods below a millisecond and negative counts.
  public func validate() throws(QueryError) {
    for (value, name) in [
      (interval, "Interval"), (timeout, "Timeout"), (startPeriod, "StartPeriod"), (startInterval, "StartInterval"),
    ] where value != 0 && value < 1_000_000 {
      throw QueryError("\(name) in Healthcheck cannot be less than 1ms")
    }
    if retries < 0 { throw QueryError("Retries in Healthcheck cannot be negative") }
  }
}
