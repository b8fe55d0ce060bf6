/// One entry of `HostConfig.Binds`: `source:destination[:options]`.
public struct BindSpec: Sendable, Hashable {
  /// An absolute path of the host, or the name of a volume.
  public var source: String
  public var destination: String
  /// The options as written.
  public var mode: String
  public var readOnly = false
  /// Leave an empty volume empty instead of filling it from the image.
  public var noCopy = false
  /// `rprivate` where nothing is said.
  public var propagation = ""
  /// `z` or `Z`: labels for SELinux, taken and without effect where there is none.
  public var relabel = false

  /// True if the source is a volume's name.
  public var isVolume: Bool { !source.hasPrefix("/") }

  /// Reads an entry.
  ///
  /// - Throws: ``QueryError`` in Docker's words.
  public init(_ text: String) throws(QueryError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), !parts[0].isEmpty, !parts[1].isEmpty, parts.count == 2 || !parts[2].isEmpty
    else { throw QueryError("invalid volume specification: '\(text)'") }
    source = parts[0].hasPrefix("/") ? PathText.clean(parts[0]) : parts[0]
    destination = PathText.clean(parts[1])
    mode = parts.count == 3 ? parts[2] : ""
    guard parts[1].hasPrefix("/") else {
      throw QueryError(
        "invalid volume specification: '\(text)': invalid mount path: '\(parts[1])' mount path must be absolute")
    }
    if destination == "/" {
      throw QueryError("invalid volume specification: '\(text)': invalid specification: destination can't be '/'")
    }
    if isVolume { try Self.validateVolumeName(source) }
    try readMode(of: text)
  }

  private mutating func readMode(of text: String) throws(QueryError) {
    var seen: Set<String> = []
    for option in mode.split(separator: ",", omittingEmptySubsequences: true).map(String.init) {
      let kind: String
      switch option {
      case "ro", "rw":
        readOnly = option == "ro"
        kind = "access"
      case "nocopy":
        noCopy = true
        kind = "copy"
      case "z", "Z":
        relabel = true
        kind = "label"
      case "private", "rprivate", "shared", "rshared", "slave", "rslave":
        propagation = option
        kind = "propagation"
      case "cached", "delegated", "consistent": kind = "consistency"
      default: throw QueryError("invalid mode: \(mode)")
      }
      guard seen.insert(kind).inserted else { throw QueryError("invalid mode: \(mode)") }
    }
    if isVolume, !propagation.isEmpty { throw QueryError("invalid mode: \(mode)") }
  }

  /// Refuses a name that no volume may have.
  public static func validateVolumeName(_ name: String) throws(QueryError) {
    if name.utf8.count == 1 {
      throw QueryError("volume name is too short, names should be at least two alphanumeric characters")
    }
    if !NameRule.isValid(name) {
      throw QueryError(
        "\"\(name)\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" "
          + "are allowed. If you intended to pass a host directory, use absolute path")
    }
  }
}

/// The rule for the names of containers and volumes: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
public enum NameRule {
  /// True if the name obeys.
  public static func isValid(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count >= 2 else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): index > 0
      default: false
      }
    }
  }
}
