/// A process (config.md, Process): part of a configuration, and by itself what `exec --process` takes.
public struct RuntimeProcess: Sendable, Equatable {
  public var terminal = false
  public var consoleSize: (height: UInt16, width: UInt16)?
  public var user = RuntimeUser()
  public var arguments: [String]
  public var environment: [String] = []
  public var workingDirectory = "/"
  /// With `CAP_`.
  public var bounding: [String] = []
  public var effective: [String] = []
  public var permitted: [String] = []
  public var inheritable: [String] = []
  public var ambient: [String] = []
  public var limits: [RuntimeLimit] = []
  public var noNewPrivileges = false
  public var apparmorProfile: String?
  public var oomScoreAdjustment: Int?

  public init(arguments: [String]) { self.arguments = arguments }

  public static func == (a: Self, b: Self) -> Bool { a.json() == b.json() }
}

extension RuntimeProcess: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("terminal", terminal)
      if let consoleSize {
        w.key("consoleSize")
        w.object { w in
          w.member("height", consoleSize.height)
          w.member("width", consoleSize.width)
        }
      }
      w.member("user", user)
      w.member("args", arguments)
      w.member("env", environment)
      w.member("cwd", workingDirectory)
      w.key("capabilities")
      w.object { w in
        w.member("bounding", bounding)
        w.member("effective", effective)
        w.member("permitted", permitted)
        w.member("inheritable", inheritable)
        w.member("ambient", ambient)
      }
      w.member("rlimits", limits)
      w.member("noNewPrivileges", noNewPrivileges)
      w.member("apparmorProfile", apparmorProfile)
      w.member("oomScoreAdj", oomScoreAdjustment)
    }
  }
}

/// User and groups by number.
public struct RuntimeUser: Sendable, Equatable, JSONWritable {
  public var user: UInt32
  public var group: UInt32
  public var additionalGroups: [UInt32]

  public init(user: UInt32 = 0, group: UInt32 = 0, additionalGroups: [UInt32] = []) {
    self.user = user
    self.group = group
    self.additionalGroups = additionalGroups
  }

  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("uid", user)
      w.member("gid", group)
      if !additionalGroups.isEmpty {
        w.key("additionalGids")
        w.array { w in for group in additionalGroups { w.integer(group) } }
      }
    }
  }
}

/// A limit of setrlimit(2); `type` is `RLIMIT_NOFILE` and so on.
public struct RuntimeLimit: Sendable, Equatable, JSONWritable {
  public var type: String
  public var soft: UInt64
  public var hard: UInt64

  public init(type: String, soft: UInt64, hard: UInt64) {
    self.type = type
    self.soft = soft
    self.hard = hard
  }

  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("type", type)
      w.member("hard", hard)
      w.member("soft", soft)
    }
  }
}
