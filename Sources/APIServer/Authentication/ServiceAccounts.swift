import APIMachinery
import HTTPService
import PKI

/// Issues service accounts' tokens and knows their bearers (Kubernetes, "Service account token volume projection").
///
/// A token is believed while its account, and the object that it is bound to, are there.
public struct ServiceAccounts: Authenticator {
  private let store: ClusterStore
  private let tokens: AccountTokens
  /// Whom a token is meant for that names nobody.
  private let audiences: [String]
  private let now: @Sendable () -> Int64

  /// Seconds: what a token lasts at least and at most, and where nothing is said.
  private static let shortest: Int64 = 600
  private static let longest: Int64 = 1 << 32
  private static let usual: Int64 = 3600

  /// - Parameter now: seconds since 1970.
  public init(
    _ store: ClusterStore, tokens: AccountTokens, audiences: [String],
    now: @escaping @Sendable () -> Int64 = { Timestamp.now.seconds }
  ) {
    self.store = store
    self.tokens = tokens
    self.audiences = audiences
    self.now = now
  }

  public func authenticate(_ request: Request) async throws -> User? {
    guard let header = request.headers["Authorization"] else { return nil }
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
    // A token that nobody knows is wrong, and not no token.
    guard let user = try await user(ofToken: String(words[1]), audiences: []) else { throw StatusError.unauthorized() }
    return user
  }

  public func user(ofToken token: String, audiences wanted: [String]) async throws -> User? {
    guard tokens.isOurs(token) else { return nil }
    let claims: AccountTokens.Claims
    do { claims = try tokens.verify(token, audiences: wanted.isEmpty ? audiences : wanted, now: now()) } catch {
      throw StatusError.unauthorized()
    }
    let place = claims.kubernetes
    guard exists("serviceaccounts", place.namespace, place.serviceaccount),
      place.pod.map({ exists("pods", place.namespace, $0) }) ?? true,
      place.secret.map({ exists("secrets", place.namespace, $0) }) ?? true,
      place.node.map({ exists("minions", nil, $0) }) ?? true
    else { throw StatusError.unauthorized() }
    var extra = ["authentication.kubernetes.io/credential-id": ["JTI=\(claims.jti)"]]
    if let pod = place.pod {
      extra["authentication.kubernetes.io/pod-name"] = [pod.name]
      extra["authentication.kubernetes.io/pod-uid"] = [pod.uid]
    }
    if let node = place.node {
      extra["authentication.kubernetes.io/node-name"] = [node.name]
      extra["authentication.kubernetes.io/node-uid"] = [node.uid]
    }
    return User(
      name: claims.sub, uid: place.serviceaccount.uid,
      groups: ["system:serviceaccounts", "system:serviceaccounts:\(place.namespace)", "system:authenticated"],
      extra: extra)
  }

  private func exists(_ keys: String, _ namespace: String?, _ reference: AccountTokens.Claims.Reference) -> Bool {
    let prefix = "\(StorageLayout.root)\(keys)/"
    let key = prefix + (namespace.map { $0 + "/" } ?? "") + reference.name
    guard let object = store.cache(of: prefix).get(key) else { return false }
    return object.uid == reference.uid && !(object.object.header.isBeingDeleted && keys == "serviceaccounts")
  }

  /// Answers a `authentication.k8s.io/v1` TokenRequest for an account.
  func issue(_ request: JSONObject, for account: CachedObject) throws(StatusError) -> JSONObject {
    let spec = request["spec"]
    let seconds = spec?["expirationSeconds"]?.integerValue ?? Self.usual
    let kind = GroupKind(group: "authentication.k8s.io", kind: "TokenRequest")
    guard seconds >= Self.shortest else {
      throw .invalid(
        kind, "",
        [
          .invalid(
            FieldPath("spec", "expirationSeconds"), .integer(seconds), "may not specify a duration less than 10 minutes"
          )
        ])
    }
    guard seconds <= Self.longest else {
      throw .invalid(
        kind, "",
        [
          .invalid(
            FieldPath("spec", "expirationSeconds"), .integer(seconds),
            "may not specify a duration larger than 2^32 seconds")
        ])
    }
    let asked = (spec?["audiences"]?.arrayValue ?? []).compactMap(\.stringValue)
    let bound = try boundObject(spec?["boundObjectRef"], account.namespace)
    let claims = AccountTokens.Claims.Kubernetes(
      namespace: account.namespace, serviceaccount: .init(name: account.name, uid: account.uid),
      pod: bound?.kind == "Pod" ? bound?.reference : nil, secret: bound?.kind == "Secret" ? bound?.reference : nil,
      node: bound?.kind == "Node" ? bound?.reference : nil)
    let issued = now()
    let token: String
    do {
      token = try tokens.issue(
        claims, audiences: asked.isEmpty ? audiences : asked, identifier: Identifiers.uid(), now: issued,
        lifetime: seconds)
    } catch { throw .internalError(error.description) }
    var answer = request
    var filled = spec?.objectValue ?? [:]
    filled["audiences"] = .array((asked.isEmpty ? audiences : asked).map { .string($0) })
    filled["expirationSeconds"] = .integer(seconds)
    answer["spec"] = .object(filled)
    answer["metadata"] = [
      "name": .string(account.name), "namespace": .string(account.namespace),
      "creationTimestamp": .string(Timestamp(seconds: issued).description),
    ]
    answer["status"] = [
      "token": .string(token), "expirationTimestamp": .string(Timestamp(seconds: issued + seconds).description),
    ]
    return answer
  }

  private func boundObject(
    _ value: JSONValue?, _ namespace: String
  ) throws(StatusError) -> (kind: String, reference: AccountTokens.Claims.Reference)? {
    guard let value, !value.isNull else { return nil }
    let (kind, name) = (value["kind"]?.stringValue ?? "", value["name"]?.stringValue ?? "")
    guard let keys = ["Pod": "pods", "Secret": "secrets", "Node": "minions"][kind] else {
      throw .badRequest("cannot bind token for serviceaccount to kind \(kind.goQuoted)")
    }
    let prefix = "\(StorageLayout.root)\(keys)/"
    let key = prefix + (kind == "Node" ? "" : namespace + "/") + name
    guard let object = store.cache(of: prefix).get(key) else {
      throw .notFound(GroupResource(group: "", resource: kind.lowercased() + "s"), name)
    }
    if let uid = value["uid"]?.stringValue, !uid.isEmpty, uid != object.uid {
      throw .conflict(
        GroupResource(group: "", resource: kind.lowercased() + "s"), name,
        "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated"
      )
    }
    return (kind, .init(name: name, uid: object.uid))
  }

  /// What those need who check tokens themselves (OpenID Connect Discovery 1.0; RFC 7517).
  func document(_ path: String, address: String) -> [UInt8]? {
    switch path {
    case "/openid/v1/jwks": return Array(tokens.keySet.utf8)
    case "/.well-known/openid-configuration":
      let document: JSONValue = [
        "issuer": .string(tokens.issuer), "jwks_uri": .string("https://\(address)/openid/v1/jwks"),
        "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
      ]
      return document.jsonBytes()
    default: return nil
    }
  }
}
