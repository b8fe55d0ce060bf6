/// Ids of networks and endpoints: 256 random bits as 64 hexadecimal digits, as docker's clients expect them.
public enum ObjectID {
  public static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return random(using: &generator)
  }

  public static func random(using generator: inout some RandomNumberGenerator) -> String {
    var text = ""
    for _ in 0..<4 {
      let digits = String(UInt64.random(in: 0 ... .max, using: &generator), radix: 16)
      text += String(repeating: "0", count: 16 - digits.count) + digits
    }
    return text
  }
}
