import CLinux

extension FileStatus {
  /// Major number of the device that a device node stands for.
  public var specialMajor: UInt32 { apus_major(special) }
  /// Minor number of the device that a device node stands for.
  public var specialMinor: UInt32 { apus_minor(special) }
}
