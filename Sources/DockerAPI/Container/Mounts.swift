/// A mount asked for with `--mount`: moby's `mount.Mount`.
public struct MountRequest: JSONObject, Hashable {
  public static let goType = "mount.Mount"

  /// `bind`, `volume`, `tmpfs`, `image`, `npipe` or `cluster`.
  public var type = ""
  public var source = ""
  public var target = ""
  public var readOnly = false
  public var consistency = ""
  public var bindOptions: BindOptions?
  public var volumeOptions: VolumeOptions?
  public var imageOptions: ImageMountOptions?
  public var tmpfsOptions: TmpfsOptions?
  public var clusterOptions: EmptyObject?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Type", &type, .omitEmpty)
    visit("Source", &source, .omitEmpty)
    visit("Target", &target, .omitEmpty)
    visit("ReadOnly", &readOnly, .omitEmpty)
    visit("Consistency", &consistency, .omitEmpty)
    visit("BindOptions", &bindOptions, .omitEmpty)
    visit("VolumeOptions", &volumeOptions, .omitEmpty)
    visit("ImageOptions", &imageOptions, .omitEmpty)
    visit("TmpfsOptions", &tmpfsOptions, .omitEmpty)
    visit("ClusterOptions", &clusterOptions, .omitEmpty)
  }
}

/// What is special about a bind mount.
public struct BindOptions: JSONObject, Hashable {
  public static let goType = "mount.BindOptions"

  public var propagation = ""
  public var nonRecursive = false
  public var createMountpoint = false
  public var readOnlyNonRecursive = false
  public var readOnlyForceRecursive = false

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Propagation", &propagation, .omitEmpty)
    visit("NonRecursive", &nonRecursive, .omitEmpty)
    visit("CreateMountpoint", &createMountpoint, .omitEmpty)
    visit("ReadOnlyNonRecursive", &readOnlyNonRecursive, .omitEmpty)
    visit("ReadOnlyForceRecursive", &readOnlyForceRecursive, .omitEmpty)
  }
}

/// What is special about a volume's mount.
public struct VolumeOptions: JSONObject, Hashable {
  public static let goType = "mount.VolumeOptions"

  /// Leave an empty volume empty instead of filling it from the image.
  public var noCopy = false
  public var labels: [String: String]?
  public var subpath = ""
  public var driverConfig: MountDriver?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("NoCopy", &noCopy, .omitEmpty)
    visit("Labels", &labels, .omitEmpty)
    visit("Subpath", &subpath, .omitEmpty)
    visit("DriverConfig", &driverConfig, .omitEmpty)
  }
}

/// What is special about an image's mount.
public struct ImageMountOptions: JSONObject, Hashable {
  public static let goType = "mount.ImageOptions"

  public var subpath = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Subpath", &subpath, .omitEmpty)
  }
}

/// The volume driver that a mount asks for.
public struct MountDriver: JSONObject, Hashable {
  public static let goType = "mount.Driver"

  public var name = ""
  public var options: [String: String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Name", &name, .omitEmpty)
    visit("Options", &options, .omitEmpty)
  }
}

/// What is special about a tmpfs.
public struct TmpfsOptions: JSONObject, Hashable {
  public static let goType = "mount.TmpfsOptions"

  public var sizeBytes: Int64 = 0
  /// Permission bits.
  public var mode: UInt32 = 0
  /// `[["noexec"], ["uid", "1000"]]`.
  public var options: [[String]]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("SizeBytes", &sizeBytes, .omitEmpty)
    visit("Mode", &mode, .omitEmpty)
    visit("Options", &options, .omitEmpty)
  }
}

/// A mount that a container has: moby's `container.MountPoint`.
public struct MountPoint: JSONObject, Hashable {
  public static let goType = "container.MountPoint"

  public var type = ""
  public var name = ""
  public var source = ""
  public var destination = ""
  public var driver = ""
  public var mode = ""
  public var rw = false
  public var propagation = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Type", &type, .omitEmpty)
    visit("Name", &name, .omitEmpty)
    visit("Source", &source)
    visit("Destination", &destination)
    visit("Driver", &driver, .omitEmpty)
    visit("Mode", &mode)
    visit("RW", &rw)
    visit("Propagation", &propagation)
  }
}
