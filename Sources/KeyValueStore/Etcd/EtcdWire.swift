import FoundationEssentials

/// A 64-bit number as protobuf's JSON has it: a string, though a bare number is read as well.
struct WireNumber: Codable, Sendable, Hashable {
  var value: Int64

  init(_ value: Int64) { self.value = value }

  init(from decoder: any Decoder) throws {
    let single = try decoder.singleValueContainer()
    if let text = try? single.decode(String.self) {
      guard let number = Int64(text) else {
        throw DecodingError.dataCorruptedError(in: single, debugDescription: "\(text) is not a number of 64 bits")
      }
      value = number
    } else {
      value = try single.decode(Int64.self)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var single = encoder.singleValueContainer()
    try single.encode("\(value)")
  }
}

/// The messages of etcd's JSON gateway (etcd API v3, `rpc.proto`): fields that are zero are left out both ways, bytes
/// are base64.
enum EtcdWire {
  struct Header: Decodable, Sendable {
    var revision: WireNumber?
  }

  struct KeyValue: Decodable, Sendable {
    var key: Data
    var value: Data?
    var create_revision: WireNumber?
    var mod_revision: WireNumber?
    var lease: WireNumber?
  }

  struct RangeRequest: Encodable, Sendable {
    var key: Data
    var range_end: Data?
    var limit: WireNumber?
    var revision: WireNumber?
    var count_only: Bool?
  }
  struct RangeResponse: Decodable, Sendable {
    var header: Header?
    var kvs: [KeyValue]?
    /// All keys of the range, whatever the limit.
    var count: WireNumber?
  }
  struct CompactionRequest: Encodable, Sendable { var revision: WireNumber }

  struct PutRequest: Encodable, Sendable {
    var key: Data
    var value: Data
    var lease: WireNumber?
  }

  struct Compare: Encodable, Sendable {
    var target: String
    var result = "EQUAL"
    var key: Data
    var range_end: Data?
    var mod_revision: WireNumber?
    var create_revision: WireNumber?
    var value: Data?
  }
  struct Operation: Encodable, Sendable {
    var request_put: PutRequest?
    var request_delete_range: RangeRequest?
    var request_range: RangeRequest?
  }
  struct TransactionRequest: Encodable, Sendable {
    var compare: [Compare]
    var success: [Operation]
    var failure: [Operation]
  }
  struct OperationResponse: Decodable, Sendable {
    var response_range: RangeResponse?
  }
  struct TransactionResponse: Decodable, Sendable {
    var header: Header?
    var succeeded: Bool?
    var responses: [OperationResponse]?
  }

  struct LeaseGrantRequest: Encodable, Sendable { var TTL: WireNumber }
  struct LeaseRequest: Encodable, Sendable { var ID: WireNumber }
  struct LeaseResponse: Decodable, Sendable {
    var ID: WireNumber?
    var TTL: WireNumber?
    var grantedTTL: WireNumber?
    var error: String?
  }
  /// Streams wrap each message.
  struct Streamed<Message: Decodable & Sendable>: Decodable, Sendable {
    var result: Message?
    var error: StreamError?
  }
  struct StreamError: Decodable, Sendable {
    var message: String?
    var grpc_code: Int?
  }
  struct Nothing: Decodable, Sendable {}

  struct AuthenticateRequest: Encodable, Sendable {
    var name: String
    var password: String
  }
  struct AuthenticateResponse: Decodable, Sendable { var token: String }

  struct WatchCreate: Encodable, Sendable {
    var key: Data
    var range_end: Data?
    var start_revision: WireNumber
    var prev_kv = true
    var progress_notify = true
  }
  struct WatchRequest: Encodable, Sendable { var create_request: WatchCreate }
  struct Event: Decodable, Sendable {
    /// Left out for PUT.
    var type: String?
    var kv: KeyValue?
    var prev_kv: KeyValue?
  }
  struct WatchResponse: Decodable, Sendable {
    var header: Header?
    var created: Bool?
    var canceled: Bool?
    var cancel_reason: String?
    var compact_revision: WireNumber?
    var events: [Event]?
  }

  /// What an error looks like; the gateway of etcd 3.4 has all three fields.
  struct Failure: Decodable, Sendable {
    var error: String?
    var message: String?
    var code: Int?
  }

  /// The end of the range of all keys with a prefix (etcd API v3): the prefix with its last byte that can be raised
  /// raised; one zero byte means everything.
  static func end(ofPrefix prefix: [UInt8]) -> [UInt8] {
    KeyRange.end(ofPrefix: prefix) ?? [0]
  }
}
