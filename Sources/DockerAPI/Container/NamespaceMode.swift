/// Where a container takes a namespace from: the values of `NetworkMode`, `IpcMode`, `PidMode`, `UTSMode`, `UsernsMode` and
/// `CgroupnsMode`.
public enum NamespaceMode: Sendable, Hashable {
  /// Nothing was asked for.
  case unset
  case host
  case none
  case `private`
  case shareable
  /// Another container's, by identifier or name (empty where the user left it out).
  case container(String)
  /// Any other word: a network's name, or a mistake.
  case named(String)

  /// Reads a mode.
  public init(_ text: String) {
    switch text {
    case "": self = .unset
    case "host": self = .host
    case "none": self = .none
    case "private": self = .private
    case "shareable": self = .shareable
    default:
      if text.hasPrefix("container:") {
        self = .container(String(text.dropFirst("container:".count)))
      } else {
        self = .named(text)
      }
    }
  }
}
