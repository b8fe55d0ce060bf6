import Linux
import Synchronization

/// What the engine says to its operator: one line each on standard error, in logfmt as dockerd's.
public enum Log {
  public enum Level: Int, Sendable, Comparable {
    case debug, info, warning, error
    public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    var name: String {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .warning: "warning"
      case .error: "error"
      }
    }
  }

  private static let threshold = Atomic<Int>(Level.info.rawValue)

  /// Lines below this level are dropped.
  public static var level: Level {
    get { Level(rawValue: threshold.load(ordering: .relaxed)) ?? .info }
    set { threshold.store(newValue.rawValue, ordering: .relaxed) }
  }

  public static func debug(_ message: @autoclosure () -> String) { write(.debug, message) }
  public static func info(_ message: @autoclosure () -> String) { write(.info, message) }
  public static func warning(_ message: @autoclosure () -> String) { write(.warning, message) }
  public static func error(_ message: @autoclosure () -> String) { write(.error, message) }

  private static func write(_ level: Level, _ message: () -> String) {
    guard level >= self.level else { return }
    var text = ""
    for character in message().unicodeScalars {
      switch character {
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      case "\\": text += "\\\\"
      default: text.unicodeScalars.append(character)
      }
    }
    StandardError.write("time=\"\(Timestamp.rfc3339(Clock.realtime))\" level=\(level.name) msg=\"\(text)\"\n")
  }
}
