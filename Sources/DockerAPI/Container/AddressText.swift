import Addressing

/// Addresses as text.
enum AddressText {
  /// True for an IPv4 or IPv6 address.
  static func isAddress(_ text: String) -> Bool { IPAddress(text) != nil }
}
