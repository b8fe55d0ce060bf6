import APIMachinery

/// A pod has its addresses in `status.podIPs`, of which `status.podIP` is the first. Who writes one of them writes both;
/// where they contradict each other, the single one counts.
enum PodAddresses {
  static func complete(_ pod: inout JSONValue) {
    let first = pod["status"]?.items("podIPs").first?.text("ip") ?? ""
    let single = pod.text("status", "podIP")
    guard single != first else { return }
    pod.edit("status") { status in
      status.editObject { members in
        if single.isEmpty {
          members["podIP"] = .string(first)
        } else {
          members["podIPs"] = [["ip": .string(single)]]
        }
      }
    }
  }
}
