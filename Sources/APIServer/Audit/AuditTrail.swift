import APIMachinery
import ClusterAPI
import HTTPService
import NIOCore
import Synchronization

/// The audit of one request on its way: each stage becomes an event of the log.
final class AuditTrail: Sendable {
  private struct State {
    var impersonated: User?
    /// By which constrained permission; empty for none.
    var constraint = ""
    var annotations: [(String, String)] = []
    /// What the webhook has not been given.
    var unsent: [AuditEvent] = []
    /// Something was noted for which nobody has waited yet.
    var isOpen = false
  }
  private let log: AuditLog
  private let subject: AuditEvent.Subject
  private let omitted: Set<AuditStage>
  /// Lines that were lost before the request came.
  private let lostBefore: Int
  private let state = Mutex(State())

  fileprivate init(_ log: AuditLog, _ subject: AuditEvent.Subject, omitted: Set<AuditStage>) {
    self.log = log
    self.subject = subject
    self.omitted = omitted
    lostBefore = log.lostLines
  }

  /// How much is kept of the request.
  var level: AuditLevel { subject.level }

  /// Whose request it is from now on.
  func impersonate(_ user: User, constraint: String) {
    state.withLock { state in
      state.impersonated = user
      state.constraint = constraint
    }
  }

  /// Something that is known of the request: `authorization.k8s.io/decision`.
  func annotate(_ name: String, _ value: String) { state.withLock { $0.annotations.append((name, value)) } }

  func note(_ stage: AuditStage, _ outcome: AuditEvent.Outcome? = nil) {
    guard !omitted.contains(stage) else { return }
    let event = state.withLock { state in
      let event = AuditEvent(
        subject: subject, stage: stage, time: .now, impersonated: state.impersonated, constraint: state.constraint,
        outcome: outcome, annotations: state.annotations)
      if log.sendsAtOnce { state.unsent.append(event) }
      state.isOpen = true
      return event
    }
    log.write(event)
  }

  /// Waits until what was noted is kept, as far as the operator wants that to be waited for.
  /// - Returns: false where something was lost without which the request must not be worked on.
  @discardableResult
  func settle() async -> Bool {
    let (isOpen, unsent) = state.withLock { state in
      defer { (state.isOpen, state.unsent) = (false, []) }
      return (state.isOpen, state.unsent)
    }
    return isOpen ? await log.settle(unsent, lostBefore: lostBefore) : true
  }

  /// Notes how a request is answered; one that is streamed is complete when its stream ends.
  /// - Parameter kinds: read answers that are not JSON.
  func answered(_ response: Response, _ kinds: BuiltinKinds) -> Response {
    let code = response.status.code
    switch response.body {
    case .bytes(let buffer):
      // An answer is read again only where it is kept, or says what went wrong or which name was made up.
      let isKept = subject.level >= .requestResponse || code >= 300 || subject.info.verb == "create"
      note(.responseComplete, .init(code: code, answer: isKept ? Self.json(buffer, response, kinds) : nil))
      return response
    case .stream(let options, let write):
      note(.responseStarted, .init(code: code))
      var response = response
      response.body = .stream(options) { [self] writer in
        let result: Result<Void, any Error>
        do { result = .success(try await write(writer)) } catch { result = .failure(error) }
        note(.responseComplete, .init(code: code))
        await settle()
        try result.get()
      }
      return response
    case .takeover:
      note(.responseStarted, .init(code: code))
      note(.responseComplete, .init(code: code))
      return response
    }
  }
}

extension AuditTrail {
  /// The JSON of an answer; nil where it holds no object.
  private static func json(_ bytes: ByteBuffer, _ response: Response, _ kinds: BuiltinKinds) -> ByteBuffer? {
    switch response.headers["Content-Type"] {
    case ResponseForm.Encoding.json.rawValue: return bytes
    case ResponseForm.Encoding.protobuf.rawValue:
      let object = try? ProtobufKinds(kinds: kinds).object(Array(bytes.readableBytesView))
      return object.map { ByteBuffer(bytes: JSONValue.object($0).jsonBytes()) }
    case ResponseForm.Encoding.yaml.rawValue:
      let value = try? YAMLReader.value(of: Array(bytes.readableBytesView))
      return value.map { ByteBuffer(bytes: $0.jsonBytes()) }
    default: return nil
    }
  }
}

extension AuditLog {
  private static let longestAgent = 1024

  /// Begins the audit of a request.
  /// - Parameters:
  ///   - user: nil where nobody knows who it is.
  ///   - isPassedOn: another server answers, which decides how much it reads and keeps an audit log of its own.
  ///   - decode: makes a tree of the body, which is read where it is kept and then put back.
  /// - Returns: nil where nothing is kept of the request.
  func begin(
    _ request: inout Request, _ info: RequestInfo, _ user: User?, id: String, received: Timestamp,
    isPassedOn: Bool = false, decode: ([UInt8]) -> JSONValue?
  ) async throws -> AuditTrail? {
    // Rules about users say nothing of somebody unknown.
    let choice = policy.choice(user ?? User(name: ""), info)
    guard let choice else { return nil }
    var body: JSONValue?
    // What is made is known by the name in its body.
    if choice.level >= .request || info.verb == "create", user != nil, !isPassedOn {
      let bytes = try await request.body.collectObject()
      request.body = RequestBody(bytes)
      body = bytes.isEmpty ? nil : decode(bytes)
    }
    let subject = AuditEvent.Subject(
      id: id, choice: choice, uri: Self.uri(request), info: info, user: user,
      sourceAddresses: Self.sources(request), userAgent: Self.agent(request), received: received, body: body)
    return AuditTrail(self, subject, omitted: choice.omittedStages)
  }

  private static func uri(_ request: Request) -> String {
    let query = request.query.items.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
    return request.target.rawPath + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
  }

  private static func agent(_ request: Request) -> String {
    let agent = request.headers["User-Agent"] ?? ""
    return agent.utf8.count > longestAgent ? agent.prefix(longestAgent) + "...TRUNCATED" : agent
  }

  private static let addressCharacters = Set("0123456789abcdefABCDEF.:".utf8)

  /// Where the request came from, by what proxies say and by its connection.
  private static func sources(_ request: Request) -> [String] {
    func isAddress(_ text: some StringProtocol) -> Bool {
      !text.isEmpty && text.utf8.allSatisfy { Self.addressCharacters.contains($0) }
    }
    var addresses = (request.headers["X-Forwarded-For"] ?? "").split { $0 == "," || $0 == " " }.filter(isAddress).map(
      String.init)
    if let real = request.headers["X-Real-Ip"], isAddress(real), !addresses.contains(real) { addresses.append(real) }
    if case .remote(let address, _) = request.connection.peer, addresses.last != address { addresses.append(address) }
    return addresses
  }
}
