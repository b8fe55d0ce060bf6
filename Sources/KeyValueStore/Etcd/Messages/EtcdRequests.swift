/// The messages that are sent to etcd (etcd API v3, `rpc.proto`): the fields that are of use here.
enum EtcdRequest {
  struct Range: ProtobufEncodable, Hashable {
    var key: [UInt8]
    /// Empty: the one key.
    var end: [UInt8] = []
    var limit: Int64 = 0
    var revision: Int64 = 0
    var countsOnly = false

    func encode(to writer: inout ProtobufWriter) {
      writer.write(1, key)
      writer.write(2, end)
      writer.write(3, limit)
      writer.write(4, revision)
      writer.write(9, countsOnly)
    }
  }

  struct Put: ProtobufEncodable {
    var key: [UInt8]
    var value: [UInt8]
    var lease: Int64 = 0

    func encode(to writer: inout ProtobufWriter) {
      writer.write(1, key)
      writer.write(2, value)
      writer.write(3, lease)
    }
  }

  struct DeleteRange: ProtobufEncodable {
    var key: [UInt8]
    var end: [UInt8] = []

    func encode(to writer: inout ProtobufWriter) {
      writer.write(1, key)
      writer.write(2, end)
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

    func encode(to writer: inout ProtobufWriter) {
      writer.write(1, relation.rawValue)
      switch target {
      case .createRevision: writer.write(2, 1)
      case .modRevision: writer.write(2, 2)
      case .value: writer.write(2, 3)
      }
      writer.write(3, key)
      switch target {
      case .createRevision(let revision): writer.writeAlways(5, revision)
      case .modRevision(let revision): writer.writeAlways(6, revision)
      case .value(let value): writer.write(7, value)
      }
      writer.write(64, end)
    }
  }

  enum Operation: ProtobufEncodable {
    case range(Range)
    case put(Put)
    case deleteRange(DeleteRange)

    func encode(to writer: inout ProtobufWriter) {
      switch self {
      case .range(let request): writer.write(1, request)
      case .put(let request): writer.write(2, request)
      case .deleteRange(let request): writer.write(3, request)
      }
    }
  }

  struct Transaction: ProtobufEncodable {
    var comparisons: [Compare]
    var success: [Operation]
    var failure: [Operation]

    func encode(to writer: inout ProtobufWriter) {
      writer.write(1, comparisons)
      writer.write(2, success)
      writer.write(3, failure)
    }
  }

  struct Compaction: ProtobufEncodable {
    var revision: Int64

    func encode(to writer: inout ProtobufWriter) { writer.write(1, revision) }
  }

  struct LeaseGrant: ProtobufEncodable {
    var timeToLive: Int64

    func encode(to writer: inout ProtobufWriter) { writer.write(1, timeToLive) }
  }

  /// To revoke a lease, to keep it alive, and to ask for what is left of it.
  struct LeaseID: ProtobufEncodable {
    var id: Int64

    func encode(to writer: inout ProtobufWriter) { writer.write(1, id) }
  }

  struct Authenticate: ProtobufEncodable {
    var name: String
    var password: String

    func encode(to writer: inout ProtobufWriter) {
      writer.write(1, name)
      writer.write(2, password)
    }
  }

  /// Asks for a member's version and state.
  struct Status: ProtobufEncodable {
    func encode(to writer: inout ProtobufWriter) {}
  }

  struct WatchCreate: ProtobufEncodable {
    var key: [UInt8]
    var end: [UInt8]
    var startRevision: Int64
    /// Chosen by us: the answer and all events carry it.
    var id: Int64

    func encode(to writer: inout ProtobufWriter) {
      writer.write(1, key)
      writer.write(2, end)
      writer.write(3, startRevision)
      // Marks now and then, what was there before, and long answers in parts.
      writer.write(4, true)
      writer.write(6, true)
      writer.write(7, id)
      writer.write(8, true)
    }
  }

  struct WatchCancel: ProtobufEncodable {
    var id: Int64

    func encode(to writer: inout ProtobufWriter) { writer.write(1, id) }
  }

  struct WatchProgress: ProtobufEncodable {
    func encode(to writer: inout ProtobufWriter) {}
  }

  enum Watch: ProtobufEncodable {
    case create(WatchCreate)
    case cancel(WatchCancel)
    case progress

    func encode(to writer: inout ProtobufWriter) {
      switch self {
      case .create(let request): writer.write(1, request)
      case .cancel(let request): writer.write(2, request)
      case .progress: writer.write(3, WatchProgress())
      }
    }
  }
}
