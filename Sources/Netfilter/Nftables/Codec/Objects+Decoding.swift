import Netlink

extension NamedSet {
  /// Reads a set without its elements; nil for other tables' sets and types that we do not know.
  /// - Parameter anonymous: whether sets without a name of their own are wanted. Of those that hold intervals the
  ///   elements are written otherwise than ours: they are left out.
  init?(_ message: NetlinkMessage, table: String, anonymous: Bool = false) throws(NetlinkError) {
    let attributes = try message.attributes(after: 4)
    let flags = attributes[Nft.setFlags]?.u32BigEndian ?? 0
    let isWanted =
      flags & Nft.SetFlag.anonymous == 0 || anonymous && flags & Nft.SetFlag.interval == 0
    guard attributes[Nft.setTable]?.string == table, isWanted,
      let name = attributes[Nft.setName]?.string,
      let key = attributes[Nft.setKeyType]?.u32BigEndian.flatMap({ DataType.fields(of: $0) })
    else { return nil }
    var value: SetValue = .nothing
    if flags & Nft.SetFlag.map != 0, let code = attributes[Nft.setDataType]?.u32BigEndian {
      if code == Nft.verdictData {
        value = .verdict
      } else if let types = DataType.fields(of: code) {
        value = .data(types)
      }
    }
    self.init(name, key: key, value: value, isInterval: flags & Nft.SetFlag.interval != 0)
  }
}

extension Chain {
  /// Reads a chain without its rules; nil for other tables' chains.
  init?(_ message: NetlinkMessage, table: String) throws(NetlinkError) {
    let attributes = try message.attributes(after: 4)
    guard attributes[Nft.chainTable]?.string == table, let name = attributes[Nft.chainName]?.string else { return nil }
    self.init(name)
    guard let hook = try attributes[Nft.chainHook]?.nested() else { return }
    let type = attributes[Nft.chainType].flatMap { ChainType(rawValue: $0.string) } ?? .filter
    guard let number = hook[Nft.hookNumber]?.u32BigEndian.flatMap({ Hook(rawValue: $0) }) else { return }
    let priority = Int32(bitPattern: hook[Nft.hookPriority]?.u32BigEndian ?? 0)
    base = BaseHook(type, number, Priority(priority), accepts: attributes[Nft.chainPolicy]?.u32BigEndian != 0)
  }
}

extension Rule {
  init(_ attributes: Attributes) throws(NetlinkError) {
    var expressions: [Expression] = []
    if let list = try attributes[Nft.ruleExpressions]?.nested() {
      for element in list { expressions.append(try Expression(element)) }
    }
    let key = attributes[Nft.ruleUserData].map { UserData.comment(of: $0.bytes) } ?? ""
    self.init(key, expressions, handle: attributes[Nft.ruleHandle]?.u64BigEndian)
  }
}
