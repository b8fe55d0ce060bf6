import FoundationEssentials
import Linux
import Synchronization

/// Compiled system call filters. Compiling one takes libseccomp tens of milliseconds, more than all the rest of a start;
/// crun leaves what it compiled in its state directory and takes it back through an annotation. Other runtimes compile
/// each time.
final class SeccompCache: Sendable {
  /// crun(1): the filter in base64, instead of the configuration's `linux.seccomp`.
  static let annotation = "run.oci.seccomp_bpf_data"

  private struct State {
    /// By runtime and the JSON text of the filter.
    var filters: [Key: Filter] = [:]
    var supported: [String: Bool] = [:]
  }
  struct Key: Hashable, Sendable {
    var runtime: String
    var text: [UInt8]
  }
  struct Filter: Sendable {
    var base64: String
    var size: Int64
  }
  private let state = Mutex(State())
  /// A host runs few different filters; a client that brings a new one each time must not fill the memory.
  private static let limit = 64

  func filter(_ key: Key) -> Filter? { state.withLock { $0.filters[key] } }

  /// Takes over what a runtime compiled for a container that it just made. Blocks; the first time it asks the runtime
  /// for its version, because an older one would ignore the annotation and run the container without a filter.
  func learn(_ key: Key, runtime: RuntimeProgram, stateDirectory: String) throws {
    guard try isSupported(runtime) else { return }
    let compiled: [UInt8]
    do { compiled = try FileSystem.read(stateDirectory + "/seccomp.bpf", limit: 1 << 20) } catch {
      if error.code == .noEntry { return }
      throw error
    }
    guard !compiled.isEmpty, compiled.count % 8 == 0 else { return }
    let filter = Filter(base64: Data(compiled).base64EncodedString(), size: Int64(compiled.count))
    state.withLock { state in
      if state.filters.count >= Self.limit { state.filters = [:] }
      state.filters[key] = filter
    }
  }

  /// Whether the runtime took the filter that it was given: a container must not run without the one it was promised.
  static func wasApplied(_ filter: Filter, stateDirectory: String) -> Bool {
    (try? FileStatus(path: stateDirectory + "/seccomp.bpf"))?.size == filter.size
  }

  private func isSupported(_ runtime: RuntimeProgram) throws -> Bool {
    if let known = state.withLock({ $0.supported[runtime.path] }) { return known }
    let output = String(decoding: try Command.run(runtime.path, ["--version"]).output, as: UTF8.self)
    let words = output.prefix { !$0.isNewline }.split(separator: " ")
    let supported =
      words.count >= 3 && words[0] == "crun" && HostFeatures.KernelVersion(release: String(words[2])) >= .init(1, 8)
    state.withLock { $0.supported[runtime.path] = supported }
    return supported
  }
}
