import APIMachinery

/// Has images pulled for every container, so that nobody uses one that they could not pull themselves (admission plugin
/// AlwaysPullImages).
public struct AlwaysPullImages: Admission {
  private static let lists = ["containers", "initContainers", "ephemeralContainers"]

  public init() {}

  private static func concerns(_ request: AdmissionRequest) -> Bool {
    request.resource.groupResource == .pods && (request.operation == .create || request.operation == .update)
      && (request.subresource.isEmpty || request.subresource == "ephemeralcontainers")
  }

  public var interest: AdmissionInterest { .both(.pods) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard Self.concerns(request) else { return }
    let old = request.oldObject
    try request.editSpec { spec throws(StatusError) in
      for list in Self.lists {
        guard let containers = spec[list]?.arrayValue else { continue }
        let known = Set((old?["spec"]?[list]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
        spec[list] = .array(
          containers.map { container in
            // What runs already cannot be changed.
            guard var object = container.objectValue, !known.contains(object["name"]?.stringValue ?? "") else {
              return container
            }
            object["imagePullPolicy"] = "Always"
            return .object(object)
          })
      }
    }
  }

  public func validate(_ request: AdmissionRequest) async throws {
    guard Self.concerns(request), request.operation == .create, let spec = request.object?["spec"] else { return }
    for list in Self.lists {
      for (index, container) in (spec[list]?.arrayValue ?? []).enumerated()
      where container["imagePullPolicy"] != "Always" {
        let error = FieldError.notSupported(
          FieldPath("spec", list).index(index).child("imagePullPolicy"), container["imagePullPolicy"] ?? "", ["Always"])
        throw request.forbidden(error.description)
      }
    }
  }
}
