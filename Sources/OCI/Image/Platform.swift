/// A kind of machine that an image is built for (OCI image-index.md, "platform").
public struct Platform: Hashable, Sendable, Codable, CustomStringConvertible {
  public var architecture: String
  public var os: String
  /// Variant of the processor, `v8`.
  public var variant: String?
  public var osVersion: String?

  enum CodingKeys: String, CodingKey {
    case architecture, os, variant
    case osVersion = "os.version"
  }

  public init(os: String, architecture: String, variant: String? = nil, osVersion: String? = nil) {
    self.os = os
    self.architecture = architecture
    self.variant = variant
    self.osVersion = osVersion
  }

  /// The machine this program was built for.
  public static var host: Platform {
    #if arch(arm64)
      Platform(os: "linux", architecture: "arm64", variant: "v8")
    #else
      Platform(os: "linux", architecture: "amd64")
    #endif
  }

  /// Parses `os`, `architecture`, `os/architecture` or `os/architecture/variant`; nil where it is none of these.
  public init?(_ text: String) {
    let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard
      parts.allSatisfy({ part in
        !part.isEmpty
          && part.utf8.allSatisfy {
            ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E
          }
      })
    else { return nil }
    switch parts.count {
    case 1:
      let known = ["linux", "windows", "darwin", "freebsd"]
      if known.contains(parts[0]) {
        self.init(os: parts[0], architecture: Platform.host.architecture, variant: Platform.host.variant)
      } else {
        let (architecture, variant) = Self.canonical(parts[0], nil)
        self.init(os: "linux", architecture: architecture, variant: variant)
      }
    case 2, 3:
      let (architecture, variant) = Self.canonical(parts[1], parts.count == 3 ? parts[2] : nil)
      self.init(os: parts[0], architecture: architecture, variant: variant)
    default: return nil
    }
  }

  public var description: String {
    "\(os)/\(architecture)" + (variant.map { $0.isEmpty ? "" : "/\($0)" } ?? "")
  }

  /// How well a machine of this platform runs an image for `other`: 0 is exactly, more is worse, nil not at all.
  public func distance(to other: Platform) -> Int? {
    let (architecture, variant) = Self.canonical(architecture, variant)
    let (theirs, theirVariant) = Self.canonical(other.architecture, other.variant)
    guard os.lowercased() == other.os.lowercased(), architecture == theirs else { return nil }
    let own = Self.level(architecture, variant)
    let wanted = Self.level(theirs, theirVariant)
    return wanted <= own ? own - wanted : nil
  }

  private static func canonical(_ architecture: String, _ variant: String?) -> (String, String?) {
    let variant = variant.flatMap { $0.isEmpty ? nil : $0.lowercased() }
    switch architecture.lowercased() {
    case "x86_64", "x86-64", "amd64": return ("amd64", variant == "v1" ? nil : variant)
    case "aarch64", "arm64": return ("arm64", variant == "8" || variant == "v8" ? nil : variant)
    case "i386", "i686", "386": return ("386", nil)
    case "armhf": return ("arm", "v7")
    case "armel": return ("arm", "v6")
    case "arm": return ("arm", variant ?? "v7")
    case let other: return (other, variant)
    }
  }

  private static func level(_ architecture: String, _ variant: String?) -> Int {
    let base = architecture == "arm64" ? 8 : 1
    guard let variant, let number = Int(variant.drop { $0 == "v" }) else { return base }
    return number
  }
}
