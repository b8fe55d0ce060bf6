import FoundationEssentials
import NetworkModel

/// A call that a plugin is owed: a part of a teardown that it could not or would not answer. All that there was of ours is
/// gone by then; only the plugin does not know.
struct OwedCall: Sendable, Hashable, Codable {
  /// The plugin's name.
  var plugin: String
  var kind: PluginKind
  /// Without the kind: `DeleteEndpoint`.
  var method: String
  /// Its arguments as JSON.
  var body: String
  /// The object, for people: `endpoint web`.
  var about: String

  init(
    _ plugin: String, _ kind: PluginKind, _ method: String, _ body: some Encodable, about: String
  ) throws(NetworkError) {
    self.plugin = plugin
    self.kind = kind
    self.method = method
    self.about = about
    let encoder = JSONEncoder()
    // The same text for the same call, always.
    encoder.outputFormatting = .sortedKeys
    do { self.body = String(decoding: try encoder.encode(body), as: UTF8.self) } catch {
      throw NetworkError(
        .failed, "plugin \"\(plugin)\": \(method): its arguments cannot be written as JSON: \(error)", cause: error)
    }
  }

  /// Whether both ask a plugin for the same thing.
  func isSame(as other: OwedCall) -> Bool {
    plugin == other.plugin && kind == other.kind && method == other.method && body == other.body
  }

  /// The ids that a call is about, by the names of the protocol.
  private struct Subject: Decodable, Hashable {
    var NetworkID: String?
    var EndpointID: String?
    var PoolID: String?
    var Address: String?
  }

  private var subject: Subject? { try? JSONDecoder().decode(Subject.self, from: Data(body.utf8)) }

  /// Whether this call, once it is answered, makes an owed one needless: an endpoint that is deleted has left, a network
  /// that is deleted has no endpoints, a pool that is given back has no addresses.
  func settles(_ other: OwedCall) -> Bool {
    guard plugin == other.plugin, kind == other.kind, let mine = subject, let theirs = other.subject else {
      return false
    }
    switch (method, other.method) {
    case ("DeleteEndpoint", "Leave"), ("DeleteEndpoint", "DeleteEndpoint"): return mine == theirs
    case ("DeleteNetwork", "Leave"), ("DeleteNetwork", "DeleteEndpoint"), ("DeleteNetwork", "DeleteNetwork"):
      return mine.NetworkID == theirs.NetworkID
    case ("ReleasePool", "ReleaseAddress"), ("ReleasePool", "ReleasePool"): return mine.PoolID == theirs.PoolID
    default: return method == other.method && mine == theirs
    }
  }
}
