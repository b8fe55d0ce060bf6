import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct ConversionTests {
  private let v1 = GroupVersionKind(group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler")
  private let v2 = GroupVersionKind(group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler")

  @Test func anAutoscalerOfV1IsOneOfV2() throws {
    let old = try object(
      #"{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"maxReplicas":3,"scaleTargetRef":{"kind":"Deployment","name":"d"},"targetCPUUtilizationPercentage":50},"status":{"currentReplicas":1,"desiredReplicas":1}}"#
    )
    let new = try #require(builtin.convert(old, to: v2))
    #expect(
      new["spec"]?["metrics"] == [
        [
          "type": "Resource",
          "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 50]],
        ]
      ])
    #expect(new["apiVersion"] == "autoscaling/v2" && new["spec"]?["targetCPUUtilizationPercentage"] == nil)
    #expect(builtin.convert(new, to: v1) == old)
  }

  @Test func nothingOfV2IsLostInV1() throws {
    let new = try object(
      #"""
      {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},
       "spec":{"maxReplicas":3,"scaleTargetRef":{"kind":"Deployment","name":"d"},
        "behavior":{"scaleDown":{"selectPolicy":"Disabled"}},
        "metrics":[
         {"type":"Pods","pods":{"metric":{"name":"m","selector":{"matchLabels":{"a":"b"}}},"target":{"type":"AverageValue","averageValue":"5"}}},
         {"type":"Object","object":{"describedObject":{"kind":"Service","name":"s"},"metric":{"name":"q"},"target":{"type":"Value","value":"7"}}},
         {"type":"Object","object":{"describedObject":{"kind":"Service","name":"s"},"metric":{"name":"q"},"target":{"type":"AverageValue","averageValue":"7"}}},
         {"type":"External","external":{"metric":{"name":"x","selector":{"matchLabels":{"c":"d"}}},"target":{"type":"Value","value":"9"}}},
         {"type":"ContainerResource","containerResource":{"name":"memory","container":"c","target":{"type":"Utilization","averageUtilization":60}}},
         {"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"1Gi"}}},
         {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":70}}}]},
       "status":{"currentReplicas":1,"desiredReplicas":2,"conditions":[{"type":"AbleToScale","status":"True"}],
        "currentMetrics":[
         {"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":12,"averageValue":"120m"}}},
         {"type":"Object","object":{"describedObject":{"kind":"Service","name":"s"},"metric":{"name":"q"},"current":{"value":"7","averageValue":"3"}}}]}}
      """#)
    let old = try #require(builtin.convert(new, to: v1))
    #expect(old["spec"]?["targetCPUUtilizationPercentage"] == 70 && old["spec"]?["metrics"] == nil)
    #expect(old["status"]?["currentCPUUtilizationPercentage"] == 12)
    #expect(old["metadata"]?["annotations"]?.objectValue?.count == 4)
    #expect(builtin.convert(old, to: v2) == new)
  }

  @Test func notesAreWrittenInTheOrderOfTheirFields() throws {
    let new = try object(
      #"{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"metrics":[{"pods":{"metric":{"name":"m","selector":{}},"target":{"type":"AverageValue","averageValue":"5"}},"type":"Pods"}]}}"#
    )
    let old = try #require(builtin.convert(new, to: v1))
    #expect(
      old["metadata"]?["annotations"]?["autoscaling.alpha.kubernetes.io/metrics"]
        == #"[{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"5","selector":{}}}]"#)
  }

  @Test func whatV1SaysOfProcessorsIsKept() throws {
    let old = try object(
      #"{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"maxReplicas":3},"status":{"currentReplicas":1,"desiredReplicas":1,"currentCPUUtilizationPercentage":12}}"#
    )
    let new = try #require(builtin.convert(old, to: v2))
    #expect(
      new["status"]?["currentMetrics"] == [
        ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": 12]]]
      ])
    #expect(builtin.convert(new, to: v1)?["status"]?["currentCPUUtilizationPercentage"] == 12)
  }

  @Test func zeroReplicasAreToldByV1Only() throws {
    let new = try object(
      #"{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"maxReplicas":3,"scaleTargetRef":{"kind":"Deployment","name":"d"}},"status":{"desiredReplicas":0,"currentMetrics":null}}"#
    )
    let old = try #require(builtin.convert(new, to: v1))
    #expect(old["status"] == ["desiredReplicas": 0, "currentReplicas": 0])
    #expect(builtin.convert(old, to: v2) == new)
  }

  @Test func nobodyWhoReportsIsToldByTheOlderFormOnly() throws {
    let kind = GroupVersionKind(group: "events.k8s.io", version: "v1", kind: "Event")
    let event = try object(
      #"{"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{"kind":"Pod"},"reportingComponent":"","reportingInstance":""}"#
    )
    let other = try #require(builtin.convert(event, to: kind))
    #expect(other["reportingController"] == nil && other["reportingInstance"] == nil)
    #expect(builtin.convert(other, to: GroupVersionKind(group: "", version: "v1", kind: "Event")) == event)
  }

  @Test func eventsHaveTwoForms() throws {
    let event = try object(
      #"{"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{"kind":"Pod"},"message":"m","reason":"r","source":{"component":"c"},"firstTimestamp":"2026-01-01T00:00:00Z","count":2,"type":"Normal","eventTime":null,"reportingComponent":"x","reportingInstance":"y"}"#
    )
    let kind = GroupVersionKind(group: "events.k8s.io", version: "v1", kind: "Event")
    let other = try #require(builtin.convert(event, to: kind))
    #expect(other["regarding"] == ["kind": "Pod"] && other["note"] == "m" && other["deprecatedCount"] == 2)
    #expect(other["reportingController"] == "x" && other["involvedObject"] == nil)
    #expect(builtin.convert(other, to: GroupVersionKind(group: "", version: "v1", kind: "Event")) == event)
  }

  @Test func otherKindsAreNotTheSameObjects() throws {
    let pod = try object(#"{"apiVersion":"v1","kind":"Pod"}"#)
    #expect(builtin.convert(pod, to: GroupVersionKind(group: "apps", version: "v1", kind: "Pod")) == nil)
    #expect(builtin.convert(pod, to: GroupVersionKind(group: "", version: "v1", kind: "Service")) == nil)
  }
}
