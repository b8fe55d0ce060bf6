import APIMachinery
import HTTPService

/// What is taken from one request.
public enum ResourceLimits {
  /// Bytes of a body that are read.
  public static let largestBody = Registry.largestObject
}

extension RequestBody {
  /// The whole body of a request about objects.
  /// - Throws: 413 in the API's words where it is larger than any object.
  func collectObject() async throws -> [UInt8] {
    do { return try await collect(upTo: ResourceLimits.largestBody) } catch let error as HTTPServiceError
      where error.code == .bodyTooLarge
    { throw StatusError.requestEntityTooLarge(maximum: Registry.largestObject) }
  }
}
