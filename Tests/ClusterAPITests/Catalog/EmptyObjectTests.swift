import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct EmptyObjectTests {
  @Test(arguments: [
    ("io.k8s.api.core.v1.Pod", #"{"metadata":{},"spec":{"containers":null},"status":{}}"#),
    ("io.k8s.api.core.v1.ConfigMap", #"{"metadata":{}}"#),
    (
      "io.k8s.api.apps.v1.Deployment",
      #"{"metadata":{},"spec":{"selector":null,"strategy":{},"template":{"metadata":{},"spec":{"containers":null}}},"status":{}}"#
    ),
    ("io.k8s.api.core.v1.Service", #"{"metadata":{},"spec":{},"status":{"loadBalancer":{}}}"#),
    (
      "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
      #"{"metadata":{},"spec":{"scaleTargetRef":{"kind":"","name":""},"maxReplicas":0},"status":{"currentReplicas":0,"desiredReplicas":0}}"#
    ),
  ])
  func whatIsThereBeforeAnythingIsSet(definition: String, empty: String) throws {
    #expect(try JSONValue.object(builtin.emptyObject(definition: definition)) == object(empty))
  }
}
