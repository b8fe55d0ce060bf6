import Addressing
import Testing

@testable import DNS

@Suite struct WriterTests {
  @Test func whatIsTakenBackIsNotPointedAt() throws {
    var writer = WireWriter()
    writer.begin(Header(id: 0), limit: 60)
    let (web, other) = (try name("web.example"), try name("mail.example"))
    #expect(writer.question(Question(try name("x"), .a)))
    #expect(try !writer.record(ResourceRecord(web, timeToLive: 0, .txt([.init(repeating: 0, count: 40)]))))
    #expect(writer.size == 19)
    #expect(try writer.record(ResourceRecord(other, timeToLive: 0, .a(.loopback))))
    writer.setCount(.questions, 1)
    writer.setCount(.answers, 1)
    let read = try Message(decoding: writer.bytes)
    #expect(read.answers == [ResourceRecord(other, timeToLive: 0, .a(.loopback))])
  }

  @Test func aWriterStartsAnew() throws {
    var writer = WireWriter()
    for text in ["a.example", "b.example", "a.example"] {
      writer.begin(Header(id: 7), framed: true)
      #expect(writer.question(Question(try name(text), .a)))
      writer.setCount(.questions, 1)
      writer.finish()
      let size = writer.size
      #expect(writer.bytes.prefix(2) == [0, UInt8(size)] && writer.bytes.count == size + 2)
      #expect(try Message(decoding: Array(writer.bytes.dropFirst(2))).questions.map(\.name) == [name(text)])
    }
  }

  @Test func deadlinesComeInOrder() {
    var random = SeededGenerator(state: 9)
    var heap = DeadlineHeap()
    var waiting: [Int64] = []
    for _ in 0..<2000 {
      if Int.random(in: 0..<3, using: &random) > 0 || waiting.isEmpty {
        let deadline = Int64.random(in: 0..<500, using: &random)
        heap.insert(UInt64(deadline), at: deadline)
        waiting.append(deadline)
      } else {
        #expect(heap.first?.deadline == waiting.min())
        #expect(heap.first.map { Int64($0.token) } == heap.first?.deadline)
        if let index = waiting.firstIndex(of: waiting.min() ?? 0) { waiting.remove(at: index) }
        heap.removeFirst()
      }
    }
    for deadline in waiting.sorted() {
      #expect(heap.first?.deadline == deadline)
      heap.removeFirst()
    }
    #expect(heap.first == nil)
  }

  @Test func durationsInNanoseconds() {
    #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
    #expect(Duration.zero.nanoseconds == 0)
    #expect(Duration.seconds(Int64.max).nanoseconds > 0)
  }
}
