/// Requests about links. They are values, so that many go to the kernel in one batch.
enum LinkRequest {
  /// struct ifinfomsg.
  static func header(
    to writer: inout MessageWriter, family: UInt8 = AddressFamily.unspecified, index: UInt32 = 0,
    flags: (value: UInt32, mask: UInt32) = (0, 0)
  ) {
    writer.append(family)
    writer.append(UInt8(0))
    writer.append(UInt16(0))
    writer.append(index)
    writer.append(flags.value)
    writer.append(flags.mask)
  }

  /// The header and, where the link is named, its name.
  static func target(
    _ link: LinkReference, to writer: inout MessageWriter, flags: (value: UInt32, mask: UInt32) = (0, 0)
  ) {
    switch link {
    case .index(let index): header(to: &writer, index: index, flags: flags)
    case .name(let name):
      header(to: &writer, flags: flags)
      // Names longer than an interface's can only be alternative names.
      writer.attribute(name.utf8.count > 15 ? LinkAttribute.alternativeName : LinkAttribute.name, string: name)
    }
  }
}

extension NetlinkRequest {
  /// Creates a link; fails with EEXIST where its name is taken. Settings of the link (and of a veth's peer) are applied
  /// with it, so that nobody ever sees it half made. An alias and the IPv6 address generation are left out, because the
  /// kernel sets them only later, and a veth's peer cannot be up at once (ENOTCONN): `RouteSocket.createLink` sees to
  /// these.
  public static func createLink(_ link: NewLink) -> NetlinkRequest {
    NetlinkRequest(
      RouteMessage.newLink, [.create, .exclusive, .acknowledge],
      purpose: "create \(link.kind.name) link \(link.settings.name ?? "without a name")"
    ) {
      LinkRequest.header(to: &$0, flags: link.settings.flags)
      link.settings.atBirth.write(to: &$0)
      if let parent = link.parentIndex { $0.attribute(LinkAttribute.link, parent) }
      $0.nested(LinkAttribute.linkInfo) {
        $0.attribute(LinkAttribute.Info.kind, string: link.kind.name)
        link.kind.writeData(to: &$0)
      }
    }
  }

  /// Changes settings of a link. To rename, refer to it by index.
  public static func setLink(_ link: LinkReference, _ settings: LinkSettings) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.setLink, .acknowledge, purpose: "set link \(link)") {
      LinkRequest.target(link, to: &$0, flags: settings.flags)
      var settings = settings
      // The name is how the link is found.
      if case .name = link { settings.name = nil }
      settings.write(to: &$0)
    }
  }

  /// Deletes a link; a veth's peer goes with it.
  public static func deleteLink(_ link: LinkReference) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.deleteLink, .acknowledge, purpose: "delete link \(link)") {
      LinkRequest.target(link, to: &$0)
    }
  }

  /// Changes options of a bridge.
  public static func setBridge(_ link: LinkReference, _ options: BridgeOptions) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.newLink, .acknowledge, purpose: "set bridge \(link)") {
      LinkRequest.target(link, to: &$0)
      $0.nested(LinkAttribute.linkInfo) {
        $0.attribute(LinkAttribute.Info.kind, string: "bridge")
        $0.nested(LinkAttribute.Info.data) { options.write(to: &$0) }
      }
    }
  }

  /// Changes options of a bridge's port, and settings of the link with them.
  public static func setBridgePort(
    _ link: LinkReference, _ options: BridgePortOptions, _ settings: LinkSettings = LinkSettings()
  ) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.newLink, .acknowledge, purpose: "set bridge port \(link)") {
      LinkRequest.target(link, to: &$0, flags: settings.flags)
      var settings = settings
      // The name is how the link is found.
      if case .name = link { settings.name = nil }
      settings.write(to: &$0)
      $0.nested(LinkAttribute.linkInfo) {
        $0.attribute(LinkAttribute.Info.portKind, string: "bridge")
        $0.nested(LinkAttribute.Info.portData) { options.write(to: &$0) }
      }
    }
  }

  /// Gives a link another name by which it can be found, up to 127 bytes.
  public static func addAlternativeName(_ name: String, to link: LinkReference) -> NetlinkRequest {
    alternativeName(name, link, RouteMessage.newLinkProperty, [.create, .exclusive, .append], "add")
  }

  /// Takes an alternative name away.
  public static func removeAlternativeName(_ name: String, from link: LinkReference) -> NetlinkRequest {
    alternativeName(name, link, RouteMessage.deleteLinkProperty, [], "remove")
  }

  private static func alternativeName(
    _ name: String, _ link: LinkReference, _ type: UInt16, _ flags: RequestFlags, _ verb: String
  ) -> NetlinkRequest {
    NetlinkRequest(type, flags.union(.acknowledge), purpose: "\(verb) name \(name) of link \(link)") {
      LinkRequest.target(link, to: &$0)
      $0.nested(LinkAttribute.properties) { $0.attribute(LinkAttribute.alternativeName, string: name) }
    }
  }

  /// Asks for one link.
  public static func getLink(_ link: LinkReference) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.getLink, .acknowledge, purpose: "get link \(link)") {
      LinkRequest.target(link, to: &$0)
    }
  }

  /// Asks for all links, or those of one kind or with one master.
  public static func dumpLinks(kind: String? = nil, masterIndex: UInt32? = nil) -> NetlinkRequest {
    NetlinkRequest(RouteMessage.getLink, .dump, purpose: "list links") {
      LinkRequest.header(to: &$0)
      $0.optional(LinkAttribute.master, masterIndex)
      if let kind { $0.nested(LinkAttribute.linkInfo) { $0.attribute(LinkAttribute.Info.kind, string: kind) } }
    }
  }
}
