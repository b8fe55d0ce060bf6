import Linux
import OCI
import Testing

@testable import ImageStore

/// What is said about files in Docker's directory of certificates. Registries that use good ones are in
/// Tests/System/test_registry_tls.py.
@Suite struct RegistryCertificatesTests {
  private func message(_ files: [String: String]) throws -> String {
    let directory = "/tmp/apus-certificates-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(directory, mode: 0o700)
    defer { try? FileSystem.removeTree(directory) }
    for (name, text) in files { try FileSystem.write(directory + "/" + name, Array(text.utf8)) }
    do {
      let read = try RegistryCertificates(directory: directory)
      return "\(read.authorities.count) \(read.pairs.count) \(read.configurations.count)"
    } catch { return error.message.replacing(directory, with: "DIR") }
  }

  private let nonsense = "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n"

  @Test func nothingThereIsNothingSpecial() throws {
    try #expect(message([:]) == "0 0 0")
    try #expect(message(["README": "x", "hosts.toml": "", "ca.pem": nonsense]) == "0 0 0")
    let absent = try RegistryCertificates(directory: "/tmp/apus-no-such-directory")
    #expect(absent.configurations.isEmpty)
  }

  @Test func onlyAPairMakesSense() throws {
    try #expect(
      message(["x.cert": "x"])
        == "missing key x.key for client certificate x.cert. CA certificates must use the extension .crt")
    try #expect(message(["x.key": "x"]) == "missing client certificate x.cert for key x.key")
  }

  @Test func aFileThatIsNoCertificateIsNamed() throws {
    let words = "tls: failed to find any valid certificate in PEM format"
    try #expect(message(["ca.crt": nonsense]) == "DIR/ca.crt: \(words)")
    try #expect(message(["ca.crt": "no PEM at all"]) == "DIR/ca.crt: \(words)")
    try #expect(message(["ca.crt": ""]) == "DIR/ca.crt: tls: the file is empty")
    try #expect(message(["x.cert": nonsense, "x.key": nonsense]) == "DIR/x.cert: \(words)")
  }

  @Test func aDirectoryThatIsNoneIsNamed() throws {
    do {
      _ = try RegistryCertificates(directory: "/dev/null")
      Issue.record("read certificates from a device")
    } catch { #expect(error.message == "open /dev/null: not a directory") }
  }

  @Test func aMissingPasswordIsSaidInDockersWords() async throws {
    let registry = FakeRegistry { _ in .status(401, [("WWW-Authenticate", "Basic realm=\"r\"")], []) }
    try await registry.serve { host in
      try await StoreFixture.with { fixture in
        do {
          try await fixture.store.pull(Reference("\(host)/a/b:1"))
          Issue.record("pulled without a password")
        } catch let error as ImageStoreError {
          #expect(error.code == .denied)
          #expect(error.message == "Get \"http://\(host)/v2/a/b/manifests/1\": no basic auth credentials")
        }
      }
    }
  }
}
