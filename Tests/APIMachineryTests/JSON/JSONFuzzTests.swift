import APIMachinery
import Testing

@Suite("JSON, random mutations")
struct JSONFuzzTests {
  @Test(
    "the reader and the scanner answer any bytes, and what the reader takes is written and read as the same"
  )
  func mutations() throws {
    var generator = SeededGenerator(seed: 3)
    var taken = 0
    for round in 0..<400 {
      let value = JSONValue.random(using: &generator, depth: 4)
      for _ in 0..<10 {
        let bytes = generator.mutated(value.jsonBytes())
        JSONScanner.members(of: bytes.span) { _ in true }
        JSONScanner.elements(of: bytes.span) { _ in true }
        _ = JSONScanner.value(of: "a", in: bytes.span)
        guard let read = try? JSONValue(json: bytes) else { continue }
        taken += 1
        // A double without a fraction is written as a whole number, so the texts are compared.
        let written = read.jsonBytes()
        #expect(try JSONValue(json: written).jsonBytes() == written, "round \(round)")
        #expect(try JSONReader.strictValue(of: bytes).value == read)
      }
    }
    #expect(taken > 100)
  }
}
