import APIServer

extension ServerOptions {
  /// Divides the requests among priority levels. A request waits for a quarter of the time that it may take, as with
  /// kube-apiserver.
  var flowControl: FlowControl {
    FlowControl(seats: maxRequestsInflight + maxMutatingRequestsInflight, longestWait: requestTime / 4)
  }
}
