import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct PrintingTests {
  private let now = Timestamp("2026-01-02T00:00:00Z") ?? Timestamp(seconds: 0)

  private func row(_ json: String, wide: Bool = false) throws -> [JSONValue] {
    let value = try object(json)
    let kind = try #require(kindOf(value))
    let resource = try #require(builtin.resource(of: GroupKind(group: kind.group, kind: kind.kind)))
    let columns = try #require(resource.version(kind.version)?.printerColumns).filter { wide || $0.priority == 0 }
    return builtin.cells(of: value, columns: columns, now: now)
  }

  @Test func everyColumnHasItsFunction() {
    for resource in builtin.resources {
      for version in resource.versions {
        if version.verbs.contains(.list) { #expect(!version.printerColumns.isEmpty, "\(resource.plural)") }
        for column in version.printerColumns {
          if case .function(let name) = column.source { #expect(BuiltinKinds.knowsColumn(name), "\(name)") }
          #expect(!column.description.isEmpty, "\(resource.plural) \(column.name)")
        }
      }
    }
  }

  @Test func namesAreMarked() throws {
    for version in builtin.resources.flatMap(\.versions) where !version.printerColumns.isEmpty {
      let name = try #require(version.printerColumns.first { $0.name == "Name" })
      #expect(name.format == "name")
    }
  }

  @Test(arguments: [
    (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (599, "9m59s"), (600, "10m"), (10_799, "179m"),
    (10_800, "3h"), (11_000, "3h3m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (176_400, "2d1h"),
    (691_200, "8d"), (63_072_000, "2y"), (63_158_400, "2y1d"), (252_288_000, "8y"), (-1, "0s"), (-5, "<invalid>"),
  ])
  func durations(seconds: Int64, text: String) { #expect(HumanDuration.text(seconds: seconds) == text) }

  private func pod(_ status: String, spec: String = #"{"containers":[{"name":"a"},{"name":"b"}]}"#, extra: String = "")
    -> String
  {
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","creationTimestamp":"2026-01-01T23:55:00Z"\#(extra)},"spec":\#(spec),"status":\#(status)}"#
  }

  @Test func aRunningPod() throws {
    let json = pod(
      #"{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}],"containerStatuses":[{"name":"a","ready":true,"restartCount":2,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"2026-01-01T23:59:00Z"}}},{"name":"b","ready":false,"restartCount":0,"state":{"running":{}}}]}"#,
      spec: #"{"nodeName":"n1","containers":[{"name":"a"},{"name":"b"}]}"#)
    #expect(
      try row(json, wide: true)
        == ["p", "1/2", "Running", "2 (60s ago)", "5m", "10.0.0.1", "n1", "<none>", "<none>"])
  }

  @Test(arguments: [
    (#"{"phase":"Pending"}"#, "", "Pending", "0/2"),
    (#"{"phase":"Failed","reason":"Evicted"}"#, "", "Evicted", "0/2"),
    (
      #"{"phase":"Pending","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"ImagePullBackOff"}}}]}"#, "",
      "ImagePullBackOff", "0/2"
    ),
    (
      #"{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":3}}}]}"#, "",
      "ExitCode:3", "0/2"
    ),
    (
      #"{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"signal":9}}}]}"#, "",
      "Signal:9", "0/2"
    ),
    (
      #"{"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed"}}},{"name":"b","ready":true,"state":{"running":{}}}]}"#,
      "", "NotReady", "1/2"
    ),
    (
      #"{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},{"name":"b","state":{"terminated":{"exitCode":2,"reason":"Error"}}}]}"#,
      "", "Error", "0/2"
    ),
    (
      #"{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed"}}},{"name":"b","ready":true,"state":{"running":{}}}]}"#,
      "", "Running", "1/2"
    ),
    (#"{"phase":"Running"}"#, #","deletionTimestamp":"2026-01-02T00:00:10Z""#, "Terminating", "0/2"),
    (#"{"phase":"Running","reason":"NodeLost"}"#, #","deletionTimestamp":"2026-01-02T00:00:10Z""#, "Unknown", "0/2"),
    (#"{"phase":"Succeeded"}"#, #","deletionTimestamp":"2026-01-02T00:00:10Z""#, "Succeeded", "0/2"),
    (
      #"{"phase":"Pending","conditions":[{"type":"PodScheduled","reason":"SchedulingGated"}]}"#, "", "SchedulingGated",
      "0/2"
    ),
  ])
  func podStatus(status: String, extra: String, word: String, ready: String) throws {
    let row = try row(pod(status, extra: extra))
    #expect(row[2] == .string(word) && row[1] == .string(ready))
  }

  @Test(arguments: [
    (#"[{"name":"i","state":{"running":{}}}]"#, "Init:0/2"),
    (
      #"[{"name":"i","state":{"terminated":{"exitCode":0}}},{"name":"j","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]"#,
      "Init:CrashLoopBackOff"
    ),
    (#"[{"name":"i","state":{"terminated":{"exitCode":2}}}]"#, "Init:ExitCode:2"),
    (#"[{"name":"i","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]"#, "Init:Error"),
  ])
  func podsThatAreStarting(statuses: String, word: String) throws {
    let row = try row(
      pod(
        #"{"phase":"Pending","initContainerStatuses":\#(statuses)}"#,
        spec: #"{"containers":[{"name":"a"}],"initContainers":[{"name":"i"},{"name":"j"}]}"#))
    #expect(row[2] == .string(word))
  }

  @Test func sidecarsCount() throws {
    let row = try row(
      pod(
        #"{"phase":"Running","initContainerStatuses":[{"name":"s","started":true,"ready":true,"restartCount":1,"state":{"running":{}}}],"containerStatuses":[{"name":"a","ready":true,"state":{"running":{}}}]}"#,
        spec: #"{"containers":[{"name":"a"}],"initContainers":[{"name":"s","restartPolicy":"Always"}]}"#))
    #expect(row[1] == "2/2" && row[2] == "Running" && row[3] == "1")
  }

  @Test func services() throws {
    #expect(
      try row(
        #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s","creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"type":"NodePort","clusterIP":"10.96.0.9","ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}],"selector":{"b":"2","a":"1"}}}"#,
        wide: true) == ["s", "NodePort", "10.96.0.9", "<none>", "80:30080/TCP,53/UDP", "24h", "a=1,b=2"])
    let balancer = try row(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"LoadBalancer","clusterIP":"10.96.0.9","ports":[]}}"#
    )
    #expect(balancer[3] == "<pending>" && balancer[4] == "<none>" && balancer[5] == "<unknown>")
  }

  @Test func workloads() throws {
    #expect(
      try row(
        #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","creationTimestamp":"2026-01-01T23:59:50Z"},"spec":{"replicas":3,"selector":{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"t","operator":"In","values":["y","x"]}]},"template":{"spec":{"containers":[{"name":"c","image":"i:1"},{"name":"d","image":"j"}]}}},"status":{"readyReplicas":2,"updatedReplicas":3,"availableReplicas":1}}"#,
        wide: true) == ["d", "2/3", 3, 1, "10s", "c,d", "i:1,j", "a=b,t in (x,y)"])
    #expect(
      try row(
        #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","creationTimestamp":"2026-01-01T23:59:00Z"},"spec":{"completions":2},"status":{"succeeded":2,"startTime":"2026-01-01T23:59:00Z","completionTime":"2026-01-01T23:59:07Z","conditions":[{"type":"Complete","status":"True"}]}}"#
      )
        == ["j", "Complete", "2/2", "7s", "60s"])
    #expect(
      try row(
        #"{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"c"},"spec":{"schedule":"* * * * *","suspend":false},"status":{"active":[{}],"lastScheduleTime":"2026-01-01T23:59:30Z"}}"#
      )
        == ["c", "* * * * *", "<none>", "False", 1, "30s", "<unknown>"])
    #expect(
      try row(
        #"{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"minReplicas":1,"maxReplicas":5,"scaleTargetRef":{"kind":"Deployment","name":"d"},"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]},"status":{"currentReplicas":2,"currentMetrics":[{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":12}}}]}}"#
      )
        == ["h", "Deployment/d", "cpu: 12%/80%", "1", 5, 2, "<unknown>"])
  }

  @Test func nodesAndStorage() throws {
    #expect(
      try row(
        #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","labels":{"node-role.kubernetes.io/control-plane":"","kubernetes.io/role":"x"}},"spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"10.0.0.2"}],"nodeInfo":{"kubeletVersion":"v1.36.0","osImage":"Debian","kernelVersion":"6.1","containerRuntimeVersion":"apus://1"}}}"#,
        wide: true)
        == [
          "n", "Ready,SchedulingDisabled", "control-plane,x", "<unknown>", "v1.36.0", "10.0.0.2", "<none>", "Debian",
          "6.1", "apus://1",
        ])
    #expect(
      try row(
        #"{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c"},"spec":{"volumeName":"v","storageClassName":"fast"},"status":{"phase":"Bound","accessModes":["ReadWriteMany","ReadWriteOnce"],"capacity":{"storage":"1Gi"}}}"#
      )
        == ["c", "Bound", "v", "1Gi", "RWO,RWX", "fast", "<unset>", "<unknown>"])
    #expect(
      try row(
        #"{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"s","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"p","reclaimPolicy":"Delete","volumeBindingMode":"Immediate"}"#
      )
        == ["s (default)", "p", "Delete", "Immediate", false, "<unknown>"])
  }

  @Test func events() throws {
    #expect(
      try row(
        #"{"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"type":"Warning","reason":"BackOff","message":"gone\n","involvedObject":{"kind":"Pod","name":"p"},"firstTimestamp":"2026-01-01T23:50:00Z","lastTimestamp":"2026-01-01T23:59:00Z","count":4}"#
      )
        == ["60s", "Warning", "BackOff", "pod/p", "gone"])
  }

  @Test func endpointsBeyondThreeAreCounted() throws {
    #expect(
      try row(
        #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"e"},"addressType":"IPv4","ports":[{"name":"","port":80}],"endpoints":[{"addresses":["1.1.1.1"]},{"addresses":["1.1.1.2"]},{"addresses":["1.1.1.3"]},{"addresses":["1.1.1.4"]}]}"#
      )
        == ["e", "IPv4", "80", "1.1.1.1,1.1.1.2,1.1.1.3 + 1 more...", "<unknown>"])
  }

  @Test(arguments: [
    (#"{"rules":[{"host":"a"},{},{"host":"b"}]}"#, "a,b"), (#"{"rules":[{}]}"#, "*"),
    (#"{"rules":[{"host":"a"},{"host":"b"},{},{"host":"c"},{},{"host":"d"}]}"#, "a,b,c + 3 more..."),
  ])
  func hostsOfAnIngress(spec: String, hosts: String) throws {
    let json = #"{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"i"},"spec":\#(spec)}"#
    #expect(try row(json)[2] == .string(hosts))
  }

  @Test(arguments: [
    (#"[{"port":80},{"name":"http"},{}]"#, "80,http,*"), (#"[{"name":"","protocol":"TCP"}]"#, "<unset>"),
    ("[]", "<unset>"),
  ])
  func portsOfASlice(ports: String, text: String) throws {
    let json = #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"e"},"ports":\#(ports)}"#
    #expect(try row(json)[2] == .string(text))
  }

  @Test(arguments: [
    (#"{"name":"p","namespace":"n"}"#, "n/p"), (#"{"name":"p"}"#, "*/p"), (#"{"namespace":"n"}"#, "<unset>"),
    (
      #"{"selector":{"matchLabels":{"b":"2","a":"1"},"matchExpressions":[{"key":"k","operator":"In","values":["x","y"]}]}}"#,
      "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{"
        + "LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}"
    ),
  ])
  func parametersOfAPolicy(reference: String, text: String) throws {
    let json =
      #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicyBinding","metadata":{"name":"b"},"spec":{"policyName":"q","paramRef":\#(reference)}}"#
    #expect(try row(json) == ["b", "q", .string(text), "<unknown>"])
  }

  @Test func autoscalersOfV1() throws {
    func row(_ metadata: String, _ spec: String, _ status: String) throws -> JSONValue {
      try self.row(
        #"{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":\#(metadata),"spec":\#(spec),"status":\#(status)}"#
      )[2]
    }
    let share = #"{"targetCPUUtilizationPercentage":80}"#
    #expect(try row("{}", share, "{}") == "cpu: <unknown>/80%")
    #expect(try row("{}", share, #"{"currentCPUUtilizationPercentage":7}"#) == "cpu: 7%/80%")
    let noted =
      #"{"annotations":{"autoscaling.alpha.kubernetes.io/metrics":"[{\"type\":\"Pods\",\"pods\":{\"metricName\":\"m\",\"targetAverageValue\":\"1k\"}}]"}}"#
    #expect(try row(noted, "{}", "{}") == "<unknown>/1k")
    #expect(try row(noted, share, "{}") == "<unknown>/1k, cpu: <unknown>/80%")
  }

  @Test func quotas() throws {
    #expect(
      try row(
        #"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q"},"status":{"hard":{"pods":"2","limits.cpu":"1","cpu":"3"},"used":{"pods":"1"}}}"#
      ) == ["q", "cpu: 0/3, pods: 1/2", "limits.cpu: 0/1", "<unknown>"])
  }

  @Test(arguments: [
    ("{}", "", "pending"), ("{}", #","deletionTimestamp":"2026-01-02T00:00:10Z""#, "deleted"),
    (#"{"allocation":{}}"#, "", "allocated"),
    (#"{"allocation":{},"reservedFor":[{"name":"p"}]}"#, "", "allocated,reserved"),
  ])
  func claimsOfDevices(status: String, extra: String, state: String) throws {
    let json =
      #"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim","metadata":{"name":"c"\#(extra)},"status":\#(status)}"#
    #expect(try row(json)[1] == .string(state))
  }

  @Test func labelsAreInTheOrderOfTheirTexts() throws {
    let json =
      #"{"apiVersion":"v1","kind":"PodTemplate","metadata":{"name":"t"},"template":{"metadata":{"labels":{"a":"1","a-b":"2"}}}}"#
    #expect(try row(json)[3] == "a-b=2,a=1")
  }

  @Test(arguments: [
    (#"{"status":"False","reason":"Gone"}"#, "False (Gone)"), (#"{"status":"Unknown"}"#, "Unknown"),
    (#"{"status":"True","reason":"Passed"}"#, "True"),
  ])
  func servicesOfAPIs(condition: String, text: String) throws {
    let json =
      #"{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"v1.a"},"status":{"conditions":[\#(condition)]}}"#
    let conditioned = json.replacing("[{", with: #"[{"type":"Available","#)
    #expect(try row(conditioned)[2] == .string(text))
  }

  @Test(arguments: [("Succeeded", 1), ("Failed", 1), ("Running", 0)])
  func endedPodsSaySo(phase: String, count: Int) throws {
    let row = builtin.row(of: try object(pod(#"{"phase":"\#(phase)"}"#)), columns: [], now: now)
    #expect(row.conditions.count == count)
    if let condition = row.conditions.first {
      #expect(
        condition["type"] == "Completed" && condition["status"] == "True" && condition["reason"] == .string(phase))
    }
  }
}
