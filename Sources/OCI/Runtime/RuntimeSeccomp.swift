/// A system call filter (config-linux.md, Seccomp).
public struct RuntimeSeccomp: Sendable, Equatable {
  /// `SCMP_ACT_ERRNO` and so on.
  public var defaultAction: String
  public var defaultErrno: UInt32?
  /// `SCMP_ARCH_X86_64` and so on.
  public var architectures: [String] = []
  public var rules: [Rule] = []

  public struct Rule: Sendable, Equatable {
    public var names: [String]
    public var action: String
    public var errno: UInt32?
    public var arguments: [Argument] = []

    public init(names: [String], action: String, errno: UInt32? = nil, arguments: [Argument] = []) {
      self.names = names
      self.action = action
      self.errno = errno
      self.arguments = arguments
    }
  }

  /// A condition on one argument of a call.
  public struct Argument: Sendable, Equatable {
    public var index: UInt32
    public var value: UInt64
    public var valueTwo: UInt64
    /// `SCMP_CMP_EQ` and so on.
    public var comparison: String

    public init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, comparison: String) {
      self.index = index
      self.value = value
      self.valueTwo = valueTwo
      self.comparison = comparison
    }
  }

  public init(defaultAction: String) { self.defaultAction = defaultAction }
}

extension RuntimeSeccomp: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("defaultAction", defaultAction)
      w.member("defaultErrnoRet", defaultErrno)
      w.member("architectures", architectures)
      w.member("syscalls", rules)
    }
  }
}

extension RuntimeSeccomp.Rule: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("names", names)
      w.member("action", action)
      w.member("errnoRet", errno)
      w.member("args", arguments)
    }
  }
}

extension RuntimeSeccomp.Argument: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("index", index)
      w.member("value", value)
      if valueTwo != 0 { w.member("valueTwo", valueTwo) }
      w.member("op", comparison)
    }
  }
}
