import KeyValueStore
import Linux
import Synchronization

/// Standard output, a line at a time: what was written before a kill is read after it, whole lines only.
enum Report {
  private static let output = Mutex(FileDescriptor(owning: 1))

  static func line(_ text: String) {
    output.withLock { output in
      // Nobody reads any more: the test is over.
      do { try output.writeAll(Array((text + "\n").utf8)) } catch { fatalError("the test has gone: \(error)") }
    }
  }
}

/// Tasks that each write keys of their own, and one key that all of them count up.
final class CrashWriters: Sendable {
  static let count = 6
  private static let keys = 8

  private let store: SQLiteStore
  /// The revision of the last event that was reported.
  private let told = Mutex<Int64>(0)

  init(_ store: SQLiteStore) { self.store = store }

  func write(_ writer: Int) async throws {
    let life = Clock.realtime
    for step in 0... {
      // No number is used twice.
      let number = "\(life)-\(writer)-\(step)"
      switch Int.random(in: 0..<20) {
      case 0..<2: try await countUp()
      case 2..<5:
        let key = key(writer)
        // Only what is there: else there would be nothing to be told.
        if try await store.get(key) != nil { try await change("delete \(key)") }
      case 5..<8: try await change("put \(key(writer, 0)) \(number) put \(key(writer, 1)) \(number)")
      case 8 where writer == 0: try await forget()
      default: try await change("put \(key(writer)) \(number)")
      }
    }
  }

  /// Reports every event, with what it says was there before, through a revision.
  func follow(from start: Int64, through last: Int64) async throws {
    if start > last { return }
    for try await batch in store.watch(prefix: "", from: start) {
      let events = batch.events.map { "\($0.key) \($0.current?.number ?? "-") \($0.previous?.number ?? "-")" }
      Report.line("event \(batch.revision) \(events.joined(separator: " "))")
      told.withLock { $0 = batch.revision }
      if batch.revision >= last { return }
    }
  }

  private func key(_ writer: Int, _ number: Int? = nil) -> String {
    "w\(writer)/\(number ?? Int.random(in: 2..<Self.keys))"
  }

  /// One transaction, in the words in which it is reported.
  private func change(_ words: String) async throws {
    var mutations: [Mutation] = []
    var rest = words.split(separator: " ")[...]
    while let verb = rest.popFirst(), let key = rest.popFirst() {
      if verb == "delete" {
        mutations.append(.delete(key: String(key)))
      } else if let number = rest.popFirst() {
        // Sizes that fill a part of a page, and more than one.
        let padding = Array(repeating: UInt8(ascii: "."), count: Int.random(in: 0..<30) * Int.random(in: 0..<300))
        mutations.append(.put(key: String(key), value: Array("\(number) ".utf8) + padding))
      }
    }
    Report.line("try \(words)")
    Report.line("ack \(try await store.commit(mutations)) \(words)")
  }

  /// Adds one to the key that all share, where nobody else did meanwhile.
  private func countUp() async throws {
    let current = try await store.get("shared")
    let next = (Int(current?.number ?? "0") ?? 0) + 1
    Report.line("try put shared \(next)")
    do throws(StoreError) {
      let revision = try await store.commit(
        [.put(key: "shared", value: Array("\(next)".utf8))],
        where: [.modRevision(key: "shared", equals: current?.modRevision ?? 0)])
      Report.line("ack \(revision) put shared \(next)")
    } catch { guard error.code == .conflict else { throw error } }
  }

  /// Compacts what the test has been told.
  private func forget() async throws {
    let told = told.withLock { $0 }
    if told > 50 { try await store.compact(upTo: told - 50) }
  }
}

extension KeyValue {
  /// The number that its value begins with.
  var number: String { String(decoding: value.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self) }
}
