import APIServer
import ArgumentParser
import ClusterAPI

extension ServerOptions {
  /// Which of the built-in kinds are served.
  func enablement(_ kinds: BuiltinKinds) throws -> APIEnablement {
    do { return try APIEnablement(Self.names(runtimeConfig), kinds) } catch {
      throw ValidationError("--runtime-config: \(error.description)")
    }
  }

  /// Divides the requests among priority levels. A request waits for a quarter of the time that it may take, as with
  /// kube-apiserver. Nil where they are not divided.
  var flowControl: FlowControl? {
    guard enablePriorityAndFairness else { return nil }
    return FlowControl(seats: maxRequestsInflight + maxMutatingRequestsInflight, longestWait: requestTime / 4)
  }

  /// What is too much where requests are not divided; nil where they are.
  var inFlightLimits: InFlightLimits? {
    guard !enablePriorityAndFairness else { return nil }
    return InFlightLimits(reading: maxRequestsInflight, writing: maxMutatingRequestsInflight)
  }
}
