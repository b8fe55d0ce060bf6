import FoundationEssentials
import Linux

/// What a later engine must know of a container that an earlier one made: kept in its bundle.
struct BundleRecord: Codable, Sendable, Equatable {
  var runtimeName: String
  var runtimePath: String
  var cgroupPath: String
  var terminal: Bool
  var rotation: LogRotation?
  /// 0 until the monitor runs.
  var monitorPid: Int32 = 0
  var monitorStartTime: UInt64 = 0

  var runtime: RuntimeProgram { RuntimeProgram(name: runtimeName, path: runtimePath) }

  func write(_ paths: ContainerPaths) throws {
    try FileSystem.replace(paths.record, [UInt8](JSONEncoder().encode(self)), durable: false)
  }

  /// nil where there is none, or one that was being written when its engine ended. Blocks.
  static func read(_ paths: ContainerPaths) throws(SystemError) -> BundleRecord? {
    guard let bytes = try FileSystem.readIfPresent(paths.record) else { return nil }
    do { return try JSONDecoder().decode(BundleRecord.self, from: Data(bytes)) } catch { return nil }
  }
}
