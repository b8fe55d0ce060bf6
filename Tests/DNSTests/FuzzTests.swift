import Addressing
import Testing

@testable import DNS

/// Broken input: nothing may crash, run on for ever, or be read differently by the two readers.
@Suite struct FuzzTests {
  /// Reads bytes in every way there is.
  func feed(_ input: [UInt8], _ writer: inout WireWriter) throws {
    let whole = Result { try Message(decoding: input) }
    if case .success(let message) = whole {
      let encoded = try message.encoded()
      let again = try Message(decoding: encoded)
      // Compressed tightly by somebody else it may have been more than we can write.
      if !again.header.flags.isTruncated || message.header.flags.isTruncated { #expect(again == message, "\(input)") }
    }
    switch ReadQuery(input, count: input.count) {
    case .query(let query):
      if case .success(let message) = whole {
        #expect(message.questions == [query.question])
        #expect(message.edns?.payloadSize == query.edns?.payloadSize)
      }
      for framed in [false, true] {
        let records = (0..<40).map { ResourceRecord(query.question.name, timeToLive: 1, .a(IPv4Address(rawValue: $0))) }
        writer.respond(to: query, in: input, with: Response(answers: records), framed: framed)
        let answer = Array(writer.bytes.dropFirst(framed ? 2 : 0))
        #expect(framed || answer.count <= query.datagramLimit)
        let read = try Message(decoding: answer)
        #expect(read.header.id == query.id && read.questions == [query.question])
        #expect(read.header.flags.isTruncated == (read.answers.count < 40))
      }
      let check = AnswerCheck(query, input)
      var answer = check.request
      #expect(check.verdict(answer, count: answer.count) == .foreign)
      answer[2] |= 0x80
      #expect(check.verdict(answer, count: answer.count) == .answer)
    case .refused(let header, let code):
      // Who reads all reads no less.
      if case .success(let message) = whole, code == .formatError {
        // But for OPT: only the server minds where it is, and that its empty name is written as such.
        let hasOPT = (message.answers + message.authorities + message.additionals).contains { $0.type == .opt }
        #expect(message.questions.count != 1 || hasOPT)
      }
      writer.refuse(header, code, framed: false)
      #expect(try Message(decoding: writer.bytes).header.id == header.id)
    case .nothing: #expect(input.count < 12 || input[2] >= 0x80)
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func mutatedMessages(_ seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    var writer = WireWriter()
    let samples = try sampleMessages().map { try $0.encoded() }
    for _ in 0..<8000 {
      var input = samples[Int.random(in: 0..<samples.count, using: &random)]
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let place = Int.random(in: 0..<max(1, input.count), using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where !input.isEmpty: input[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1 where !input.isEmpty: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2 where !input.isEmpty: input.remove(at: place)
        case 3: input.insert(UInt8.random(in: .min ... .max, using: &random), at: min(place, input.count))
        case 4: input.removeLast(min(input.count, Int.random(in: 0..<20, using: &random)))
        // What is most likely to make a reader go round: pointers.
        case 5 where place + 1 < input.count:
          input[place] = 0xC0
          input[place + 1] = UInt8.random(in: 0..<UInt8(min(input.count, 255)), using: &random)
        default:
          let other = samples[Int.random(in: 0..<samples.count, using: &random)]
          input += other.suffix(Int.random(in: 0..<other.count, using: &random))
        }
      }
      try feed(input, &writer)
    }
  }

  @Test(arguments: [5, 6] as [UInt64])
  func randomBytes(_ seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    var writer = WireWriter()
    for _ in 0..<10000 {
      let count = Int.random(in: 0..<120, using: &random)
      var input = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      // Half of them with counts that let a reader get further.
      if input.count > 12, Bool.random(using: &random) {
        for index in 4..<12 { input[index] = index % 2 == 0 ? 0 : input[index] & 1 }
        input[2] &= 0x07
      }
      try feed(input, &writer)
    }
  }
}
