import Glibc

/// The environment of this process (environ(7)).
public enum Environment {
  /// The value of a variable; nil where it is not set. Call it before threads change the environment.
  public static subscript(name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
  }
}
