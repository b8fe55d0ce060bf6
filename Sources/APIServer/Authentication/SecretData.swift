import APIMachinery
import FoundationEssentials

/// The decoded values of a Secret.
struct SecretData {
  private let object: StoredObject

  init(_ object: StoredObject) { self.object = object }

  /// A value that is text; nil where it is missing or none.
  subscript(key: String) -> String? {
    guard let text = object.value(at: ["data", key])?.stringValue, let data = Data(base64Encoded: text) else {
      return nil
    }
    return String(validating: data, as: UTF8.self)
  }
}
