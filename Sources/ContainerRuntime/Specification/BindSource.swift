import Linux

/// The source of a bind mount, which only the host knows.
public enum BindSource {
  /// What is there, behind links. Blocks.
  /// - Throws: `.invalidSpecification` in docker's words: where nothing is there, and where it cannot be known what is
  ///   (a file system of another user's, a server that has gone, links in a circle).
  public static func status(of source: String) throws(RuntimeError) -> FileStatus {
    do { return try FileStatus(path: source, followLinks: true) } catch {
      let why = error.code == .noEntry ? "bind source path does not exist: \(source)" : "stat \(source): \(error.code)"
      throw RuntimeError(.invalidSpecification, "invalid mount config for type \"bind\": \(why)", cause: error)
    }
  }
}
