import APIMachinery
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOSSL

/// Where a webhook of the operator's is, and what this server shows it: what a kubeconfig says of its current context
/// (`v1` Config of client-go; kube-apiserver's `--…-webhook-config-file`).
public struct OutboundAccess: Sendable {
  let target: OutboundTarget
  private let credentials: String?

  /// Members that mean something which this server does not do.
  private static let unsupported: [String: [String]] = [
    "cluster": ["proxy-url", "tls-server-name"],
    "user": ["exec", "auth-provider", "as", "as-groups", "as-uid", "as-user-extra"],
  ]

  /// - Parameters:
  ///   - text: YAML or JSON.
  ///   - path: of the text, which other paths in it are relative to.
  ///   - read: reads a file that the text names.
  /// - Throws: 400 where the text names no server, or wants what this server does not do; what `read` throws.
  public init(kubeconfig text: [UInt8], beside path: String, read: (_ path: String) throws -> [UInt8]) throws {
    func readBeside(_ name: String) throws -> [UInt8] { try read(Self.resolved(name, beside: path)) }
    let file: JSONValue
    do { file = try YAMLReader.value(of: text, strict: true) } catch { throw StatusError.badRequest("\(error)") }
    let current = file["current-context"]?.stringValue ?? ""
    guard !current.isEmpty else { throw Self.invalid("current-context: it must name a context") }
    let context = try Self.entry(file, "contexts", current, "context")
    let clusterName = context["cluster"]?.stringValue ?? ""
    let cluster = try Self.entry(file, "clusters", clusterName, "cluster")
    let userName = context["user"]?.stringValue ?? ""
    let user = userName.isEmpty ? .object([:]) : try Self.entry(file, "users", userName, "user")
    try Self.refuseUnsupported("cluster", clusterName, cluster)
    try Self.refuseUnsupported("user", userName, user)
    let server = cluster["server"]?.stringValue ?? ""
    guard server.hasPrefix("https://") else {
      throw Self.invalid("cluster \(clusterName.goQuoted): the server \(server.goQuoted) must be an https URL")
    }
    let rest = server.dropFirst(8)
    let host = rest.prefix { $0 != "/" }
    let tls = try Self.tls(cluster, user, readBeside)
    target = OutboundTarget(
      place: .host(String(host)), path: String(rest.dropFirst(host.count)), tls: .success(tls))
    credentials = try Self.credentials(user, readBeside)
  }

  /// - Parameters:
  ///   - section: `cluster` or `user`.
  ///   - name: of the section's entry.
  /// - Throws: 400 where the entry has a member that means something which this server does not do.
  static func refuseUnsupported(_ section: String, _ name: String, _ entry: JSONValue) throws(StatusError) {
    if let member = unsupported[section, default: []].first(where: { entry[$0] != nil }) {
      throw invalid("\(section) \(name.goQuoted): \(member) is not supported")
    }
  }

