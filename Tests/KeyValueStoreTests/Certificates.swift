import Linux

/// An authority, a server's and a client's certificate by it, and a client's by another authority; made by openssl.
struct Certificates {
  static let program = "/usr/bin/openssl"
  static var canBeMade: Bool { FileSystem.exists(program) }

  struct Pair {
    let certificate: String
    let key: String
    /// The file of its own authority.
    let authority: String
  }

  let server: Pair
  let client: Pair
  let other: Pair
  var authority: String { server.authority }

  init(_ directory: String) throws {
    for authority in ["authority", "stranger"] { try Self.makeAuthority(directory + "/" + authority) }
    // Etcd checks its own certificate against the authority of its clients.
    server = try Self.make(directory + "/server", by: directory + "/authority")
    client = try Self.make(directory + "/client", by: directory + "/authority")
    other = try Self.make(directory + "/other", by: directory + "/stranger")
  }

  private static func makeAuthority(_ path: String) throws {
    try run([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
      "/CN=\(FileSystem.name(of: path))",
      "-keyout", path + ".key", "-out", path + ".crt",
    ])
  }

  private static func make(_ path: String, by authority: String) throws -> Pair {
    try run([
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=\(FileSystem.name(of: path))",
      "-keyout", path + ".key", "-out", path + ".csr",
    ])
    try FileSystem.write(
      path + ".ext", Array("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n".utf8))
    try run([
      "x509", "-req", "-in", path + ".csr", "-CA", authority + ".crt", "-CAkey", authority + ".key", "-CAcreateserial",
      "-days", "2", "-extfile", path + ".ext", "-out", path + ".crt",
    ])
    return Pair(certificate: path + ".crt", key: path + ".key", authority: authority + ".crt")
  }

  private static func run(_ arguments: [String]) throws {
    let child = try ChildProcess.start(ProcessRequest(program, arguments))
    let status = try child.wait()
    if status != .exited(0) { throw SystemError(.invalid, "openssl \(arguments[0]): \(status)") }
  }
}
