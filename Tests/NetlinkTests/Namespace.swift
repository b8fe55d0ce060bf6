import FoundationEssentials
import Linux
import Testing

/// Runs `body` on a thread of its own in a new network namespace, which ends with the thread and with the descriptors
/// that were opened in it. Programs started by `body` are in the namespace, too.
func inNamespace<Result: Sendable>(_ body: @escaping @Sendable (FileDescriptor) throws -> Result) async throws -> Result
{
  try await withCheckedThrowingContinuation { continuation in
    do {
      try Threads.start(name: "test-netns") {
        continuation.resume(
          with: .init {
            try Namespaces.unshare(.network)
            return try body(try Namespaces.current(.network))
          })
      }
    } catch { continuation.resume(throwing: error) }
  }
}

/// Makes one more namespace and gives a handle on it; the thread stays where it is.
func anotherNamespace() throws -> FileDescriptor {
  let home = try Namespaces.current(.network)
  try Namespaces.unshare(.network)
  let handle = try Namespaces.current(.network)
  try Namespaces.enter(home, .network)
  return handle
}

extension Result where Failure == any Error {
  init(_ body: () throws -> Success) { self.init(catching: body) }
}

/// What a program printed; fails the test where it exits with an error.
func output(_ path: String, _ arguments: [String]) throws -> [UInt8] {
  let (read, write) = try FileDescriptor.pipe()
  let child = try ChildProcess.start(
    ProcessRequest(
      path, arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], descriptors: [nil, write, write]))
  write.close()
  let bytes = try read.readToEnd()
  let status = try child.wait()
  #expect(status == .exited(0), "\(path) \(arguments): \(String(decoding: bytes, as: UTF8.self))")
  return bytes
}

/// What `ip -json -details` says, here or in another namespace.
func ip(_ arguments: String..., in namespace: FileDescriptor? = nil) throws -> JSON {
  let bytes: [UInt8]
  if let namespace {
    bytes = try Namespaces.inside(namespace, .network) { try output("/usr/sbin/ip", ["-j", "-d"] + arguments) }
  } else {
    bytes = try output("/usr/sbin/ip", ["-j", "-d"] + arguments)
  }
  if bytes.isEmpty { return .list([]) }
  return try JSONDecoder().decode(JSON.self, from: Data(bytes))
}

/// JSON without types, for looking things up.
enum JSON: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case list([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  subscript(_ key: String) -> JSON { if case .object(let value) = self { value[key] ?? .null } else { .null } }
  subscript(_ index: Int) -> JSON {
    if case .list(let value) = self, value.indices.contains(index) { value[index] } else { .null }
  }
  var list: [JSON] { if case .list(let value) = self { value } else { [] } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var int: Int? { if case .number(let value) = self { Int(value) } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
}
