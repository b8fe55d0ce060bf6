import Protobuf

/// The messages that etcd sends (etcd API v3, `rpc.proto` and `kv.proto`): the fields that are of use here.
enum EtcdAnswer {
  struct Header: ProtobufDecodable {
    var revision: Int64 = 0

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      if field.number == 3 { revision = try field.int64() }
    }
  }

  struct KeyValue: ProtobufDecodable {
    var key: [UInt8] = []
    var createRevision: Int64 = 0
    var modRevision: Int64 = 0
    var value: [UInt8] = []
    var lease: Int64 = 0

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      switch field.number {
      case 1: key = try field.bytes()
      case 2: createRevision = try field.int64()
      case 3: modRevision = try field.int64()
      case 5: value = try field.bytes()
      case 6: lease = try field.int64()
      default: break
      }
    }
  }

  struct Range: ProtobufDecodable {
    var header: Header?
    var values: [KeyValue] = []
    /// All keys of the range, whatever the limit.
    var count: Int64 = 0

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      switch field.number {
      case 1: header = try field.message()
      case 2: values.append(try field.message())
      case 4: count = try field.int64()
      default: break
      }
    }
  }

  struct Operation: ProtobufDecodable {
    /// Of a step that reads.
    var range: Range?

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      if field.number == 1 { range = try field.message() }
    }
  }

  struct Transaction: ProtobufDecodable {
    var header: Header?
    var succeeded = false
    var responses: [Operation] = []

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      switch field.number {
      case 1: header = try field.message()
      case 2: succeeded = try field.bool()
      case 3: responses.append(try field.message())
      default: break
      }
    }
  }

  /// Of a lease that is granted, kept alive, or asked after.
  struct Lease: ProtobufDecodable {
    var id: Int64 = 0
    var timeToLive: Int64 = 0
    /// Of a granted one a word about what went wrong, of one that is asked after the time that it was granted for.
    var error: String?
    var grantedTimeToLive: Int64 = 0

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      switch (field.number, field.value) {
      case (2, _): id = try field.int64()
      case (3, _): timeToLive = try field.int64()
      case (4, .bytes): error = try field.string()
      case (4, _): grantedTimeToLive = try field.int64()
      default: break
      }
    }
  }

  struct Authenticate: ProtobufDecodable {
    var token = ""

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      if field.number == 2 { token = try field.string() }
    }
  }

  struct Status: ProtobufDecodable {
    var version = ""

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      if field.number == 2 { version = try field.string() }
    }
  }

  /// An answer of which nothing is of use.
  struct Nothing: ProtobufDecodable {
    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {}
  }

  struct Event: ProtobufDecodable {
    var isDeletion = false
    var current: KeyValue?
    var previous: KeyValue?

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      switch field.number {
      case 1: isDeletion = try field.int64() == 1
      case 2: current = try field.message()
      case 3: previous = try field.message()
      default: break
      }
    }
  }

  struct Watch: ProtobufDecodable {
    var header: Header?
    /// -1 for the whole stream.
    var id: Int64 = 0
    var isCreated = false
    var isCancelled = false
    var compactRevision: Int64 = 0
    var reason = ""
    /// More of the same answer follows.
    var isFragment = false
    var events: [Event] = []

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      switch field.number {
      case 1: header = try field.message()
      case 2: id = try field.int64()
      case 3: isCreated = try field.bool()
      case 4: isCancelled = try field.bool()
      case 5: compactRevision = try field.int64()
      case 6: reason = try field.string()
      case 7: isFragment = try field.bool()
      case 11: events.append(try field.message())
      default: break
      }
    }
  }
}
