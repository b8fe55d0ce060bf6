/// Why a container could not be made, started or reached.
public struct RuntimeError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public struct Code: Sendable, Hashable {
    private enum Value {
      case invalidSpecification, missingProgram, notFound, notRunning, commandNotFound, commandNotExecutable, failed
    }
    private let value: Value
    /// The specification asks for what cannot be: an unknown user, capability, limit or path.
    public static let invalidSpecification = Code(value: .invalidSpecification)
    /// A program of the host is missing; the message names the package.
    public static let missingProgram = Code(value: .missingProgram)
    /// No such container or exec.
    public static let notFound = Code(value: .notFound)
    /// It is there and does not run.
    public static let notRunning = Code(value: .notRunning)
    /// The container has no such program: exit code 127.
    public static let commandNotFound = Code(value: .commandNotFound)
    /// The program may not or cannot be executed: exit code 126.
    public static let commandNotExecutable = Code(value: .commandNotExecutable)
    public static let failed = Code(value: .failed)
  }
  public let code: Code
  /// What, which object, what to do; in docker's words where docker has them.
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }

  /// The exit code that stands for a start that failed: 127 not found, 126 not executable, 128 otherwise, as docker
  /// records it.
  public var startExitCode: Int32 {
    switch code {
    case .commandNotFound: 127
    case .commandNotExecutable: 126
    default: 128
    }
  }
}
