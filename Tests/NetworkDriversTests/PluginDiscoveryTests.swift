import Linux
import NetworkModel
import Testing

@testable import NetworkDrivers

/// Where plugins are found, and what says where they are.
struct PluginDiscoveryTests {
  /// A directory for one test, with a directory `specs` beside `sockets`.
  private func with(_ body: (_ root: String, PluginDirectory) throws -> Void) throws {
    let root = "/tmp/apus-plugins-\(UInt32.random(in: 0 ... .max))"
    try FileSystem.makeDirectories(root + "/sockets/nested")
    try FileSystem.makeDirectories(root + "/specs/nested")
    defer { try? FileSystem.removeTree(root) }
    try body(root, PluginDirectory([root + "/sockets", root + "/specs", root + "/none"]))
  }

  private func socket(_ path: String) throws -> FileDescriptor {
    let socket = try Sockets.make(.unix, .stream)
    try Sockets.bind(socket, to: .unix(path))
    return socket
  }

  @Test func socketsComeBeforeDescriptions() throws {
    try with { root, directory in
      let open = [try socket(root + "/sockets/plain.sock"), try socket(root + "/sockets/nested/nested.sock")]
      try FileSystem.write(root + "/specs/plain.spec", "tcp://127.0.0.1:1".utf8)
      #expect(try directory.find("plain") == PluginAddress(place: .unix(root + "/sockets/plain.sock")))
      #expect(try directory.find("nested") == PluginAddress(place: .unix(root + "/sockets/nested/nested.sock")))
      // A plain file of that name is none.
      try FileSystem.write(root + "/sockets/file.sock", [])
      #expect(try directory.find("file") == nil)
      open.forEach { $0.close() }
    }
  }

  @Test(arguments: [
    ("unix:///run/x.sock\n", PluginAddress.Place.unix("/run/x.sock")), ("tcp://10.0.0.1:99", .tcp("10.0.0.1:99")),
    ("  tcp://[::1]:99/\n", .tcp("[::1]:99")), ("http://host:80/path", .tcp("host:80")),
  ])
  func aSpecIsOneURL(text: String, place: PluginAddress.Place) throws {
    try with { root, directory in
      try FileSystem.write(root + "/specs/a.spec", text.utf8)
      #expect(try directory.find("a") == PluginAddress(place: place))
    }
  }

  @Test(arguments: ["", "nonsense", "ftp://x:1", "unix://relative", "tcp://", "tcp://a b", "tcp://a:1 tcp://b:2"])
  func aSpecThatIsNoneIsToldByItsPath(text: String) throws {
    try with { root, directory in
      try FileSystem.write(root + "/specs/nested/nested.spec", text.utf8)
      #expect { try directory.find("nested") } throws: {
        "\($0)".hasPrefix(root + "/specs/nested/nested.spec does not say")
      }
    }
  }

  @Test func aDescriptionHasAnAddressAndFilesForTLS() throws {
    try with { root, directory in
      func described(_ text: String) throws -> PluginAddress? {
        try FileSystem.write(root + "/specs/a.json", text.utf8)
        return try directory.find("a")
      }
      let plain = try described(#"{"Name": "a", "Addr": "unix:///x"}"#)
      #expect(plain == PluginAddress(place: .unix("/x")))
      let files = #""CAFile": "/ca", "CertFile": "/cert", "KeyFile": "/key""#
      let checked = try described(#"{"Name": "a", "Addr": "tcp://h:1", "TLSConfig": {\#(files)}}"#)
      let tls = PluginAddress.TLS(verifies: true, authorities: "/ca", certificate: "/cert", key: "/key")
      #expect(checked == PluginAddress(place: .tcp("h:1"), tls: tls))
      let trusted = try described(
        #"{"Addr": "https://h:1", "TLSConfig": {"InsecureSkipVerify": true, "CAFile": "/ca"}}"#)
      #expect(trusted?.tls == .init(verifies: false, authorities: "/ca"))
      let bare = try described(#"{"Addr": "tcp://h:1", "TLSConfig": {}}"#)
      #expect(bare?.tls == .init())
      for wrong in ["", "[]", "{}", #"{"Addr": 7}"#, #"{"Addr": "x"}"#] {
        #expect { try described(wrong) } throws: { "\($0)".contains("/specs/a.json") }
      }
    }
  }

  @Test(arguments: ["", ".", "..", ".hidden", "../specs/a", "nested/nested", "a\0", String(repeating: "x", count: 300)])
  func aNameLeadsNowhereElse(name: String) throws {
    try with { root, directory in
      try FileSystem.write(root + "/specs/a.spec", "tcp://h:1".utf8)
      #expect(try directory.find(name) == nil)
    }
  }

  @Test func urls() {
    #expect(
      PluginAddress(place: .unix("/run/docker/plugins/a_b.sock")).url(of: "Plugin.Activate")
        == "http+unix://%2Frun%2Fdocker%2Fplugins%2Fa%5Fb%2Esock/Plugin.Activate")
    #expect(PluginAddress(place: .tcp("h:1")).url(of: "x") == "http://h:1/x")
    #expect(PluginAddress(place: .tcp("h:1"), tls: .init()).url(of: "x") == "https://h:1/x")
  }
}
