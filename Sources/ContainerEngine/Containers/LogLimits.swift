/// How large a container's log may grow.
struct LogLimits: Equatable, Sendable {
  /// Bytes of one file; nil for no limit.
  var maximumSize: Int64?
  var maximumFiles = 1

  init(_ choice: LoggingChoice, defaults: LoggingChoice) {
    let sameDriver = choice.driver.isEmpty || choice.driver == defaults.driver
    let options = sameDriver ? defaults.options.merging(choice.options) { $1 } : choice.options
    maximumSize = options["max-size"].flatMap(Self.bytes)
    maximumFiles = options["max-file"].flatMap { Int($0) } ?? 1
    let driver = choice.driver.isEmpty ? defaults.driver : choice.driver
    if driver == "local" {
      maximumSize = maximumSize ?? 20 << 20
      if options["max-file"] == nil { maximumFiles = 5 }
    }
  }

  /// Reads `10m`, `1.5g`, `512k`, `100`, with an optional `b` (units of 1024); nil where it is no size.
  static func bytes(_ text: String) -> Int64? {
    if text == "-1" { return nil }
    var digits = text.lowercased()[...]
    if digits.hasSuffix("b") { digits = digits.dropLast() }
    if digits.hasSuffix("i") { digits = digits.dropLast() }
    var factor = 1.0
    switch digits.last {
    case "k": factor = 1024
    case "m": factor = 1024 * 1024
    case "g": factor = 1024 * 1024 * 1024
    case "t": factor = 1024 * 1024 * 1024 * 1024
    default: break
    }
    if factor > 1 { digits = digits.dropLast() }
    guard let value = Double(digits), value >= 0, value * factor < 9e18 else { return nil }
    return Int64(value * factor)
  }
}
