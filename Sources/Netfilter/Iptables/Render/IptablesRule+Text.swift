import Addressing

extension Iptables.Match {
  var text: String {
    switch self {
    case .source(let network): "-s \(network.network)"
    case .destination(let network): "-d \(network.network)"
    case .input(let link, let isNegated): "\(isNegated ? "! " : "")-i \(Iptables.quoted(link))"
    case .output(let link, let isNegated): "\(isNegated ? "! " : "")-o \(Iptables.quoted(link))"
    case .port(let port): "-p \(port.transport.rawValue) -m \(port.transport.rawValue) --dport \(port.port)"
    case .icmp(let family): "-p \(family == .v4 ? "icmp" : "ipv6-icmp")"
    case .connection(let states): "-m conntrack --ctstate \(states.map(\.rawValue).joined(separator: ","))"
    case .destinationIsLocal: "-m addrtype --dst-type LOCAL"
    }
  }
}

extension Iptables.Target {
  var text: String {
    switch self {
    case .accept: "-j ACCEPT"
    case .drop: "-j DROP"
    case .return: "-j RETURN"
    case .masquerade: "-j MASQUERADE"
    case .jump(let chain): "-j \(chain)"
    case .goto(let chain): "-g \(chain)"
    case .translateDestination(let address, let port):
      "-j DNAT --to-destination \(address.family == .v6 ? "[\(address)]" : "\(address)"):\(port)"
    case .translateSource(let address): "-j SNAT --to-source \(address)"
    }
  }
}

extension Iptables.Rule {
  /// The rule as the programs read it, without its chain.
  public var text: String {
    (matches.map(\.text) + ["-m comment --comment \(Iptables.quoted(comment))"] + (target.map { [$0.text] } ?? []))
      .joined(separator: " ")
  }
}

extension Iptables {
  /// A word of a line for iptables-restore, in quotes where it has characters that mean something there.
  static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || "-_./".utf8.contains($0)
    }
    if isPlain && !word.isEmpty { return word }
    var text = "\""
    for character in word.unicodeScalars {
      if character == "\"" || character == "\\" { text += "\\" }
      text.unicodeScalars.append(character)
    }
    return text + "\""
  }

  /// The words of a line, as iptables-restore takes it apart.
  static func words(_ line: some StringProtocol) -> [String] {
    var words: [String] = []
    var word = ""
    var isInWord = false
    var isQuoted = false
    var isEscaped = false
    for character in line.unicodeScalars {
      if isEscaped {
        word.unicodeScalars.append(character)
        isEscaped = false
      } else if character == "\\" && isQuoted {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
        isInWord = true
      } else if character == " " && !isQuoted {
        if isInWord { words.append(word) }
        word = ""
        isInWord = false
      } else {
        word.unicodeScalars.append(character)
        isInWord = true
      }
    }
    if isInWord { words.append(word) }
    return words
  }
}
