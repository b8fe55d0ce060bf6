extension MountRequest {
  /// Refuses a mount that contradicts itself, in Docker's words. Whether a source exists is the engine's to find out.
  public func validate() throws(QueryError) {
    if let complaint = complaint { throw QueryError("invalid mount config for type \"\(type)\": \(complaint)") }
  }

  private var complaint: String? {
    if target.isEmpty { return "field Target must not be empty" }
    switch type {
    case "bind": return bindComplaint
    case "volume": return volumeComplaint
    case "tmpfs": return tmpfsComplaint
    case "image":
      if bindOptions != nil { return "field BindOptions must not be specified" }
      if source.isEmpty { return "field Source must not be empty" }
    case "cluster":
      return "cluster volumes need swarm mode"
    default: return "mount type unknown"
    }
    return targetComplaint
  }

  private var targetComplaint: String? {
    if !target.hasPrefix("/") { return "invalid mount path: '\(target)' mount path must be absolute" }
    return PathText.clean(target) == "/" ? "invalid specification: destination can't be '/'" : nil
  }

  private var bindComplaint: String? {
    if source.isEmpty { return "field Source must not be empty" }
    if volumeOptions != nil { return "field VolumeOptions must not be specified" }
    if tmpfsOptions != nil { return "field TmpfsOptions must not be specified" }
    if !source.hasPrefix("/") { return "invalid mount path: '\(source)' mount path must be absolute" }
    if let options = bindOptions {
      let known = ["", "private", "rprivate", "shared", "rshared", "slave", "rslave"]
      if !known.contains(options.propagation) { return "invalid propagation mode: \(options.propagation)" }
      if options.readOnlyNonRecursive && options.readOnlyForceRecursive {
        return "mount options conflict: ReadOnlyNonRecursive and ReadOnlyForceRecursive"
      }
    }
    return targetComplaint
  }

  private var volumeComplaint: String? {
    if bindOptions != nil { return "field BindOptions must not be specified" }
    if tmpfsOptions != nil { return "field TmpfsOptions must not be specified" }
    if source.isEmpty && readOnly { return "must not set ReadOnly mode when using anonymous volumes" }
    return targetComplaint
  }

  private var tmpfsComplaint: String? {
    if !source.isEmpty { return "field Source must not be specified" }
    if bindOptions != nil { return "field BindOptions must not be specified" }
    if volumeOptions != nil { return "field VolumeOptions must not be specified" }
    return targetComplaint
  }
}
