/// How a layer's tar says that something of the layers below is gone (OCI layer.md, "Whiteouts").
enum Whiteout: Equatable {
  /// The name beside it is gone.
  case name([UInt8])
  /// All that lower layers have in the directory is gone.
  case opaque
  /// A mark of aufs that means nothing elsewhere.
  case other

  private static let prefix = Array(".wh.".utf8)
  private static let opaqueName = Array(".wh..wh..opq".utf8)
  private static let metaPrefix = Array(".wh..wh.".utf8)

  /// Reads a base name; nil for an ordinary one.
  init?(_ name: [UInt8]) {
    guard name.starts(with: Self.prefix) else { return nil }
    if name == Self.opaqueName {
      self = .opaque
    } else if name.starts(with: Self.metaPrefix) || name.count == Self.prefix.count {
      self = .other
    } else {
      let target = Array(name.dropFirst(Self.prefix.count))
      // `.wh...` would name the parent directory.
      self = target == [0x2E] || target == [0x2E, 0x2E] ? .other : .name(target)
    }
  }

  /// The base name that marks `name` as gone.
  static func marker(for name: [UInt8]) -> [UInt8] { prefix + name }
  static var opaqueMarker: [UInt8] { opaqueName }
}
