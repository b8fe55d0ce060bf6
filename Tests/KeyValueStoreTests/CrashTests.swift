import AsyncWork
import KeyValueStore
import Linux
import Testing

/// The embedded store is killed at random instants while many write to it and one watches.
@Suite("Store under kill -9", .serialized)
struct CrashTests {
  /// `APUS_STORE_CRASHES` sets the number of kills; the system suite has many more than these.
  private static let kills = Environment["APUS_STORE_CRASHES"].flatMap { Int($0) } ?? 15

  @Test(.timeLimit(.minutes(10))) func nothingAcknowledgedIsLost() async throws {
    try await withTemporaryDirectory { directory in
      let thread = try OwnedThread(name: "crash-test")
      defer { thread.stop() }
      let file = directory + "/store.db"
      let killed = try await thread.run {
        var journal = CrashJournal()
        for _ in 0..<Self.kills where journal.faults.isEmpty {
          try Self.live(file, &journal, lines: Int.random(in: 0...Int.random(in: 1...600)))
        }
        return journal
      }
      // A snapshot of what nobody has opened since has everything too.
      let snapshot = try await StoreSnapshot.take(of: file, to: directory + "/snapshot")
      #expect(snapshot.revision >= killed.highest)
      let journal = try await thread.run {
        var journal = killed
        try Self.live(file, &journal, lines: nil)
        journal.end()
        return journal
      }
      #expect(snapshot.revision == journal.told)
      #expect(journal.faults.isEmpty)
      #expect(journal.lives == Self.kills + 1 && journal.acknowledgements > Self.kills)
    }
  }

  /// One life of the store: until it has reported so many lines after its opening, or to the end of a check.
  private static func live(_ file: String, _ journal: inout CrashJournal, lines: Int?) throws {
    let program = FileSystem.directory(of: try FileSystem.readLink("/proc/self/exe")) + "/StoreCrashWriter"
    let (read, write) = try FileDescriptor.pipe()
    let arguments = [file, "\(journal.told + 1)", lines == nil ? "check" : "run"]
    let child = try ChildProcess.start(
      ProcessRequest(program, arguments, descriptors: [nil, write, nil]))
    write.close()
    journal.beginLife()
    var rest: [UInt8] = []
    var count = 0
    var isKilled = false
    while true {
      let bytes = try read.read(upTo: 65536)
      if bytes.isEmpty { break }
      rest += bytes
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeSubrange(...end)
        journal.read(line[...])
        if !line.hasPrefix("have ") { count += 1 }
        if let lines, count > lines, !isKilled {
          isKilled = true
          try child.signal(9)
        }
      }
    }
    let status = try child.wait()
    #expect(status == (lines == nil ? .exited(0) : .signaled(9)))
  }
}
