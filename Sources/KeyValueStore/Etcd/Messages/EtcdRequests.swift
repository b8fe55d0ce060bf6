import Protobuf

/// The messages that are sent to etcd (etcd API v3, `rpc.proto`): the fields that are of use here.
enum EtcdRequest {
  struct Range: ProtobufEncodable, Hashable {
    var key: [UInt8]
    /// Empty: the one key.
    var end: [UInt8] = []
    var limit: Int64 = 0
    var revision: Int64 = 0
    var countsOnly = false

    func encode(to message: inout ProtobufMessage) {
      message.write(1, key)
      message.write(2, end)
      message.write(3, limit)
      message.write(4, revision)
      message.write(9, countsOnly)
    }
  }

  struct Put: ProtobufEncodable {
    var key: [UInt8]
    var value: [UInt8]
    var lease: Int64 = 0

    func encode(to message: inout ProtobufMessage) {
      message.write(1, key)
      message.write(2, value)
      message.write(3, lease)
    }
  }

  struct DeleteRange: ProtobufEncodable {
    var key: [UInt8]
    var end: [UInt8] = []

    func encode(to message: inout ProtobufMessage) {
      message.write(1, key)
      message.write(2, end)
    }
  }

  struct Compare: ProtobufEncodable {
    enum Relation: Int64 { case equal = 0, greater = 1 }
    enum Target {
      case createRevision(Int64)
      case modRevision(Int64)
      case value([UInt8])
    }
    var relation = Relation.equal
    var target: Target
    var key: [UInt8]
    var end: [UInt8] = []

    func encode(to message: inout ProtobufMessage) {
      message.write(1, relation.rawValue)
      switch target {
      case .createRevision: message.write(2, 1)
      case .modRevision: message.write(2, 2)
      case .value: message.write(2, 3)
      }
      message.write(3, key)
      switch target {
      case .createRevision(let revision): message.append(5, revision)
      case .modRevision(let revision): message.append(6, revision)
      case .value(let value): message.write(7, value)
      }
      message.write(64, end)
    }
  }

  enum Operation: ProtobufEncodable {
    case range(Range)
    case put(Put)
    case deleteRange(DeleteRange)

    func encode(to message: inout ProtobufMessage) {
      switch self {
      case .range(let request): message.write(1, request)
      case .put(let request): message.write(2, request)
      case .deleteRange(let request): message.write(3, request)
      }
    }
  }

  struct Transaction: ProtobufEncodable {
    var comparisons: [Compare]
    var success: [Operation]
    var failure: [Operation]

    func encode(to message: inout ProtobufMessage) {
      message.write(1, comparisons)
      message.write(2, success)
      message.write(3, failure)
    }
  }

  struct Compaction: ProtobufEncodable {
    var revision: Int64

    func encode(to message: inout ProtobufMessage) { message.write(1, revision) }
  }

  struct LeaseGrant: ProtobufEncodable {
    var timeToLive: Int64

    func encode(to message: inout ProtobufMessage) { message.write(1, timeToLive) }
  }

  /// To revoke a lease, to keep it alive, and to ask for what is left of it.
  struct LeaseID: ProtobufEncodable {
    var id: Int64

    func encode(to message: inout ProtobufMessage) { message.write(1, id) }
  }

  struct Authenticate: ProtobufEncodable {
    var name: String
    var password: String

    func encode(to message: inout ProtobufMessage) {
      message.write(1, name)
      message.write(2, password)
    }
  }

  /// Asks for a member's version and state.
  struct Status: ProtobufEncodable {
    func encode(to message: inout ProtobufMessage) {}
  }

  struct WatchCreate: ProtobufEncodable {
    var key: [UInt8]
    var end: [UInt8]
    var startRevision: Int64
    /// Chosen by us: the answer and all events carry it.
    var id: Int64

    func encode(to message: inout ProtobufMessage) {
      message.write(1, key)
      message.write(2, end)
      message.write(3, startRevision)
      // Marks now and then, what was there before, and long answers in parts.
      message.write(4, true)
      message.write(6, true)
      message.write(7, id)
      message.write(8, true)
    }
  }

  struct WatchCancel: ProtobufEncodable {
    var id: Int64

    func encode(to message: inout ProtobufMessage) { message.write(1, id) }
  }

  struct WatchProgress: ProtobufEncodable {
    func encode(to message: inout ProtobufMessage) {}
  }

  enum Watch: ProtobufEncodable {
    case create(WatchCreate)
    case cancel(WatchCancel)
    case progress

    func encode(to message: inout ProtobufMessage) {
      switch self {
      case .create(let request): message.write(1, request)
      case .cancel(let request): message.write(2, request)
      case .progress: message.write(3, WatchProgress())
      }
    }
  }
}
