import Protobuf

/// The messages of a plugin that keeps keys (Kubernetes' `k8s.io/kms/apis/v2`).
enum KMSMessage {
  struct StatusRequest: ProtobufEncodable {
    func encode(to message: inout ProtobufMessage) {}
  }

  struct EncryptRequest: ProtobufEncodable {
    let plaintext: [UInt8]
    let uid: String

    func encode(to message: inout ProtobufMessage) {
      message.write(1, plaintext)
      message.write(2, uid)
    }
  }

  struct DecryptRequest: ProtobufEncodable {
    let ciphertext: [UInt8]
    let uid: String
    let keyID: String
    let annotations: [KMSAnnotation]

    func encode(to message: inout ProtobufMessage) {
      message.write(1, ciphertext)
      message.write(2, uid)
      message.write(3, keyID)
      message.write(4, annotations)
    }
  }

  struct DecryptResponse: ProtobufDecodable {
    var plaintext: [UInt8] = []

    mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
      if field.number == 1 { plaintext = try field.bytes() }
    }
  }
}

/// How a plugin is, and by which key it encrypts now.
struct KMSStatus: ProtobufDecodable {
  var version = ""
  /// `ok`, or what is wrong.
  var health = ""
  var keyID = ""

  mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
    switch field.number {
    case 1: version = try field.string()
    case 2: health = try field.string()
    case 3: keyID = try field.string()
    default: break
    }
  }
}

/// What a plugin has encrypted.
struct KMSEncrypted: ProtobufDecodable {
  var ciphertext: [UInt8] = []
  var keyID = ""
  var annotations: [KMSAnnotation] = []

  mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
    switch field.number {
    case 1: ciphertext = try field.bytes()
    case 2: keyID = try field.string()
    case 3: annotations.append(try field.message())
    default: break
    }
  }
}

/// What a plugin wants to be told again with what it has encrypted: an entry of a map.
struct KMSAnnotation: ProtobufEncodable, ProtobufDecodable, Hashable {
  var key = ""
  var value: [UInt8] = []

  func encode(to message: inout ProtobufMessage) {
    message.write(1, key)
    message.write(2, value)
  }

  mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
    switch field.number {
    case 1: key = try field.string()
    case 2: value = try field.bytes()
    default: break
    }
  }
}
