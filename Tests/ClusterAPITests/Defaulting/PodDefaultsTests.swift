import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct PodDefaultsTests {
  @Test func aPodGetsWhatIsUsual() throws {
    let pod = try complete(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"},"spec":{"containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80}],"readinessProbe":{"httpGet":{"port":80}}}],"volumes":[{"name":"e"},{"name":"s","secret":{"secretName":"x"}}]}}"#
    )
    let spec = try #require(pod["spec"])
    #expect(spec["restartPolicy"] == "Always" && spec["dnsPolicy"] == "ClusterFirst")
    #expect(spec["schedulerName"] == "default-scheduler" && spec["terminationGracePeriodSeconds"] == 30)
    #expect(spec["enableServiceLinks"] == true && spec["securityContext"] == [:])
    let container = spec.items("containers")[0]
    #expect(container["imagePullPolicy"] == "Always" && container["terminationMessagePolicy"] == "File")
    #expect(container["terminationMessagePath"] == "/dev/termination-log" && container["resources"] == [:])
    #expect(container.items("ports")[0] == ["containerPort": 80, "protocol": "TCP"])
    #expect(
      container["readinessProbe"]
        == [
          "httpGet": ["port": 80, "path": "/", "scheme": "HTTP"], "timeoutSeconds": 1, "periodSeconds": 10,
          "successThreshold": 1, "failureThreshold": 3,
        ])
    #expect(
      spec.items("volumes") == [
        ["name": "e", "emptyDir": [:]], ["name": "s", "secret": ["secretName": "x", "defaultMode": 420]],
      ])
  }

  @Test(arguments: [(-1, 1), (.min, 1), (0, 0), (1, 1), (30, 30)] as [(Int64, Int64)])
  func nothingEndsBeforeItsTime(seconds: Int64, expected: Int64) throws {
    let pod = #""spec":{"terminationGracePeriodSeconds":\#(seconds),"containers":[{"name":"c","image":"i"}]}"#
    let one = try complete(#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"},\#(pod)}"#)
    #expect(one["spec"]?["terminationGracePeriodSeconds"] == .integer(expected))
    let kept = try complete(
      #"{"apiVersion":"v1","kind":"PodTemplate","metadata":{"name":"p","namespace":"n"},"template":{\#(pod)}}"#)
    #expect(kept["template"]?["spec"]?["terminationGracePeriodSeconds"] == .integer(seconds))
  }

  @Test(arguments: [
    ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.25", "IfNotPresent"),
    ("host:5000/nginx", "Always"), ("host:5000/nginx:1", "IfNotPresent"),
    ("nginx@sha256:\(String(repeating: "ab", count: 32))", "IfNotPresent"),
    ("nginx:latest@sha256:\(String(repeating: "ab", count: 32))", "Always"),
    // What is no name is not pulled each time.
    ("", "IfNotPresent"), ("Nginx", "IfNotPresent"), ("nginx@sha256:ab", "IfNotPresent"), ("ng inx", "IfNotPresent"),
  ])
  func imagesArePulledByTheirTag(image: String, policy: String) {
    #expect(Defaults.pullPolicy(of: image) == policy)
  }

  @Test func requestsFollowFromLimits() throws {
    let pod = try complete(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"1000m","memory":"1Gi"},"requests":{"memory":"512Mi"}}}]}}"#
    )
    #expect(
      pod["spec"]?.items("containers")[0]["resources"]
        == ["limits": ["cpu": "1", "memory": "1Gi"], "requests": ["memory": "512Mi", "cpu": "1"]])
  }

  @Test func thePodAsAWholeRequestsWhatItsContainersDo() throws {
    let pod = try complete(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"resources":{"limits":{"cpu":"5","hugepages-2Mi":"4Mi"}},"initContainers":[{"name":"i","resources":{"requests":{"cpu":"3"}}},{"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"500m"}}}],"containers":[{"name":"c","resources":{"requests":{"cpu":"1","memory":"1Gi"}}},{"name":"d","resources":{"requests":{"cpu":"1"}}}]}}"#
    )
    #expect(
      pod["spec"]?["resources"]?["requests"] == ["cpu": "3", "memory": "1Gi", "hugepages-2Mi": "4Mi"])
  }

  @Test func inTheNodesNetworkPortsAreTheNodes() throws {
    let pod = try complete(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"hostNetwork":true,"containers":[{"name":"c","ports":[{"containerPort":80}]}]}}"#
    )
    #expect(pod["spec"]?.items("containers")[0].items("ports")[0]["hostPort"] == 80)
  }

  @Test func aTemplateGetsLess() throws {
    let deployment = try complete(
      #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i:1","resources":{"limits":{"cpu":"1"}}}]}}}}"#
    )
    let spec = try #require(deployment["spec"])
    #expect(spec["replicas"] == 1 && spec["revisionHistoryLimit"] == 10 && spec["progressDeadlineSeconds"] == 600)
    #expect(
      spec["strategy"] == ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": "25%", "maxSurge": "25%"]])
    let pod = try #require(spec["template"]?["spec"])
    #expect(pod["enableServiceLinks"] == nil)
    #expect(pod.items("containers")[0]["resources"] == ["limits": ["cpu": "1"]])
    #expect(pod["schedulerName"] == "default-scheduler" && pod["restartPolicy"] == "Always")
  }
}
