import OCI

/// What a container may do with devices: it may make any node, and use only the harmless ones and its terminal.
enum DefaultDevices {
  static let rules: [RuntimeDeviceRule] =
    [
      RuntimeDeviceRule(allow: false, access: "rwm"),
      RuntimeDeviceRule(allow: true, type: "c", access: "m"),
      RuntimeDeviceRule(allow: true, type: "b", access: "m"),
    ]
    + [
      (1, 3),  // null
      (1, 5),  // zero
      (1, 7),  // full
      (1, 8),  // random
      (1, 9),  // urandom
      (5, 0),  // tty
      (5, 1),  // console
      (5, 2),  // ptmx
    ].map { RuntimeDeviceRule(allow: true, type: "c", major: $0.0, minor: $0.1, access: "rwm") }
    + [RuntimeDeviceRule(allow: true, type: "c", major: 136, access: "rwm")]  // pts

  static let everything = [RuntimeDeviceRule(allow: true, access: "rwm")]
}
