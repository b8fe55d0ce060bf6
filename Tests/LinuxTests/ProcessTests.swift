import Linux
import Testing

@Suite struct ProcessTests {
  @Test func exitCodesAndSignals() throws {
    let seven = try ChildProcess.start(ProcessRequest("/bin/sh", ["-c", "exit 7"]))
    #expect(try seven.wait() == .exited(7))
    let sleeper = try ChildProcess.start(ProcessRequest("/bin/sleep", ["100"]))
    #expect(try Processes.isAlive(sleeper.pid))
    #expect(try Processes.startTime(of: sleeper.pid) != nil)
    try sleeper.signal(15)
    let status = try sleeper.wait()
    #expect(status == .signaled(15) && status.code == 143)
    #expect(try !Processes.isAlive(sleeper.pid))
    try sleeper.signal(9)
    #expect(try Processes.startTime(of: sleeper.pid) == nil)
    #expect(try Processes.open(sleeper.pid) == nil)
  }

  @Test func argumentsEnvironmentDirectoryAndOutput() throws {
    let (read, write) = try FileDescriptor.pipe()
    let child = try ChildProcess.start(
      ProcessRequest(
        "/bin/sh", ["-c", "printf '%s|' \"$1\" \"$NAME\" \"$PWD\" \"$HOME\"", "sh", "a b"],
        environment: ["NAME=va lue"],
        workingDirectory: "/usr", descriptors: [nil, write, nil]))
    write.close()
    #expect(String(decoding: try read.readToEnd(), as: UTF8.self) == "a b|va lue|/usr||")
    #expect(try child.wait() == .exited(0))
  }

  @Test func whatCannotStartSaysWhichStep() {
    let missing = #expect(throws: SystemError.self) {
      try ChildProcess.start(ProcessRequest("/nonexistent/program", []))
    }
    #expect(missing?.code == .noEntry && missing?.subject == "/nonexistent/program")
    let directory = #expect(throws: SystemError.self) {
      try ChildProcess.start(ProcessRequest("/bin/true", [], workingDirectory: "/nonexistent"))
    }
    #expect(directory?.code == .noEntry && directory?.operation != missing?.operation)
  }

  @Test func newSessionIsItsOwnLeader() throws {
    let (read, write) = try FileDescriptor.pipe()
    var request = ProcessRequest(
      "/bin/sh", ["-c", "read -r line < /proc/self/stat; echo \"$line\""], descriptors: [nil, write, nil])
    request.newSession = true
    let child = try ChildProcess.start(request)
    write.close()
    let fields = String(decoding: try read.readToEnd(), as: UTF8.self).split(separator: " ")
    // Session: field 6.
    #expect(fields.count > 6 && fields[5] == "\(child.pid)")
    #expect(try child.wait() == .exited(0))
  }

  @Test func descriptorsLandWhereTheyShould() throws {
    let (read, write) = try FileDescriptor.pipe()
    let (inputRead, inputWrite) = try FileDescriptor.pipe()
    try inputWrite.writeAll(Array("from four\n".utf8))
    inputWrite.close()
    let child = try ChildProcess.start(
      ProcessRequest(
        "/bin/sh", ["-c", "cat <&4 >&3"], environment: ["PATH=/bin:/usr/bin"],
        descriptors: [nil, nil, nil, write, inputRead]))
    write.close()
    #expect(String(decoding: try read.readToEnd(), as: UTF8.self) == "from four\n")
    #expect(try child.wait() == .exited(0))
  }

  @Test func pidfdBecomesReadableAtTheEnd() throws {
    let epoll = try Epoll()
    let child = try ChildProcess.start(ProcessRequest("/bin/sleep", ["100"]))
    try epoll.set(child.pidfd.rawValue, .readable, token: 42)
    #expect(try epoll.wait(timeout: 0).isEmpty)
    try child.signal(9)
    let events = try epoll.wait(timeout: 10_000)
    #expect(events.map(\.token) == [42] && events[0].readiness.contains(.readable))
    #expect(try child.wait() == .signaled(9))
  }
}
