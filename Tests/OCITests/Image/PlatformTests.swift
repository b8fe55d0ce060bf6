import OCI
import Testing

@Suite struct PlatformTests {
  @Test func parses() {
    #expect(Platform("linux/amd64")?.description == "linux/amd64")
    #expect(Platform("arm64")?.description == "linux/arm64")
    #expect(Platform("linux/x86_64")?.architecture == "amd64")
    #expect(Platform("linux/arm")?.description == "linux/arm/v7")
    #expect(Platform("linux/arm/v6")?.variant == "v6")
    #expect(Platform("") == nil)
    #expect(Platform("a/b/c/d") == nil)
    #expect(Platform("lin ux/amd64") == nil)
  }

  @Test func choosesTheClosest() {
    func descriptor(_ n: Int, _ platform: Platform?) -> Descriptor {
      Descriptor(
        mediaType: MediaType.ociManifest, digest: Digest(sha256: [UInt8](repeating: UInt8(n), count: 32)), size: 1,
        platform: platform)
    }
    let index = Index(
      mediaType: nil,
      manifests: [
        descriptor(0, Platform(os: "unknown", architecture: "unknown")),
        descriptor(1, Platform(os: "linux", architecture: "arm", variant: "v5")),
        descriptor(2, Platform(os: "linux", architecture: "arm", variant: "v7")),
        descriptor(3, Platform(os: "linux", architecture: "amd64")),
        descriptor(4, Platform(os: "windows", architecture: "amd64")),
      ])
    func chosen(_ text: String) -> UInt8? {
      Platform(text).flatMap { index.manifest(for: $0) }.flatMap { UInt8($0.digest.hex.prefix(2), radix: 16) }
    }
    #expect(chosen("linux/amd64") == 3)
    #expect(chosen("linux/arm/v7") == 2)
    #expect(chosen("linux/arm/v6") == 1)
    #expect(chosen("linux/s390x") == nil)
  }
}
