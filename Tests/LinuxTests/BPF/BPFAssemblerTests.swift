import Linux
import Testing

@Suite struct BPFAssemblerTests {
  private func hexadecimal(_ program: [BPFInstruction]) -> [String] {
    let bytes = BPFAssembler.assemble(program)
    return stride(from: 0, to: bytes.count, by: 8).map { start in
      bytes[start..<start + 8].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }

  /// By RFC 9669's tables: code, registers (source in the upper half), offset, immediate.
  @Test(arguments: [
    (BPFInstruction.move(.r6, .r1), "bf16000000000000"), (.set(.r0, 1), "b700000001000000"),
    (.set(.r1, -2), "b7010000feffffff"), (.add(.r2, -16), "07020000f0ffffff"),
    (.load(.byte, .r2, base: .r6, 4), "7162040000000000"), (.load(.half, .r8, base: .r0, 4), "6908040000000000"),
    (.load(.word, .r2, base: .r6, 36), "6162240000000000"),
    (.load(.doubleWord, .r7, base: .r6, 64), "7967400000000000"),
    (.store(.doubleWord, base: .frame, -16, .r0), "7b0af0ff00000000"),
    (.store(.word, base: .r6, 24, .r8), "6386180000000000"), (.store(.half, base: .frame, -4, .r2), "6b2afcff00000000"),
    (.storeValue(.half, base: .frame, -2, 0), "6a0afeff00000000"), (.call(.mapLookup), "8500000001000000"),
    (.call(.networkCookie), "850000007a000000"), (.exit, "9500000000000000"),
  ])
  func oneInstruction(_ instruction: BPFInstruction, _ expected: String) {
    #expect(hexadecimal([instruction]) == [expected])
  }

  @Test func aMapTakesTwoPlaces() {
    #expect(hexadecimal([.map(.r1, 7)]) == ["1811000007000000", "0000000000000000"])
  }

  @Test func jumpsCountFromTheNextInstruction() {
    let program: [BPFInstruction] = [
      .label("again"), .jump(.notEqual, .r2, 6, to: "end"), .map(.r1, 7),
      .jumpRegister(.notEqual, .r1, .r2, to: "end"), .jump(.equal, .r0, 0, to: "again"), .label("end"), .exit,
    ]
    #expect(
      hexadecimal(program) == [
        "5502040006000000", "1811000007000000", "0000000000000000", "5d21010000000000", "1500fbff00000000",
        "9500000000000000",
      ])
  }
}
