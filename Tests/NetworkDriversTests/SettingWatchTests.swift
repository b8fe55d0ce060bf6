import Linux
import Testing

@testable import NetworkDrivers

@Suite struct SettingWatchTests {
  @Test func whatCannotBeWatchedIsToldOnce() throws {
    let file = "/tmp/apus-setting-\(UInt32.random(in: 0 ... .max))"
    try FileSystem.write(file, Array("1".utf8))
    defer { #expect(throws: Never.self) { try FileSystem.removeFile(file) } }
    let watch = try SettingWatch()
    var told: [String] = []
    // What is not there, as IPv6 on some hosts, is no news.
    let directories: [String: UInt32] = [file: 1, "/proc/sys/net/nonexistent": 1, "/proc/sys/net/core": 1]
    for _ in 0..<2 { watch.watch(directories) { told.append($0) } }
    #expect(told.count == 1)
    #expect(told.first?.hasPrefix("changes of the settings in \(file) are not noticed: open") == true, "\(told)")
  }
}
