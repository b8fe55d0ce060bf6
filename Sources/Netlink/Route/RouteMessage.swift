/// The message types of rtnetlink(7) that are used here.
enum RouteMessage {
  static let newLink: UInt16 = 16
  static let deleteLink: UInt16 = 17
  static let getLink: UInt16 = 18
  static let setLink: UInt16 = 19
  static let newAddress: UInt16 = 20
  static let deleteAddress: UInt16 = 21
  static let getAddress: UInt16 = 22
  static let newRoute: UInt16 = 24
  static let deleteRoute: UInt16 = 25
  static let getRoute: UInt16 = 26
  static let newNeighbour: UInt16 = 28
  static let deleteNeighbour: UInt16 = 29
  static let getNeighbour: UInt16 = 30
  static let newRule: UInt16 = 32
  static let deleteRule: UInt16 = 33
  static let getRule: UInt16 = 34
  /// RTM_NEWNETCONF
  static let newSettings: UInt16 = 80
  static let newLinkProperty: UInt16 = 108
  static let deleteLinkProperty: UInt16 = 109
}

/// Address families as the kernel numbers them.
enum AddressFamily {
  static let unspecified: UInt8 = 0
  static let inet: UInt8 = 2
  static let bridge: UInt8 = 7
  static let inet6: UInt8 = 10
}
