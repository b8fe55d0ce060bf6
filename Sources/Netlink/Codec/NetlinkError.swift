import Linux

/// Why a request to the kernel failed.
public struct NetlinkError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure; more may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    enum Kind: String, Hashable, Sendable {
      case rejected, unanswered, malformed, truncated, overrun, interrupted, unsupported, inputOutput
    }
    let kind: Kind
    /// The kernel refused: `errno` says why.
    public static let rejected = Code(kind: .rejected)
    /// No answer came where there must be one.
    public static let unanswered = Code(kind: .unanswered)
    /// What arrived is not netlink.
    public static let malformed = Code(kind: .malformed)
    /// A datagram was larger than the receive buffer.
    public static let truncated = Code(kind: .truncated)
    /// The kernel dropped messages because the socket's buffer was full.
    public static let overrun = Code(kind: .overrun)
    /// A dump was changed under way again and again.
    public static let interrupted = Code(kind: .interrupted)
    /// The kernel has no way to do this in one step.
    public static let unsupported = Code(kind: .unsupported)
    /// A system call failed: see `cause`.
    public static let inputOutput = Code(kind: .inputOutput)
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What was tried, on which object, and the kernel's own words where it gave any.
  public let message: String
  /// The kernel's error number, for `.rejected` and `.inputOutput`.
  public let errno: Errno?
  /// The kernel's extended error text (NETLINK_EXT_ACK), such as "Invalid prefix for given prefix length".
  public let kernelText: String?
  /// The name of the attribute that the kernel pointed at, such as `IFLA_MTU`.
  public let attribute: String?
  /// The error below, where there is one.
  public let cause: (any Error)?

  init(
    _ code: Code, _ message: String, errno: Errno? = nil, kernelText: String? = nil, attribute: String? = nil,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.errno = errno
    self.kernelText = kernelText
    self.attribute = attribute
    self.cause = cause
  }

  static func malformed(_ what: String) -> NetlinkError { NetlinkError(.malformed, "netlink: \(what)") }

  static func system(_ error: SystemError, _ purpose: String) -> NetlinkError {
    NetlinkError(
      error.code == .noBufferSpace ? .overrun : .inputOutput, "\(purpose): \(error)", errno: error.code, cause: error)
  }

  public var description: String { message }
}

extension Errno {
  static let networkUnreachable = Errno(rawValue: 101)
  static let noBufferSpace = Errno(rawValue: 105)
}
