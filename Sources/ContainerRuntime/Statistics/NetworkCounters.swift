/// Counters of network interfaces from the text of /proc/PID/net/dev (proc(5)): that file shows the process' own
/// network namespace, so nobody has to enter it.
enum NetworkCounters {
  static func parse(_ text: String) -> [String: ContainerStatistics.Interface] {
    var interfaces: [String: ContainerStatistics.Interface] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon].drop { $0 == " " }
      let numbers = line[line.index(after: colon)...].split(separator: " ").compactMap { UInt64($0) }
      guard numbers.count >= 16, name != "lo" else { continue }
      var interface = ContainerStatistics.Interface()
      interface.receivedBytes = numbers[0]
      interface.receivedPackets = numbers[1]
      interface.receivedErrors = numbers[2]
      interface.receivedDropped = numbers[3]
      interface.sentBytes = numbers[8]
      interface.sentPackets = numbers[9]
      interface.sentErrors = numbers[10]
      interface.sentDropped = numbers[11]
      interfaces[String(name)] = interface
    }
    return interfaces
  }
}
