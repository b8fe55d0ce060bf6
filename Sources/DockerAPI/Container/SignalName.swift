/// Signals by name, as `docker kill` takes them.
public enum SignalName {
  private static let numbers: [String: Int32] = [
    "ABRT": 6, "ALRM": 14, "BUS": 7, "CHLD": 17, "CLD": 17, "CONT": 18, "FPE": 8, "HUP": 1, "ILL": 4, "INT": 2,
    "IO": 29,
    "IOT": 6, "KILL": 9, "PIPE": 13, "POLL": 29, "PROF": 27, "PWR": 30, "QUIT": 3, "SEGV": 11, "STKFLT": 16, "STOP": 19,
    "SYS": 31, "TERM": 15, "TRAP": 5, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "USR1": 10, "USR2": 12,
    "VTALRM": 26, "WINCH": 28, "XCPU": 24, "XFSZ": 25, "RTMIN": 34, "RTMAX": 64,
  ]

  /// The number of `9`, `KILL`, `SIGKILL`, `RTMIN+3`; nil for what is no signal.
  public static func number(_ text: String) -> Int32? {
    if let number = Int32(text) { return number > 0 && number <= 64 ? number : nil }
    var name = text.uppercased()
    if name.hasPrefix("SIG") { name.removeFirst(3) }
    if let number = numbers[name] { return number }
    for (prefix, base, sign) in [("RTMIN+", Int32(34), Int32(1)), ("RTMAX-", 64, -1)] where name.hasPrefix(prefix) {
      guard let offset = Int32(name.dropFirst(prefix.count)), (0...30).contains(offset) else { return nil }
      return base + sign * offset
    }
    return nil
  }
}
