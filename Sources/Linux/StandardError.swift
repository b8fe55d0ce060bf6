import Glibc

/// The process' standard error.
public enum StandardError {
  /// Writes in one call, so that lines of several threads do not mix. Nothing can be done about a failure.
  public static func write(_ text: String) {
    var text = text
    text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
