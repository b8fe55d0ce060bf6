/// One path that a container made different from its image.
public struct FileChange: Sendable, Equatable {
  /// The numbers are docker's.
  public enum Kind: Int, Sendable { case modified = 0, added = 1, deleted = 2 }
  public let kind: Kind
  public let path: String
  public init(kind: Kind, path: String) {
    self.kind = kind
    self.path = path
  }
}
