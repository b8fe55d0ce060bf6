import Linux
import Testing

/// Against the kernel (root).
@Suite struct BPFTests {
  private func key(_ number: UInt8) -> [UInt8] { [number, 0, 0, 0] }

  @Test(arguments: [BPFMap.Kind.hash, .leastRecentlyUsed])
  func aMapKeepsWhatItIsGiven(_ kind: BPFMap.Kind) throws {
    let map = try BPFMap.create(kind, name: "apus_test_map", keySize: 4, valueSize: 8, capacity: 64)
    #expect(map.name == "apus_test_map" && map.keySize == 4 && map.valueSize == 8)
    #expect(try map.isEmpty() && map.entries().isEmpty && map.value(key(1)) == nil)
    for number in 0..<20 { try map.set(key(UInt8(number)), to: [UInt8](repeating: UInt8(number), count: 8)) }
    try map.set(key(3), to: [UInt8](repeating: 99, count: 8))
    #expect(try map.value(key(3)) == [UInt8](repeating: 99, count: 8))
    #expect(try Set(map.entries().map(\.key)) == Set((0..<20).map { key(UInt8($0)) }))
    let again = try BPFMap(id: map.id)
    try again.remove(key(3))
    try again.remove(key(3))
    #expect(try map.value(key(3)) == nil && map.entries().count == 19 && !map.isEmpty())
  }

  @Test func mapsRefuseWhatDoesNotFit() throws {
    let map = try BPFMap.create(.hash, name: "apus_test_map", keySize: 4, valueSize: 8, capacity: 1)
    let short = #expect(throws: SystemError.self) { try map.set([1], to: [UInt8](repeating: 0, count: 8)) }
    #expect(short?.code == .invalid)
    #expect(throws: SystemError.self) { try map.set(key(1), to: [1]) }
    #expect(throws: SystemError.self) { _ = try map.value([1]) }
    try map.set(key(1), to: [UInt8](repeating: 0, count: 8))
    #expect(throws: SystemError.self) { try map.set(key(2), to: [UInt8](repeating: 0, count: 8)) }
    let name = #expect(throws: SystemError.self) {
      _ = try BPFMap.create(.hash, name: "no blanks", keySize: 4, valueSize: 8, capacity: 1)
    }
    #expect(name?.code == .invalid)
  }

  @Test func whatIsGoneIsNotFound() throws {
    let gone = try BPFMap.create(.hash, name: "apus_test_map", keySize: 4, valueSize: 4, capacity: 1)
    let id = gone.id
    gone.descriptor.close()
    // The kernel lets it go a moment after its last descriptor.
    var code: Errno?
    for _ in 0..<5000 {
      do { _ = try BPFMap(id: id) } catch {
        code = error.code
        break
      }
      Threads.pause(milliseconds: 1)
    }
    #expect(code == .noEntry)
  }

  @Test func programsTellWhatTheyAre() throws {
    let map = try BPFMap.create(.hash, name: "apus_test_map", keySize: 8, valueSize: 8, capacity: 1)
    let instructions: [BPFInstruction] = [
      .storeValue(.doubleWord, base: .frame, -8, 0), .map(.r1, map.descriptor.rawValue), .move(.r2, .frame),
      .add(.r2, -8), .call(.mapLookup), .set(.r0, 1), .exit,
    ]
    let program = try BPFProgram.load("apus_test", for: .connect4, BPFAssembler.assemble(instructions))
    #expect(program.name == "apus_test" && program.maps == [map.id])
    let again = try BPFProgram(id: program.id)
    #expect(again.name == program.name && again.tag == program.tag && again.tag.count == 8)
    let other = try BPFProgram.load("apus_test", for: .connect4, BPFAssembler.assemble([.set(.r0, 1), .exit]))
    #expect(other.tag != program.tag && other.maps.isEmpty)
  }

  @Test func theVerifierSaysWhatItDoesNotLike() throws {
    // The result is what nobody has set.
    let error = #expect(throws: SystemError.self) {
      _ = try BPFProgram.load("apus_test", for: .connect4, BPFAssembler.assemble([.exit]))
    }
    let text = try #require(error).description
    #expect(error?.operation == "bpf" && text.contains("apus_test") && text.contains("R0"), "\(text)")
  }

  @Test func programsAreAttachedToAGroup() throws {
    let root = try #require(try Mounts.all().first { $0.fileSystem == "cgroup2" && $0.root == "/" }).path
    let path = "\(root)/apus-test-\(UInt32.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(path)
    defer { do { try FileSystem.removeDirectory(path) } catch { Issue.record("\(error)") } }
    let group = try FileDescriptor.open(path, [.readOnly, .directory])
    for hook in CgroupHook.allCases {
      let programs = try (0..<2).map { _ in
        try BPFProgram.load("apus_test", for: hook, BPFAssembler.assemble([.set(.r0, 1), .exit]))
      }
      for program in programs { try CgroupPrograms.attach(program, to: group, hook) }
      #expect(try CgroupPrograms.attached(to: group, hook) == programs.map(\.id))
      try CgroupPrograms.detach(programs[0], from: group, hook)
      try CgroupPrograms.detach(programs[0], from: group, hook)
      #expect(try CgroupPrograms.attached(to: group, hook) == [programs[1].id])
      try CgroupPrograms.detach(programs[1], from: group, hook)
      #expect(try CgroupPrograms.attached(to: group, hook).isEmpty)
    }
  }

  @Test func namespacesHaveNumbersOfTheirOwn() async throws {
    try await onOwnThread {
      func number() throws -> UInt64 { try Sockets.networkCookie(of: Sockets.make(.ipv4, .stream)) }
      let home = try number()
      #expect(try number() == home)
      try Namespaces.unshare(.network)
      #expect(try number() != home)
    }
  }
}
