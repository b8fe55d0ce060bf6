import Linux

/// mount(8)'s comma-separated options, told apart into flags of the system call and what the file system gets.
enum MountOptions {
  static func parse(_ text: String) -> (flags: MountFlags, rest: String) {
    var flags: MountFlags = []
    var rest: [Substring] = []
    for option in text.split(separator: ",") {
      switch option {
      case "ro": flags.insert(.readOnly)
      case "rw": flags.remove(.readOnly)
      case "nosuid": flags.insert(.noSetID)
      case "nodev": flags.insert(.noDevices)
      case "noexec": flags.insert(.noExecute)
      case "bind": flags.insert(.bind)
      case "rbind": flags.formUnion([.bind, .recursive])
      case "suid": flags.remove(.noSetID)
      case "dev": flags.remove(.noDevices)
      case "exec": flags.remove(.noExecute)
      case "noatime": flags.insert(.noAccessTime)
      case "nodiratime": flags.insert(.noDirectoryAccessTime)
      case "relatime": flags.insert(.relativeAccessTime)
      case "strictatime": flags.insert(.strictAccessTime)
      case "sync": flags.insert(.synchronous)
      case "dirsync": flags.insert(.synchronousDirectories)
      case "remount": flags.insert(.remount)
      case "atime", "diratime", "async", "auto", "noauto", "defaults": continue
      default: rest.append(option)
      }
    }
    return (flags, rest.joined(separator: ","))
  }
}
