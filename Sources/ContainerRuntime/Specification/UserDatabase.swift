import OCI

/// Who a process runs as: `user[:group]` resolved with the text of a container's /etc/passwd and /etc/group.
struct UserDatabase {
  struct Account: Equatable {
    var name: String
    var user: UInt32
    var group: UInt32
    var home: String
  }
  struct Group: Equatable {
    var name: String
    var number: UInt32
    var members: [String]
  }
  let accounts: [Account]
  let groups: [Group]

  init(passwd: [UInt8]?, group: [UInt8]?) {
    accounts = Self.lines(passwd).compactMap { fields in
      guard fields.count >= 4, let user = UInt32(fields[2]), let group = UInt32(fields[3]) else { return nil }
      return Account(name: fields[0], user: user, group: group, home: fields.count > 5 ? fields[5] : "")
    }
    groups = Self.lines(group).compactMap { fields in
      guard fields.count >= 3, let number = UInt32(fields[2]) else { return nil }
      let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
      return Group(name: fields[0], number: number, members: members)
    }
  }

  private static func lines(_ text: [UInt8]?) -> [[String]] {
    guard let text else { return [] }
    return text.split(separator: 0x0A).compactMap { line in
      if line.first == UInt8(ascii: "#") { return nil }
      return line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    }
  }

  struct Identity: Equatable {
    var user: RuntimeUser
    var home: String
  }

  /// The largest number that the kernel takes for a user or group and Docker accepts.
  private static let maximum = UInt32(Int32.max)

  func resolve(_ specification: String, additionalGroups: [String]) throws(RuntimeError) -> Identity {
    let parts = specification.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let userPart = parts.first ?? ""
    let groupPart = parts.count > 1 ? parts[1] : ""

    var account: Account?
    var user: UInt32 = 0
    if userPart.isEmpty {
      account = accounts.first { $0.user == 0 }
    } else if let byName = accounts.first(where: { $0.name == userPart }) {
      account = byName
      user = byName.user
    } else if let number = Int64(userPart) {
      guard number >= 0, number <= Int64(Self.maximum) else { throw Self.outOfRange }
      user = UInt32(number)
      account = accounts.first { $0.user == user }
    } else {
      throw RuntimeError(
        .invalidSpecification, "unable to find user \(userPart): no matching entries in passwd file")
    }

    var group = account?.group ?? 0
    var supplementary: [UInt32] = []
    if groupPart.isEmpty {
      if let name = account?.name {
        supplementary = groups.filter { $0.members.contains(name) }.map(\.number)
      }
    } else {
      group = try number(ofGroup: groupPart)
    }
    // The primary group too: a process that drops it could otherwise pass rules that deny the group (CVE-2022-36109).
    supplementary.removeAll { $0 == group }
    supplementary.insert(group, at: 0)
    for name in additionalGroups {
      let number = try number(ofGroup: name)
      if !supplementary.contains(number) { supplementary.append(number) }
    }
    let home = account?.home ?? ""
    return Identity(
      user: RuntimeUser(user: user, group: group, additionalGroups: supplementary), home: home.isEmpty ? "/" : home)
  }

  private func number(ofGroup name: String) throws(RuntimeError) -> UInt32 {
    if let group = groups.first(where: { $0.name == name }) { return group.number }
    if let number = Int64(name) {
      guard number >= 0, number <= Int64(Self.maximum) else { throw Self.outOfRange }
      return UInt32(number)
    }
    throw RuntimeError(
      .invalidSpecification, "unable to find group \(name): no matching entries in group file")
  }

  private static let outOfRange = RuntimeError(
    .invalidSpecification, "uids and gids must be in range 0-2147483647")
}
