import APIServer
import ArgumentParser

/// The flags about proxies that say for whom they ask; named as kube-apiserver's.
struct RequestHeaderOptions: ParsableArguments {
  @Option(
    name: .customLong("requestheader-client-ca-file"),
    help: "Authorities of the certificates of proxies, which say in headers for whom they ask (PEM).")
  var clientCAFile: String?
  @Option(
    name: .customLong("requestheader-allowed-names"),
    help: "Common names that those certificates may have, separated by commas; repeatable (default: any).")
  var allowedNames: [String] = []
  @Option(
    name: .customLong("requestheader-username-headers"),
    help: "Headers that may hold the user's name, separated by commas; repeatable. X-Remote-User is usual.")
  var userNameHeaders: [String] = []
  @Option(
    name: .customLong("requestheader-uid-headers"),
    help: "Headers that may hold the user's uid, separated by commas; repeatable. X-Remote-Uid is usual.")
  var uidHeaders: [String] = []
  @Option(
    name: .customLong("requestheader-group-headers"),
    help: "Headers that hold the user's groups, separated by commas; repeatable. X-Remote-Group is usual.")
  var groupHeaders: [String] = []
  @Option(
    name: .customLong("requestheader-extra-headers-prefix"),
    help:
      "What headers begin with that hold more of the user, separated by commas; repeatable. X-Remote-Extra- is usual.")
  var extraHeadersPrefix: [String] = []

  /// The members of a list, the empty ones too.
  private static func items(_ values: [String]) -> [String] {
    values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  private var headers: RequestHeaders {
    RequestHeaders(
      userNames: Self.items(userNameHeaders), uids: Self.items(uidHeaders), groups: Self.items(groupHeaders),
      extraPrefixes: Self.items(extraHeadersPrefix))
  }

  /// Nil where no authority vouches for proxies.
  /// - Parameter authorities: what the file of authorities holds (PEM).
  func proxies(authorities: String?) -> TrustedProxies? {
    authorities.map {
      TrustedProxies(authorities: $0, allowedNames: Self.items(allowedNames), headers: headers)
    }
  }

  /// What is likely to be a mistake.
  var warnings: [String] {
    let (present, standard) = (headers, RequestHeaders.standard)
    let parts: [(flag: String, names: [String], usual: String, noun: String)] = [
      ("--requestheader-username-headers", present.userNames, standard.userNames[0], "header"),
      ("--requestheader-group-headers", present.groups, standard.groups[0], "header"),
      ("--requestheader-extra-headers-prefix", present.extraPrefixes, standard.extraPrefixes[0], "header prefix"),
    ]
    return parts.filter { !$0.names.isEmpty && !Self.contains($0.names, $0.usual) }.map {
      "\($0.flag) is set without specifying the standard \($0.usual) \($0.noun) - API aggregation will not work"
    }
  }

  private static func contains(_ names: [String], _ wanted: String) -> Bool {
    names.contains { $0.lowercased() == wanted.lowercased() }
  }

  func validate() throws {
    let flags: [(name: String, values: [String])] = [
      ("requestheader-username-headers", headers.userNames), ("requestheader-group-headers", headers.groups),
      ("requestheader-extra-headers-prefix", headers.extraPrefixes),
      ("requestheader-allowed-names", Self.items(allowedNames)), ("requestheader-uid-headers", headers.uids),
    ]
    for flag in flags where flag.values.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw ValidationError("empty value in \"\(flag.name)\"")
    }
    guard headers.uids.isEmpty || Self.contains(headers.uids, RequestHeaders.standard.uids[0]) else {
      throw ValidationError(
        "--requestheader-uid-headers is set without specifying the standard X-Remote-Uid header - API aggregation will not work"
      )
    }
  }
}
