import APIMachinery
import Protobuf

/// A value in the store with what its key comes from, which only a plugin can read (kube-apiserver's `kmsv2` EncryptedObject).
struct EncryptedObject: ProtobufEncodable, ProtobufDecodable {
  /// What the plugin has encrypted.
  struct Source: Hashable, Sendable {
    enum Kind: Int64 {
      /// The key of AES-GCM itself.
      case key = 0
      /// A seed: each value has a key of its own, which comes from the seed and from the value's first 32 bytes.
      case seed = 1
    }
    /// Of a kind that nobody knows where it is none of `Kind`.
    var kind = Kind.key.rawValue
    var ciphertext: [UInt8] = []
    /// The plugin's own key.
    var keyID = ""
    var annotations: [KMSAnnotation] = []

    private static let longest = 1024
    private static let mostAnnotations = 32 << 10

    /// Whether this can stand in the store.
    func check() throws(CipherError) {
      guard Kind(rawValue: kind) != nil else { throw CipherError("unknown encryptedDEKSourceType: \(kind)") }
      guard !ciphertext.isEmpty else {
        throw CipherError("failed to validate encrypted DEK source: encrypted DEK source is empty")
      }
      guard ciphertext.count <= Self.longest else {
        throw CipherError(
          "failed to validate encrypted DEK source: encrypted DEK source is \(ciphertext.count) bytes, which exceeds the max size of \(Self.longest)"
        )
      }
      do throws(CipherError) { try Self.check(keyID: keyID) } catch {
        throw CipherError("failed to validate key id: \(error.description)")
      }
      if let problem = annotationProblem { throw CipherError("failed to validate annotations: \(problem)") }
    }

    static func check(keyID: String) throws(CipherError) {
      guard !keyID.isEmpty else { throw CipherError("keyID is empty") }
      guard keyID.utf8.count <= longest else {
        throw CipherError("keyID is \(keyID.utf8.count) bytes, which exceeds the max size of \(longest)")
      }
    }

    private var annotationProblem: String? {
      for annotation in annotations {
        guard NameRules.dns1123Subdomain(annotation.key).isEmpty, annotation.key.contains(".") else {
          return "annotation key \(annotation.key.goQuoted) must be a fully qualified domain name"
        }
      }
      let size = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
      guard size > Self.mostAnnotations else { return nil }
      return "total size of annotations is \(size), which exceeds the max size of \(Self.mostAnnotations)"
    }
  }

  var data: [UInt8] = []
  var source = Source()

  func encode(to message: inout ProtobufMessage) {
    message.write(1, data)
    message.write(2, source.keyID)
    message.write(3, source.ciphertext)
    message.write(4, source.annotations)
    message.write(5, source.kind)
  }

  mutating func take(_ field: ProtobufField) throws(ProtobufFault) {
    switch field.number {
    case 1: data = try field.bytes()
    case 2: source.keyID = try field.string()
    case 3: source.ciphertext = try field.bytes()
    case 4: source.annotations.append(try field.message())
    case 5: source.kind = try field.int64()
    default: break
    }
  }

  init() {}

  init(data: [UInt8], source: Source) {
    self.data = data
    self.source = source
  }

  /// Takes what stands in the store behind the provider's name.
  init(stored: ArraySlice<UInt8>) throws(CipherError) {
    do throws(ProtobufFault) { try self.init(decoding: Array(stored)) } catch {
      throw CipherError("the stored data is no encrypted object: \(error.description)")
    }
    guard !data.isEmpty else { throw CipherError("encrypted data is empty") }
    try source.check()
  }
}
