import APIMachinery

/// Refuses every write (admission plugin AlwaysDeny): for trying out what clients do then.
public struct AlwaysDeny: Admission {
  public init() {}

  public func mutate(_ request: inout AdmissionRequest) async throws { try await validate(request) }

  public func validate(_ request: AdmissionRequest) async throws {
    // What the server does by itself would never end otherwise.
    guard request.user != .server else { return }
    throw request.forbidden("admission control is denying all modifications")
  }
}

/// Refuses nothing (admission plugin AlwaysAdmit).
public struct AlwaysAdmit: Admission {
  public init() {}
  public func mutate(_ request: inout AdmissionRequest) async throws {}
  public func validate(_ request: AdmissionRequest) async throws {}
}
