/// A path in a container as docker's copy commands read it: a slash or `/.` at the end means "what it leads to".
struct ContainerPath: Equatable {
  /// Cleaned and absolute.
  let absolute: String
  /// The user ended it with a slash or `/.`: it must be a directory, and a link there is followed.
  let followsLast: Bool
  /// It ended with `/.`, so that an archive of it names its members without its own name.
  let endsWithDot: Bool

  init(_ text: String) {
    absolute = PathRules.clean("/" + text)
    endsWithDot = text == "." || text.hasSuffix("/.")
    followsLast = endsWithDot || text.hasSuffix("/") || absolute == "/"
  }

  /// Go's `filepath.Base` of the path as the user wrote it.
  var name: String {
    if endsWithDot && absolute != "/" { return "." }
    return absolute == "/" ? "/" : String(absolute.split(separator: "/").last ?? "/")
  }

  /// What an archive calls the path itself.
  var archiveName: String { absolute == "/" ? "" : name }

  /// For openat2: relative to the root.
  var bytes: [UInt8] { Array(absolute.utf8.dropFirst()) }
}
