import Linux

/// Whether a host can have short cuts to published ports at all (`--loopback-shortcut`).
public enum ShortcutProbe {
  /// What stands in the way, in words; nil where nothing does. Nothing is attached: programs that nobody holds are gone at
  /// once. Blocks.
  public static func obstacle() -> String? {
    do {
      guard let path = LoopbackShortcuts.rootGroup(try Mounts.all()) else { return LoopbackShortcuts.noTree }
      _ = try LiveNamespaces.number()
      let group = try FileDescriptor.open(path, [.readOnly, .directory])
      for hook in CgroupHook.allCases { _ = try CgroupPrograms.attached(to: group, hook) }
      try ShortcutTable.probe()
      return nil
    } catch { return "\(error)" }
  }
}
