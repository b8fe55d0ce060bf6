import Linux

/// What the host is; read once.
public enum HostFacts {
  /// Processors that are online.
  public static let processors: Int = max(1, SystemFacts.onlineProcessors)
}
