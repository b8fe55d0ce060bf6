import Netlink

/// Numbers of linux/netfilter/nf_tables.h and nfnetlink.h, under the kernel's names without their prefix.
enum Nft {
  enum Message: UInt16 {
    case newTable = 0
    case getTable, deleteTable, newChain, getChain, deleteChain, newRule, getRule, deleteRule
    case newSet, getSet, deleteSet, newElement, getElement, deleteElement, newGeneration, getGeneration

    /// nlmsg_type: NFNL_SUBSYS_NFTABLES and the message.
    var type: UInt16 { 10 << 8 | rawValue }
  }
  static let batchBegin: UInt16 = 0x10
  static let batchEnd: UInt16 = 0x11
  static let subsystem: UInt16 = 10

  static let tableName = AttributeType(1, "NFTA_TABLE_NAME")
  static let tableFlags = AttributeType(2, "NFTA_TABLE_FLAGS")

  static let chainTable = AttributeType(1, "NFTA_CHAIN_TABLE")
  static let chainName = AttributeType(3, "NFTA_CHAIN_NAME")
  static let chainHook = AttributeType(4, "NFTA_CHAIN_HOOK")
  static let chainPolicy = AttributeType(5, "NFTA_CHAIN_POLICY")
  static let chainType = AttributeType(7, "NFTA_CHAIN_TYPE")
  static let hookNumber = AttributeType(1, "NFTA_HOOK_HOOKNUM")
  static let hookPriority = AttributeType(2, "NFTA_HOOK_PRIORITY")

  static let ruleTable = AttributeType(1, "NFTA_RULE_TABLE")
  static let ruleChain = AttributeType(2, "NFTA_RULE_CHAIN")
  static let ruleHandle = AttributeType(3, "NFTA_RULE_HANDLE")
  static let ruleExpressions = AttributeType(4, "NFTA_RULE_EXPRESSIONS")
  static let rulePosition = AttributeType(6, "NFTA_RULE_POSITION")
  static let ruleUserData = AttributeType(7, "NFTA_RULE_USERDATA")
  static let listElement = AttributeType(1, "NFTA_LIST_ELEM")
  static let expressionName = AttributeType(1, "NFTA_EXPR_NAME")
  static let expressionData = AttributeType(2, "NFTA_EXPR_DATA")

  static let setTable = AttributeType(1, "NFTA_SET_TABLE")
  static let setName = AttributeType(2, "NFTA_SET_NAME")
  static let setFlags = AttributeType(3, "NFTA_SET_FLAGS")
  static let setKeyType = AttributeType(4, "NFTA_SET_KEY_TYPE")
  static let setKeyLength = AttributeType(5, "NFTA_SET_KEY_LEN")
  static let setDataType = AttributeType(6, "NFTA_SET_DATA_TYPE")
  static let setDataLength = AttributeType(7, "NFTA_SET_DATA_LEN")
  static let setDescription = AttributeType(9, "NFTA_SET_DESC")
  static let setID = AttributeType(10, "NFTA_SET_ID")
  static let setUserData = AttributeType(13, "NFTA_SET_USERDATA")
  static let descriptionConcat = AttributeType(2, "NFTA_SET_DESC_CONCAT")
  static let fieldLength = AttributeType(1, "NFTA_SET_FIELD_LEN")

  static let elementsTable = AttributeType(1, "NFTA_SET_ELEM_LIST_TABLE")
  static let elementsSet = AttributeType(2, "NFTA_SET_ELEM_LIST_SET")
  static let elementsList = AttributeType(3, "NFTA_SET_ELEM_LIST_ELEMENTS")
  static let elementKey = AttributeType(1, "NFTA_SET_ELEM_KEY")
  static let elementData = AttributeType(2, "NFTA_SET_ELEM_DATA")
  static let elementKeyEnd = AttributeType(10, "NFTA_SET_ELEM_KEY_END")

  static let dataValue = AttributeType(1, "NFTA_DATA_VALUE")
  static let dataVerdict = AttributeType(2, "NFTA_DATA_VERDICT")
  static let verdictCode = AttributeType(1, "NFTA_VERDICT_CODE")
  static let verdictChain = AttributeType(2, "NFTA_VERDICT_CHAIN")

  static let batchGeneration = AttributeType(1, "NFNL_BATCH_GENID")
  static let generationID = AttributeType(1, "NFTA_GEN_ID")
  static let generationThread = AttributeType(2, "NFTA_GEN_PROC_PID")
  static let generationProgram = AttributeType(3, "NFTA_GEN_PROC_NAME")

  enum SetFlag {
    static let anonymous: UInt32 = 0x1
    static let interval: UInt32 = 0x4
    static let map: UInt32 = 0x8
    static let concatenation: UInt32 = 0x80
  }
  /// NFT_DATA_VERDICT: the data type of verdict maps.
  static let verdictData: UInt32 = 0xFFFF_FF00
}

extension MessageWriter {
  /// struct nfgenmsg: the family, version 0, and a number that only batches use.
  mutating func header(_ family: UInt8, resource: UInt16 = 0) {
    append(family)
    append(UInt8(0))
    append(resource.bigEndian)
  }

  /// NFTA_DATA_VALUE inside `type`.
  mutating func value(_ type: AttributeType, _ bytes: [UInt8]) {
    nested(type) { $0.attribute(Nft.dataValue, bytes: bytes) }
  }

  /// NFTA_DATA_VERDICT inside `type`.
  mutating func verdict(_ type: AttributeType, _ verdict: Verdict) {
    nested(type) {
      $0.nested(Nft.dataVerdict) {
        $0.attribute(Nft.verdictCode, bigEndian: verdict.code)
        if let chain = verdict.chain { $0.attribute(Nft.verdictChain, string: chain) }
      }
    }
  }
}

extension Verdict {
  /// The verdict in an NFTA_DATA attribute, nil for a value.
  init?(_ data: Attribute) throws(NetlinkError) {
    guard let verdict = try data.nested()[Nft.dataVerdict] else { return nil }
    let parts = try verdict.nested()
    let chain = parts[Nft.verdictChain]?.string ?? ""
    switch parts[Nft.verdictCode]?.u32BigEndian.map({ Int32(bitPattern: $0) }) {
    case 0: self = .drop
    case 1: self = .accept
    case -1: self = .continue
    case -3: self = .jump(chain)
    case -4: self = .goto(chain)
    case -5: self = .return
    default: return nil
    }
  }
}