  /// The path of a file that a kubeconfig names.
  static func resolved(_ name: String, beside path: String) -> String {
    guard !name.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return name }
    return path[...slash] + name
  }

  private static func invalid(_ why: String) -> StatusError { .badRequest("invalid configuration: \(why)") }

  private static func entry(
    _ file: JSONValue, _ list: String, _ name: String, _ member: String
  ) throws(StatusError) -> JSONValue {
    guard let entry = (file[list]?.arrayValue ?? []).first(where: { $0["name"]?.stringValue == name }) else {
      throw invalid("\(member) \(name.goQuoted) does not exist")
    }
    return entry[member] ?? .object([:])
  }

  /// What stands in a member in base64, or in the file that another one names; nil where neither is there.
  private static func bytes(
    _ section: JSONValue, _ member: String, _ read: (String) throws -> [UInt8]
  ) throws -> [UInt8]? {
    if let text = section["\(member)-data"]?.stringValue, !text.isEmpty {
      guard let data = Data(base64Encoded: text) else { throw invalid("\(member)-data is not base64") }
      return Array(data)
    }
    guard let path = section[member]?.stringValue, !path.isEmpty else { return nil }
    return try read(path)
  }

  /// How a server is checked, and the certificate that it is shown.
  static func tls(
    _ cluster: JSONValue, _ user: JSONValue, _ read: (String) throws -> [UInt8]
  ) throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    let authorities = try bytes(cluster, "certificate-authority", read)
    if cluster["insecure-skip-tls-verify"]?.boolValue == true {
      guard authorities == nil else {
        throw invalid("specifying a root certificates file with the insecure flag is not allowed")
      }
      tls.certificateVerification = .none
    } else if let authorities {
      do {
        let certificates = try NIOSSLCertificate.fromPEMBytes(authorities)
        guard !certificates.isEmpty else { throw invalid("certificate-authority holds no certificate") }
        tls.trustRoots = .certificates(certificates)
      } catch let error as StatusError { throw error } catch {
        throw invalid("certificate-authority cannot be read: it must be PEM")
      }
    }
    let (certificate, key) = (try bytes(user, "client-certificate", read), try bytes(user, "client-key", read))
    guard let certificate, let key else {
      guard certificate == nil, key == nil else {
        throw invalid("client-certificate and client-key go together")
      }
      return tls
    }
    do {
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
    } catch { throw invalid("client-certificate or client-key cannot be read: they must be PEM") }
    return tls
  }

  /// What stands in the header Authorization; nil where nothing does.
  static func credentials(_ user: JSONValue, _ read: (String) throws -> [UInt8]) throws -> String? {
    func text(_ name: String) -> String { user[name]?.stringValue ?? "" }
    let path = text("tokenFile")
    let token =
      path.isEmpty ? text("token") : String(decoding: try read(path), as: UTF8.self).filter { !$0.isWhitespace }
    if !token.isEmpty { return "Bearer \(token)" }
    guard !text("username").isEmpty || !text("password").isEmpty else { return nil }
    return "Basic " + Data("\(text("username")):\(text("password"))".utf8).base64EncodedString()
  }

  private static let attempts = 5

  /// Sends JSON, a few times where a failure may pass, and reads the answer of a success.
  /// - Parameter pause: before the second time; it grows from then on.
  /// - Throws: what is wrong with the last answer, or why there is none.
  func ask(
    _ body: [UInt8], by client: OutboundClient, agent: String, within time: Duration, limit: Int,
    pause: Duration = .milliseconds(500)
  ) async throws(OutboundFailure) -> [UInt8] {
    var pause = pause
    for attempt in 1... {
      do throws(OutboundFailure) {
        return try await post(body, by: client, agent: agent, within: time, limit: limit)
      } catch {
        guard error.mayPass, attempt < Self.attempts else { throw error }
      }
      do { try await Task.sleep(for: pause * Double.random(in: 1...1.2)) } catch {
        throw OutboundFailure("context canceled", mayPass: false)
      }
      pause = pause * 1.5
    }
    throw OutboundFailure("nobody was asked", mayPass: false)
  }

  /// The JSON of an answer.
  static func value(_ answer: [UInt8]) throws(OutboundFailure) -> JSONValue {
    do { return try JSONValue(json: answer) } catch {
      throw OutboundFailure("couldn't get version/kind; json parse error: \(error.message)", mayPass: false)
    }
  }

  /// Sends JSON, and reads the answer of a success.
  /// - Throws: what is wrong with the answer, or why there is none.
  private func post(
    _ body: [UInt8], by client: OutboundClient, agent: String, within time: Duration, limit: Int
  ) async throws(OutboundFailure) -> [UInt8] {
    var headers = HTTPHeaders()
    headers.add(name: "Accept", value: "application/json, */*")
    headers.add(name: "Content-Type", value: "application/json")
    headers.add(name: "User-Agent", value: agent)
    if let credentials { headers.add(name: "Authorization", value: credentials) }
    let answer: OutboundClient.Answer
    do throws(OutboundError) {
      answer = try await client.send(
        target, .init(method: .POST, uri: target.path, headers: headers, body: .bytes(ByteBuffer(bytes: body))),
        within: time,
        limit: limit)
    } catch {
      throw OutboundFailure("Post \(target.url.goQuoted): \(error.message)", mayPass: error.isReset)
    }
    if let failure = OutboundReply.failure(answer) {
      throw OutboundFailure(
        failure.message,
        mayPass: [.internalError, .timeout, .tooManyRequests].contains(failure.reason)
          || failure.retryAfterSeconds ?? 0 > 0)
    }
    return answer.body
  }
}

/// Why a webhook of the operator's has given no answer.
struct OutboundFailure: Error {
  let message: String
  /// Whether it is worth to ask once more.
  let mayPass: Bool

  init(_ message: String, mayPass: Bool) {
    self.message = message
    self.mayPass = mayPass
  }
}
