import Glibc
import KeyValueStore
import Linux

/// Writes to a store, and watches it, until it is killed. Everything that it does, is told or is answered goes to
/// standard output first, a line each: what the store must remember. `StoreCrashTests` reads them.
///   StoreCrashWriter FILE REVISION run|check
/// The watch begins at REVISION. `check` writes nothing and ends when the watch has told everything.
let arguments = CommandLine.arguments
guard arguments.count == 4, let start = Int64(arguments[2]) else {
  StandardError.write("usage: StoreCrashWriter FILE REVISION run|check\n")
  exit(2)
}
let isCheck = arguments[3] == "check"
do {
  let store = try await SQLiteStore(path: arguments[1])
  let page = try await store.range(prefix: "")
  for value in page.values { Report.line("have \(value.key) \(value.number) \(value.modRevision)") }
  Report.line("open \(page.revision)")
  let writers = CrashWriters(store)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await writers.follow(from: start, through: isCheck ? page.revision : .max) }
    for writer in 0..<(isCheck ? 0 : CrashWriters.count) { group.addTask { try await writers.write(writer) } }
    try await group.waitForAll()
  }
  await store.close()
} catch {
  Report.line("failed \(error)")
  exit(1)
}
