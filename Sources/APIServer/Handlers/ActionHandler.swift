import APIMachinery
import HTTPService

/// Subresources that act on an object or write a part of it.
struct ActionHandler {
  let handler: ResourceHandler
  let subresource: Subresource

  func respond(_ form: ResponseForm) async throws -> Response {
    let place = "\(handler.target.groupResource)/\(subresource.name)"
    switch (handler.target.groupResource.description, subresource.name) {
    case ("namespaces", "finalize"), ("pods", "ephemeralcontainers"), ("pods", "resize"),
      ("certificatesigningrequests.certificates.k8s.io", "approval"):
      return try await part(form)
    case ("pods", "binding"):
      return try await PodBinding(handler: handler).respond(try await body(), subresource.kind, form)
    case ("pods", "eviction"):
      return try await PodEviction(handler: handler).respond(try await eviction(), subresource.kind, form)
    case ("serviceaccounts", "token"): return try await issueToken(form)
    default:
      throw StatusError(.methodNotAllowed, "\(place) is not served by this server", code: 405)
    }
  }

  /// The object that a client sends to the subresource.
  private func body() async throws -> JSONObject {
    try handler.reader.object(try await handler.requestBody(), handler.target, kind: subresource.kind)
  }

  /// An eviction, which old clients send in a version that is served no longer, and has the same fields.
  private func eviction() async throws -> JSONObject {
    let bytes = try await handler.requestBody()
    let (value, problems) = try handler.reader.parse(bytes, kind: subresource.kind.groupVersionKind.kind)
    guard case .object(var object) = value, object["apiVersion"] == "policy/v1beta1" else {
      return try handler.reader.object(bytes, handler.target, kind: subresource.kind)
    }
    object["apiVersion"] = .string(subresource.kind.groupVersionKind.apiVersion)
    return try handler.reader.object(.object(object), handler.target, kind: subresource.kind, problems: problems)
  }

  /// Reads the object itself, or writes a part of it. Which one follows from the subresource, when mutating admission has
  /// seen all that the client sent.
  private func part(_ form: ResponseForm) async throws -> Response {
    let (registry, target, context) = (handler.registry, handler.target, handler.context)
    switch context.info.verb {
    case "get":
      let object = try registry.find(target, namespace: context.info.namespace, name: context.info.name)
      return try handler.answer(try await registry.bytes(object, target), form)
    case "patch":
      let written = try await registry.patch(
        try PatchKind(contentType: handler.request.headers["Content-Type"], target), try await handler.requestBody(),
        target, context, handler.reader)
      return try handler.answer(written.bytes, form)
    default:
      let object = try handler.reader.object(try await handler.requestBody(), target)
      return try handler.answer(try await registry.update(object, target, context).bytes, form)
    }
  }

  /// Issues a token for an account (`authentication.k8s.io/v1` TokenRequest).
  private func issueToken(_ form: ResponseForm) async throws -> Response {
    guard let accounts = handler.accounts else {
      throw StatusError.internalError("this server issues no tokens for service accounts")
    }
    let account = try handler.registry.find(
      handler.target, namespace: handler.info.namespace, name: handler.info.name)
    let admitted = try await handler.registry.admit(
      try await body(), subresource.kind, handler.target, handler.context)
    let answer = try accounts.issue(admitted, for: account) { handler.context.warn($0) }
    return try handler.answer(JSONValue.object(answer).jsonBytes(), form, status: .created)
  }
}
