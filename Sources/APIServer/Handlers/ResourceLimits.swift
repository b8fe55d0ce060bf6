/// What is taken from one request.
public enum ResourceLimits {
  /// Bytes of a body that are read: somewhat more than the largest object, so that its own message is given.
  public static let largestBody = Registry.largestObject + 4096
}
