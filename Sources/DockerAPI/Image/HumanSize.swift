/// Sizes as people read them, as go-units prints them.
public enum HumanSize {
  /// Four significant digits, powers of 1000: `12.34MB`.
  public static func decimal(_ bytes: Int64) -> String {
    let names = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000, unit < names.count - 1 {
      value /= 1000
      unit += 1
    }
    return fourDigits(value) + names[unit]
  }

  /// Go's `%.4g` for a number from 0 to 1000.
  private static func fourDigits(_ value: Double) -> String {
    let decimals = value >= 100 ? 1 : value >= 10 ? 2 : value >= 1 ? 3 : 4
    var scale: Int64 = 1
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int64((value * Double(scale)).rounded(.toNearestOrEven))
    var fraction = String(scaled % scale)
    fraction = String(repeating: "0", count: decimals - fraction.utf8.count) + fraction
    while fraction.last == "0" { fraction.removeLast() }
    return String(scaled / scale) + (fraction.isEmpty ? "" : "." + fraction)
  }

  static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}
