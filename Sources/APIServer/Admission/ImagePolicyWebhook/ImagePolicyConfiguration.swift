import APIMachinery

/// Who is asked about images (the member `imagePolicy` of the plugin's file).
public struct ImagePolicyConfiguration: Sendable {
  let access: OutboundAccess
  let allowedTime: Duration
  let deniedTime: Duration
  /// Before a question is asked once more.
  let pause: Duration
  /// Images may be used that nobody has said anything of.
  let allowsOnFailure: Bool

  /// - Parameter read: reads a file that the value names.
  /// - Throws: 400 where the value is no such configuration; what `read` throws.
  init(_ value: JSONValue, read: (_ path: String) throws -> [UInt8]) throws {
    guard let told = value["imagePolicy"], let members = told.objectValue else {
      throw StatusError.badRequest("it must have the member imagePolicy")
    }
    let known: Set<String> = ["kubeConfigFile", "allowTTL", "denyTTL", "retryBackoff", "defaultAllow"]
    if let name = members.keys.first(where: { !known.contains($0) }) {
      throw StatusError.badRequest("imagePolicy: unknown field \(name.goQuoted)")
    }
    /// A time in units of one, or the usual one where nothing is said; -1 stands for none.
    func time(_ name: String, unit: Duration, usual: Duration, in range: ClosedRange<Duration>) throws(StatusError)
      -> Duration
    {
      guard let number = told[name]?.integerValue, number != 0 else { return usual }
      if number == -1 { return .zero }
      let time = unit * Int(clamping: number)
      guard range.contains(time) else {
        throw .badRequest(
          "imagePolicy.\(name): valid value is between \(range.lowerBound) and \(range.upperBound), got \(time)")
      }
      return time
    }
    let times = Duration.seconds(1)...Duration.seconds(1800)
    allowedTime = try time("allowTTL", unit: .seconds(1), usual: .seconds(300), in: times)
    deniedTime = try time("denyTTL", unit: .seconds(1), usual: .seconds(30), in: times)
    pause = try time(
      "retryBackoff", unit: .milliseconds(1), usual: .milliseconds(500), in: .milliseconds(1)...Duration.seconds(300))
    allowsOnFailure = told["defaultAllow"]?.boolValue ?? false
    let path = told["kubeConfigFile"]?.stringValue ?? ""
    guard !path.isEmpty else { throw StatusError.badRequest("imagePolicy.kubeConfigFile: it must name a kubeconfig") }
    access = try OutboundAccess(kubeconfig: try read(path), beside: path, read: read)
  }
}
