import DockerAPI
import ImageStore
import OCI

/// `GraphDriver.Data` of the overlay2 driver: where the files of an image or a container lie.
enum StorageTranslation {
  /// Of a container; nil for one whose files are gone.
  static func data(ofContainer id: String, _ images: ImageStore) -> [String: String]? {
    guard let directories = try? images.snapshotDirectories(id) else { return nil }
    return data(
      lower: directories.lower, upper: directories.upper, work: directories.work, merged: directories.merged)
  }

  /// Of an image: its topmost layer is the upper directory. Nil for an image that has just been removed, or has no layer.
  static func data(ofImage id: Digest, _ images: ImageStore) -> [String: String]? {
    guard let directories = try? images.layerDirectories(of: id), let upper = directories.first else { return nil }
    let layer = upper.lastIndex(of: "/").map { String(upper[..<$0]) } ?? upper
    // An image is never mounted for itself; Docker names the two all the same.
    return data(lower: Array(directories.dropFirst()), upper: upper, work: layer + "/w", merged: layer + "/m")
  }

  static func data(lower: [String], upper: String, work: String, merged: String) -> [String: String] {
    var data = ["UpperDir": upper, "WorkDir": work, "MergedDir": merged]
    if !lower.isEmpty { data["LowerDir"] = lower.joined(separator: ":") }
    return data
  }
}
