/// Looks up who a container's process runs as, in the container's own files (passwd(5), group(5)).
enum ContainerUser {
  /// - Parameter text: `user`, `uid`, `user:group` or `uid:gid`; empty for root.
  static func resolve(_ text: String, in tree: ContainerTree) throws(EngineError) -> (user: UInt32, group: UInt32) {
    try resolve(text, passwd: tree.readText("etc/passwd") ?? "", group: tree.readText("etc/group") ?? "")
  }

  static func resolve(
    _ text: String, passwd: String, group: String
  ) throws(EngineError) -> (user: UInt32, group: UInt32) {
    if text.isEmpty { return (0, 0) }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var result: (user: UInt32, group: UInt32) = (0, 0)
    let users = passwd.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
    if let entry = users.first(where: { $0.count > 3 && ($0[0] == parts[0] || $0[2] == parts[0]) }),
      let user = UInt32(entry[2]), let group = UInt32(entry[3])
    {
      result = (user, group)
    } else if let user = UInt32(parts[0]) {
      result.user = user
    } else {
      throw EngineError(
        .invalidParameter, "unable to find user \(parts[0]): no matching entries in passwd file")
    }
    if parts.count > 1, !parts[1].isEmpty {
      let groups = group.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      if let entry = groups.first(where: { $0.count > 2 && $0[0] == parts[1] }), let number = UInt32(entry[2]) {
        result.group = number
      } else if let number = UInt32(parts[1]) {
        result.group = number
      } else {
        throw EngineError(
          .invalidParameter, "unable to find group \(parts[1]): no matching entries in group file")
      }
    }
    return result
  }
}
