/// Creating a link takes more than one request where the kernel does not apply a setting at birth.
extension NetlinkSocket where Family == RouteFamily {
  /// Creates a link with all its settings and returns its index in the namespace it is in. Nothing is left behind after a
  /// refusal. A link made in another namespace is finished through a socket that is opened there, so call this on an
  /// owned thread.
  /// - Throws: `.unsupported` for a link without a name: the kernel would not tell which one it made.
  public func createLink(_ link: NewLink) throws(NetlinkError) -> UInt32 {
    guard let name = link.settings.name else {
      throw NetlinkError(.unsupported, "create \(link.kind.name) link: it needs a name")
    }
    let requests = link.namedRequests(alias: link.settings.alias)
    guard let namespace = link.settings.namespace else {
      let answers = try exchange(requests + link.peerRequests + [.getLink(.name(name))])
      if let error = answers[0].error { throw error }
      return try finish(name, answers)
    }
    let there = try NetlinkSocket(in: namespace)
    try perform(requests[0])
    let index = try there.finish(name, try there.exchange(requests.dropFirst() + [.getLink(.name(name))]))
    do throws(NetlinkError) { try perform(link.peerRequests) } catch {
      _ = try there.exchange([.deleteLink(.name(name))])
      throw error
    }
    return index
  }

  /// The index from the last answer; deletes the link where anything went wrong.
  private func finish(_ name: String, _ answers: [Answer]) throws(NetlinkError) -> UInt32 {
    do throws(NetlinkError) {
      for answer in answers { if let error = answer.error { throw error } }
      if let message = answers.last?.replies.first { return try Link(message).index }
      throw NetlinkError(.unanswered, "create link \(name): the kernel did not tell its index")
    } catch {
      _ = try exchange([.deleteLink(.name(name))])
      throw error
    }
  }
}

extension LinkSettings {
  /// What the kernel takes when a link is made.
  var atBirth: LinkSettings {
    var settings = self
    settings.alias = nil
    settings.ipv6AddressGeneration = nil
    return settings
  }

  /// What can be set only on a link that is there; nil where nothing is.
  func later(alias: String?) -> LinkSettings? {
    guard alias != nil || ipv6AddressGeneration != nil else { return nil }
    var later = LinkSettings()
    later.alias = alias
    later.ipv6AddressGeneration = ipv6AddressGeneration
    return later
  }
}

extension NewLink {
  /// The requests that make a link with a name and all its settings. The first one makes it.
  func namedRequests(alias: String?) -> [NetlinkRequest] {
    guard let name = settings.name, let later = settings.later(alias: alias) else {
      return [.createLink(withoutPeerUp)]
    }
    var early = withoutPeerUp
    // How addresses come about is decided before the link is up.
    early.settings.isUp = nil
    var requests: [NetlinkRequest] = [.createLink(early), .setLink(.name(name), later)]
    if let isUp = settings.isUp { requests.append(.setLink(.name(name), LinkSettings(isUp: isUp))) }
    return requests
  }

  /// What remains to be set on a veth's peer in the same namespace.
  var peerRequests: [NetlinkRequest] {
    guard case .veth(let peer) = kind, peer.namespace == nil, let name = peer.name else { return [] }
    var later = peer.later(alias: peer.alias) ?? LinkSettings()
    later.isUp = peer.isUp
    return later.isUp == nil && later.alias == nil && later.ipv6AddressGeneration == nil
      ? [] : [.setLink(.name(name), later)]
  }

  /// The same without what the kernel refuses at birth; `peerRequests` makes good.
  var withoutPeerUp: NewLink {
    guard case .veth(var peer) = kind, peer.namespace == nil, peer.name != nil else { return self }
    peer.isUp = nil
    var link = self
    link.kind = .veth(peer: peer)
    return link
  }
}
