import APIMachinery
import Testing

@Suite("Quantities")
struct QuantityTests {
  @Test(
    "texts are read and printed as Kubernetes serves them",
    arguments: [
      ("1", "1"), ("0", "0"), ("00", "0"), ("0.0", "0"), ("-0", "0"), ("500m", "500m"), ("1000m", "1"),
      ("1500m", "1500m"), ("1.5", "1500m"),
      ("0.5", "500m"), ("1.500", "1.500"), ("+1k", "+1k"), ("-3", "-3"), ("128Mi", "128Mi"), ("0.5Gi", "512Mi"),
      ("1024Ki", "1Mi"), ("1000Ki", "1000Ki"), ("2048Mi", "2Gi"), ("1.5Gi", "1536Mi"), ("1.1Ki", "1126400m"),
      ("0.1Ki", "102400m"), ("12e6", "12e6"), ("1e3", "1e3"), ("1E3", "1E3"), ("1000e3", "1e6"), ("1e-3", "1e-3"),
      ("1e2", "100"),
      ("100", "100"), ("1000", "1k"), ("1000k", "1M"), ("1u", "1u"), ("5n", "5n"), ("0.1n", "1n"),
      ("1.0000000001", "1000000001n"),
      ("123456789012345678", "123456789012345678"), ("16Ei", "9223372036854775807"), ("1Ei", "1Ei"), ("1E", "1E"),
      (".5", "500m"), ("5.", "5."), ("0.25Mi", "256Ki"), ("-1.5Gi", "-1536Mi"),
    ])
  func canonical(text: String, printed: String) throws {
    let quantity = try Quantity(text)
    #expect(quantity.description == printed)
    #expect(try Quantity(printed) == quantity)
  }

  @Test(
    "what is no quantity is told in Kubernetes' words",
    arguments: [
      ("", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
      ("1 k", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
      ("1x", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
      ("1i", "unable to parse quantity's suffix"),
      ("1Kib", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
      ("1K", "unable to parse quantity's suffix"), ("1ee3", "unable to parse quantity's suffix"),
      ("1e", "unable to parse quantity's suffix"), ("1e99999999", "unable to parse quantity's suffix"),
      ("1e100", "unable to parse numeric part of quantity"),
    ])
  func errors(text: String, message: String) {
    let error = #expect(throws: QuantityError.self) { try Quantity(text) }
    #expect(error?.message == message)
  }

  @Test(
    "as numbers",
    arguments: [
      ("1500m", 2, 1500), ("-1500m", -2, -1500), ("1n", 1, 1), ("128Mi", 134_217_728, 134_217_728_000),
      ("16Ei", .max, .max), ("0", 0, 0), ("147573952589.9999999999Ei", .max, .max),
      ("9223372036854775807.9999999999Ki", .max, .max),
      ("-147573952589.9999999999Ei", -.max, .min),
    ] as [(String, Int64, Int64)])
  func numbers(text: String, value: Int64, milli: Int64) throws {
    #expect(try Quantity(text).value == value)
    #expect(try Quantity(text).milliValue == milli)
  }

  @Test("comparison and sums")
  func arithmetic() throws {
    func q(_ text: String) throws -> Quantity { try Quantity(text) }
    #expect(try q("1") == q("1000m"))
    #expect(try q("1").hashValue == q("1000m").hashValue)
    #expect(try q("1Ki") < q("1025"))
    #expect(try (q("1Gi") + q("512Mi")).description == "1536Mi")
    #expect(try (q("500m") + q("500m")).description == "1")
    #expect(try (q("0") + q("1Gi")).description == "1Gi")
    #expect(try (q("1Gi") - q("1Gi")).description == "0")
    #expect(try (q("1") - q("1500m")).description == "-500m")
    #expect(try (q("1Mi") + q("1")).description == "1048577")
    #expect(try (-q("1k")).description == "-1k")
    #expect(Quantity(milli: 250).description == "250m")
    #expect(Quantity(1 << 30, .binarySI).description == "1Gi")
    #expect(Quantity(512, .binarySI).description == "512")
    #expect(try q("1.5").approximateDouble == 1.5)
  }

  @Test("values of objects")
  func json() throws {
    #expect(try Quantity(json: 2).description == "2")
    #expect(try Quantity(json: .double(0.5)).description == "500m")
    #expect(try Quantity(json: " 1Gi ").json == "1Gi")
    #expect(throws: QuantityError.self) { try Quantity(json: true) }
  }

  @Test("any text is answered, and what is read is printed and read as the same")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 51)
    let seeds = ["1500m", "0.25Mi", "12e6", "-1.0000000001Gi", "+123456789012345678Ki"]
    for _ in 0..<10_000 {
      let text = generator.mutated(seeds.randomElement(using: &generator)!, alphabet: "0123456789.eEinumkKMGTP+-")
      guard let quantity = try? Quantity(text) else { continue }
      #expect(try Quantity(quantity.description) == quantity, "\(text)")
      _ = quantity + quantity
    }
  }
}
