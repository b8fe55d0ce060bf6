import Linux
import Testing

/// Trees as a hostile container makes them, handled on a thread with the small stack of the engine's pool.
@Suite struct DeepTreeTests {
  /// Nests `depth` directories with a file in each, far beyond the longest path.
  private static func nest(_ path: String, depth: Int) throws {
    var directory = try FileDescriptor.open(path, [.readOnly, .directory])
    for _ in 0..<depth {
      let place = "/proc/self/fd/\(directory.rawValue)"
      try FileSystem.makeDirectory(place + "/d")
      try FileSystem.write(place + "/file", [1])
      directory = try .open("d", [.readOnly, .directory], at: directory)
    }
  }

  @Test func aTreeDeeperThanAnyPathIsRemoved() async throws {
    try await onOwnThread {
      try withScratch { path in
        try FileSystem.makeDirectory(path + "/tree")
        try Self.nest(path + "/tree", depth: 5000)
        try FileSystem.removeTree(path + "/tree")
        #expect(try FileSystem.list(path).isEmpty)
      }
    }
  }

  @Test func sizingADeepAndWideTreeHoldsFewDescriptors() async throws {
    try await onOwnThread {
      try withScratch { path in
        try Self.nest(path, depth: 1500)
        for number in 0..<3000 { try FileSystem.makeDirectory("\(path)/wide-\(number)") }
        #expect(try FileTree.size(path) >= 1000)
      }
    }
  }

  @Test func copyingATreeThatIsTooDeepIsRefused() async throws {
    try await onOwnThread {
      try withScratch { path in
        try FileSystem.makeDirectory(path + "/from")
        try FileSystem.makeDirectory(path + "/to")
        try Self.nest(path + "/from", depth: 400)
        let from = try FileDescriptor.open(path + "/from", [.readOnly, .directory])
        let to = try FileDescriptor.open(path + "/to", [.readOnly, .directory])
        let error = #expect(throws: SystemError.self) { try FileTree.copyContents(of: from, to: to) }
        #expect(error?.code == .loop)
      }
    }
  }
}
