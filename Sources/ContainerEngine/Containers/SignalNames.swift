/// Signals by name or number (signal(7)), as users write them: `TERM`, `SIGTERM`, `15`, `RTMIN+3`.
public enum SignalNames {
  public static let kill: Int32 = 9

  private static let names: [String: Int32] = [
    "ABRT": 6, "ALRM": 14, "BUS": 7, "CHLD": 17, "CLD": 17, "CONT": 18, "FPE": 8, "HUP": 1, "ILL": 4, "INT": 2,
    "IO": 29,
    "IOT": 6, "KILL": 9, "PIPE": 13, "POLL": 29, "PROF": 27, "PWR": 30, "QUIT": 3, "SEGV": 11, "STKFLT": 16, "STOP": 19,
    "SYS": 31, "TERM": 15, "TRAP": 5, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "USR1": 10, "USR2": 12,
    "VTALRM": 26, "WINCH": 28, "XCPU": 24, "XFSZ": 25, "RTMIN": 34, "RTMAX": 64,
  ]

  public static func number(_ text: String) throws(EngineError) -> Int32 {
    if let number = Int32(text) {
      guard (1...64).contains(number) else { throw EngineError(.invalidParameter, "invalid signal: \(text)") }
      return number
    }
    var name = text.uppercased()
    if name.hasPrefix("SIG") { name.removeFirst(3) }
    if let number = names[name] { return number }
    if name.hasPrefix("RTMIN+"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) { return 34 + offset }
    if name.hasPrefix("RTMAX-"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) { return 64 - offset }
    throw EngineError(.invalidParameter, "invalid signal: \(text)")
  }
}
