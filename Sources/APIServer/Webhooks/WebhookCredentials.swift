import APIMachinery
import NIOSSL

/// By what webhooks know this server: the users of a kubeconfig, each named for the webhooks that are shown it
/// (`apiserver.config.k8s.io` WebhookAdmissionConfiguration; Kubernetes, "Authenticate apiservers").
public struct WebhookCredentials: Sendable {
  /// What is shown.
  struct User: Sendable {
    /// A header's value; nil where there is neither a token nor a password.
    let authorization: String?
    private let tls: TLSConfiguration

    init(_ user: JSONValue, read: (_ path: String) throws -> [UInt8]) throws {
      authorization = try OutboundAccess.credentials(user, read)
      tls = try OutboundAccess.tls([:], user, read)
    }

    /// The same place, and the certificate that it is shown.
    func dressed(_ target: OutboundTarget) -> OutboundTarget {
      guard tls.privateKey != nil else { return target }
      return target.showing(tls.certificateChain, tls.privateKey)
    }
  }

  private static let kind = ConfigurationKind(
    "apiserver.config.k8s.io", ["v1"], "WebhookAdmissionConfiguration",
    [
      SchemaProperty("kubeConfigFile", ConfigurationKind.text),
      SchemaProperty("staticManifestsDir", ConfigurationKind.text),
    ])
  private static let port = ":443"

  private var users: [String: User] = [:]
  /// Of the current context.
  private var current: User?

  /// Nothing is shown.
  public init() {}

  /// - Parameter read: reads a file that the value names.
  /// - Throws: 400 where the value is no such configuration, or a user wants what this server does not do; what `read` throws.
  init(_ value: JSONValue, read: (_ path: String) throws -> [UInt8]) throws {
    let told = try Self.kind.read(value)
    if let folder = told["staticManifestsDir"]?.stringValue, !folder.isEmpty {
      let why = "staticManifestsDir requires the ManifestBasedAdmissionControlConfig feature gate to be enabled"
      throw StatusError.badRequest("\(FieldError.forbidden(FieldPath("staticManifestsDir"), why))")
    }
    let path = told["kubeConfigFile"]?.stringValue ?? ""
    guard !path.isEmpty else { return }
    guard path.hasPrefix("/") else {
      throw StatusError.badRequest(
        "\(FieldError.invalid(FieldPath("kubeConfigFile"), .string(path), "must be an absolute file path"))")
    }
    let file: JSONValue
    do { file = try YAMLReader.value(of: try read(path), strict: true) } catch let error as YAMLError {
      throw StatusError.badRequest("\(path): \(error)")
    }
    for entry in file["users"]?.arrayValue ?? [] {
      let (name, user) = (entry["name"]?.stringValue ?? "", entry["user"] ?? [:])
      try OutboundAccess.refuseUnsupported("user", name, user)
      users[name] = try User(user) { try read(OutboundAccess.resolved($0, beside: path)) }
    }
    guard let context = file["current-context"]?.stringValue, !context.isEmpty else { return }
    let entry = file["contexts"]?.arrayValue?.first { $0["name"]?.stringValue == context }
    current = entry?["context"]?["user"]?.stringValue.flatMap { users[$0] }
  }

  /// Who a webhook is shown: the user of its host and port, of the nearest domain above it, of these without the port where
  /// that is 443, of `*`, or of the current context.
  func user(for target: OutboundTarget) -> User? {
    guard !users.isEmpty else { return nil }
    let place = Self.place(target)
    if let user = named(place) { return user }
    if place.hasSuffix(Self.port), let user = named(Self.unbracketed(place.dropLast(Self.port.count))) { return user }
    return users["*"] ?? current
  }

  private func named(_ place: String) -> User? {
    if let user = users[place] { return user }
    var rest = place[...]
    while let dot = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: dot)...]
      if let user = users["*.\(rest)"] { return user }
    }
    return nil
  }

  /// A webhook's host and port.
  private static func place(_ target: OutboundTarget) -> String {
    let authority = target.authority
    let host = authority.last == "]" ? "" : authority.drop { $0 != "]" }
    let hasPort = authority.first == "[" ? host.contains(":") : authority.contains(":")
    return hasPort ? authority : authority + port
  }

  /// An address of version 6 without what a URL puts around it.
  private static func unbracketed(_ host: Substring) -> String {
    host.first == "[" && host.last == "]" ? String(host.dropFirst().dropLast()) : String(host)
  }
}
