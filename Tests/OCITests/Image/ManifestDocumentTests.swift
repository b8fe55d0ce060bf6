import OCI
import Testing

@Suite struct ManifestDocumentTests {
  static let digest = "sha256:" + String(repeating: "ab", count: 32)
  static let descriptor = "{\"mediaType\":\"\(MediaType.dockerConfig)\",\"size\":7,\"digest\":\"\(digest)\"}"
  static let manifest =
    "{\"schemaVersion\":2,\"mediaType\":\"\(MediaType.dockerManifest)\",\"config\":\(descriptor),\"layers\":[\(descriptor)]}"

  private func read(_ text: String, _ type: String? = nil) throws -> ManifestDocument {
    try ManifestDocument(Array(text.utf8), contentType: type)
  }

  @Test func readsAManifest() throws {
    guard case .manifest(let manifest) = try read(Self.manifest, MediaType.dockerManifest) else {
      Issue.record("not a manifest")
      return
    }
    #expect(manifest.config.size == 7)
    #expect(manifest.layers.map(\.digest.description) == [Self.digest])
  }

  @Test func readsAnIndexWithoutMediaType() throws {
    let text =
      "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"\(MediaType.ociManifest)\",\"size\":1,\"digest\":\"\(Self.digest)\",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}"
    guard case .index(let index) = try read(text) else {
      Issue.record("not an index")
      return
    }
    #expect(index.manifests.first?.platform?.architecture == "amd64")
  }

  @Test(arguments: [
    "", "null", "[]", "{", "{}", "{\"schemaVersion\":\"2\"}", "{\"schemaVersion\":3}",
    "{\"schemaVersion\":1,\"name\":\"x\"}",
    "{\"schemaVersion\":2}", "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}",
    "{\"schemaVersion\":2,\"config\":\(descriptor),\"layers\":{}}",
    "{\"schemaVersion\":2,\"config\":\(descriptor),\"layers\":[],\"manifests\":[]}",
    "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x\",\"size\":-1,\"digest\":\"\(digest)\"},\"layers\":[]}",
    "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha256:../etc\"},\"layers\":[]}",
    "{\"schemaVersion\":2,\"config\":\(descriptor),\"layers\":["
      + Array(repeating: descriptor, count: 128).joined(separator: ",") + "]}",
  ]) func refuses(_ text: String) {
    #expect(throws: ImageSpecificationError.self) { try read(text) }
  }

  /// A manifest with any one byte changed is read or refused, never a trap.
  @Test func fuzz() {
    let bytes = Array(Self.manifest.utf8)
    for index in bytes.indices {
      for value: UInt8 in [0, 0x22, 0x7B, 0x5D, 0x39, 0xFF] {
        var broken = bytes
        broken[index] = value
        _ = try? ManifestDocument(broken, contentType: nil)
        _ = try? ManifestDocument(Array(bytes[..<index]), contentType: nil)
      }
    }
  }

  @Test func configKeepsItsLayers() throws {
    let text =
      "{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"\(Self.digest)\"]},\"config\":{\"Cmd\":[\"sh\"],\"Volumes\":{\"/v\":{}},\"Unknown\":[1]},\"history\":null}"
    let config = try ImageConfiguration.parse(Array(text.utf8))
    #expect(config.rootFileSystem.layers.map(\.description) == [Self.digest])
    #expect(config.config?.command == ["sh"])
    #expect(config.config?.volumes?.keys.sorted() == ["/v"])
    try #expect(ImageConfiguration.parse(config.encoded()) == config)
  }

  @Test(arguments: ["", "[]", "{\"rootfs\":{\"diff_ids\":[\"x\"]}}", "{\"config\":{\"Cmd\":\"sh\"}}"])
  func refusesConfig(_ text: String) {
    #expect(throws: ImageSpecificationError.self) { try ImageConfiguration.parse(Array(text.utf8)) }
  }
}
