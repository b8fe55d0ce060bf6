import OCI

/// Where things lie under the store's root.
struct StorePaths: Sendable {
  let root: String
  init(root: String) {
    var root = root
    while root.count > 1 && root.hasSuffix("/") { root.removeLast() }
    self.root = root
  }

  /// Blobs by digest, complete and verified.
  var content: String { root + "/content/sha256" }
  /// Downloads that are not complete yet; they survive a restart so that a pull can resume.
  var ingest: String { root + "/ingest" }
  /// Unpacked layers.
  var layers: String { root + "/layers" }
  var images: String { root + "/images" }
  var snapshots: String { root + "/snapshots" }
  /// Layers under the writable one that hold mount points missing from an image.
  var inits: String { root + "/inits" }
  /// Half-made things; emptied at every start.
  var staging: String { root + "/staging" }
  var references: String { root + "/references.json" }

  func blob(_ digest: Digest) -> String { content + "/" + digest.hex }
  func partial(_ digest: Digest) -> String { ingest + "/" + digest.hex }
  func image(_ id: Digest) -> String { images + "/" + id.hex + ".json" }
  /// A layer's name is short, so that 127 of them fit the options of one mount.
  func layerName(_ diffID: Digest) -> String { String(diffID.hex.prefix(24)) }
  func layer(_ diffID: Digest) -> String { layers + "/" + layerName(diffID) }
  func layerTree(_ diffID: Digest) -> String { layer(diffID) + "/d" }
  func snapshot(_ id: String) -> String { snapshots + "/" + id }
  func temporary() -> String { staging + "/" + String(UInt64.random(in: 0 ... .max), radix: 16) }

  var all: [String] { [root, root + "/content", content, ingest, layers, images, snapshots, inits, staging] }
}
