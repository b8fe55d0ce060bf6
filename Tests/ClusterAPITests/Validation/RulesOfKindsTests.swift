import APIMachinery
import Testing

@testable import ClusterAPI

/// Objects that break a rule of their kind, and what upstream says of each.
@Suite struct RulesOfKindsTests {
  private static func container(_ more: String, spec: String = "") -> String {
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"},"spec":{"serviceAccountName":"s","containers":[{"name":"c","image":"i"\#(more.isEmpty ? "" : ",")\#(more)}]\#(spec.isEmpty ? "" : ",")\#(spec)}}"#
  }

  @Test(
    arguments: [
      (
        #""env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"spec.odd"}}}]"#, "",
        [
          #"spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.odd": error converting fieldPath: field label not supported: spec.odd"#
        ]
      ),
      (
        #""env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.phase"}}}]"#, "",
        [
          #"spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs""#
        ]
      ),
      (
        #""env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name['a']"}}}]"#, "",
        [
          #"spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name['a']": error converting fieldPath: field label does not support subscript: metadata.name['a']"#
        ]
      ),
      (
        #""env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu","divisor":"2"}}}]"#, "",
        [
          #"spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource"#
        ]
      ),
      (
        #""resources":{"limits":{"gpu":"1"}}"#, "",
        [
          #"spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified"#,
          #"spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers"#,
          #"spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified"#,
          #"spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers"#,
        ]
      ),
      (
        #""resources":{"limits":{"cpu":"1","hugepages-2Mi":"3Mi"}}"#, "",
        [
          #"spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi"#,
          #"spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi"#,
        ]
      ),
      (
        #""volumeMounts":[{"name":"v","mountPath":"/v","subPath":"a"}]"#,
        #""volumes":[{"name":"v","image":{"reference":"r"}}]"#,
        []
      ),
      (
        "",
        #""volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"a","items":[{"key":"k","path":"x"}]}},{"configMap":{"name":"b","items":[{"key":"k","path":"x"}]}}]}}]"#,
        [#"spec.volumes[0].projected: Invalid value: "b": conflicting duplicate paths"#]
      ),
      (
        "",
        #""volumes":[{"name":"v","scaleIO":{"gateway":"g","system":"s","secretRef":null,"volumeName":"v"}}]"#,
        []
      ),
      (
        "", #""volumes":[{"name":"v","scaleIO":{"gateway":"g","system":"s"}}]"#,
        ["spec.volumes[0].scaleIO.volumeName: Required value"]
      ),
      ("", #""dnsConfig":{"searches":["_tcp.a_b.c","."]}"#, []),
      (
        #""restartPolicy":"Never","restartPolicyRules":[{"action":"Odd","exitCodes":{"operator":"In","values":[1]}},{"action":"Restart"}]"#,
        "",
        [
          #"spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Odd": supported values: "Restart", "RestartAllContainers""#,
          "spec.containers[0].restartPolicyRules[1].exitCodes: Required value: must be specified",
        ]
      ),
      (
        "", #""dnsConfig":{"searches":["-a"]}"#,
        [
          #"spec.dnsConfig.searches[0]: Invalid value: "-a": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')"#
        ]
      ),
      (
        #""resources":{"requests":{"cpu":"2"},"limits":{"cpu":"4"}}"#,
        #""resources":{"requests":{"cpu":"1"},"limits":{"cpu":"3"}}"#,
        [
          #"spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2"#,
          #"spec.resources.containers[0][cpu].limits: Invalid value: "4": must be less than or equal to pod limits of 3"#,
        ]
      ),
      (
        "",
        #""affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["A_"]}]}]}}}"#,
        [
          #"spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values[0]: Invalid value: "A_": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
        ]
      ),
      (
        "",
        #""affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"preference":{"matchExpressions":[{"key":"a","operator":"In","values":["no label!"]}]}}]}}"#,
        []
      ),
      (
        "",
        #""affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"z","labelSelector":{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"a","operator":"Exists"}]},"matchLabelKeys":["a","b"],"mismatchLabelKeys":["b"]}]}}"#,
        [
          #"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0][0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector"#,
          #"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[1]: Invalid value: "b": exists in both matchLabelKeys and mismatchLabelKeys"#,
        ]
      ),
    ] as [(String, String, [String])])
  func pods(more: String, spec: String, expected: [String]) throws {
    #expect(try problems(Self.container(more, spec: spec)) == expected)
  }

  @Test func tokensAreOfAnAccount() throws {
    let pod = Self.container(
      "", spec: #""volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}]"#)
    #expect(try problems(pod) == [])
    #expect(
      try problems(pod.replacing(#""serviceAccountName":"s","#, with: "")) == [
        "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set"
      ])
  }

  // MARK: - Workloads

  private func workload(_ apiVersion: String, _ kind: String, _ spec: String, name: String = "w", pod: String = "")
    -> String
  {
    #"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","metadata":{"name":"\#(name)","namespace":"n","uid":"u"},"spec":{"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"\#(pod)}]}},\#(spec)}}"#
  }

  @Test func imagesOfTemplatesMayHaveBlanks() throws {
    let spec = #""selector":{"matchLabels":{"a":"b"}}"#
    #expect(
      try problems(workload("apps/v1", "Deployment", spec).replacing(#""image":"i""#, with: #""image":" i""#)) == [])
  }

  @Test func claimsOfStatefulSetsAreVolumes() throws {
    let mount = #","volumeMounts":[{"name":"data","mountPath":"/d"}]"#
    let claim =
      #""volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]"#
    let spec = #""selector":{"matchLabels":{"a":"b"}},"serviceName":"s""#
    #expect(try problems(workload("apps/v1", "StatefulSet", "\(spec),\(claim)", pod: mount)) == [])
    #expect(
      try problems(workload("apps/v1", "StatefulSet", spec, pod: mount))
        == [#"spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data""#])
    let odd = try problems(
      workload("apps/v1", "StatefulSet", #""selector":{"matchLabels":{"a":"b"}},"serviceName":"A_""#))
    #expect(odd.count == 1 && odd[0].hasPrefix(#"spec.serviceName: Invalid value: "A_": a lowercase RFC 1123 label"#))
  }

  @Test func aJobsNameLeavesRoomForTheIndex() throws {
    let name = String(repeating: "a", count: 62)
    let job = try complete(
      workload("batch/v1", "Job", #""completionMode":"Indexed","completions":3"#, name: name)
        .replacing(#""containers""#, with: #""restartPolicy":"Never","containers""#))
    var prepared = job
    let kind = try #require(kindOf(job))
    builtin.prepareForCreate(&prepared, kind: kind)
    let found = builtin.validate(prepared, old: nil, kind: kind).map(\.description)
    let expected =
      "metadata.name: Invalid value: \"\(name)\": will not able to create pod with invalid DNS label: \(name)-2"
    #expect(found.contains(expected))
  }

  @Test(
    arguments: [
      (
        #""completions":2,"parallelism":2,"completionMode":"Indexed""#,
        #""completions":4,"parallelism":4,"completionMode":"Indexed""#, []
      ),
      (
        #""completions":2,"parallelism":2,"completionMode":"Indexed""#,
        #""completions":4,"parallelism":2,"completionMode":"Indexed""#,
        ["spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism"]
      ),
      (#""completions":2"#, #""completions":4"#, ["spec.completions: Invalid value: 4: field is immutable"]),
    ] as [(String, String, [String])])
  func completionsOfJobs(before: String, after: String, expected: [String]) throws {
    func job(_ spec: String) -> String {
      workload(
        "batch/v1", "Job", #""manualSelector":true,"selector":{"matchLabels":{"a":"b"}},\#(spec)"#
      ).replacing(#""containers""#, with: #""restartPolicy":"Never","containers""#)
    }
    #expect(try problems(of: job(after), after: job(before)) == expected)
  }

  @Test func longNamesOfCronJobsCanStay() throws {
    let name = String(repeating: "a", count: 53)
    let job =
      #"{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"\#(name)","namespace":"n"},"spec":{"schedule":"* * * * *","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}}}"#
    #expect(
      try problems(job) == ["metadata.name: Invalid value: \"\(name)\": must be no more than 52 characters"])
    #expect(try problems(of: job, after: job) == [])
  }

  // MARK: - Nodes, limits, services and volumes

  @Test func nodes() throws {
    func node(_ spec: String, _ status: String = "{}") -> String {
      #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":{\#(spec)},"status":\#(status)}"#
    }
    #expect(
      try problems(node(#""taints":[{"key":"a","effect":"NoSchedule"},{"key":"a","effect":"NoSchedule"}]"#)).first
        == #"metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair"#
    )
    #expect(
      try problems(node("", #"{"capacity":{"cpu":"-1"}}"#)).first
        == #"status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0"#)
    #expect(
      try problems(
        of: node(#""podCIDRs":["10.1.0.0/24"]"#), after: node(#""podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24"]"#))
        == [
          #"spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid"#
        ])
  }

  @Test func limits() throws {
    #expect(
      try problems(
        #"{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"l","namespace":"n"},"spec":{"limits":[{"type":"Container","max":{"cpu":"1"},"min":{"cpu":"500m"},"default":{"cpu":"2"},"defaultRequest":{"cpu":"500m"}}]}}"#
      ) == [
        #"spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1"#
      ])
  }

  @Test(
    arguments: [
      (#""type":"LoadBalancer","ports":[{"port":10250}]"#, "", []),
      (
        #""ports":[{"port":80,"nodePort":30000}]"#, "",
        ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]
      ),
      (
        #""ports":[{"port":80}],"loadBalancerSourceRanges":["10.0.0.0/8"]"#, "",
        ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"]
      ),
      (
        #""type":"LoadBalancer","ports":[{"port":80}]"#,
        #""service.beta.kubernetes.io/load-balancer-source-ranges":"10.0.0.0/8, odd""#,
        [
          #"metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "odd": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"#
        ]
      ),
      (
        #""ports":[{"port":80}]"#,
        #""service.kubernetes.io/topology-mode":"Auto","service.kubernetes.io/topology-aware-hints":"Disabled""#,
        [
          #"metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "Auto": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified"#
        ]
      ),
      (
        #""ports":[{"port":80}],"loadBalancerClass":"a b""#, "",
        ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"]
      ),
    ] as [(String, String, [String])])
  func services(spec: String, notes: String, expected: [String]) throws {
    #expect(
      try problems(
        #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s","namespace":"n","annotations":{\#(notes)}},"spec":{\#(spec)}}"#
      ) == expected)
  }

  @Test func loadBalancersTellOfThemselves() throws {
    func found(_ apiVersion: String, _ kind: String, _ ingress: String) throws -> [String] {
      let value = try complete(
        #"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","metadata":{"name":"s","namespace":"n","resourceVersion":"1"},"spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{"ingress":[\#(ingress)]}}}"#
      )
      var old = value
      old.editObject { $0["status"] = [:] }
      return builtin.validate(value, old: old, kind: try #require(kindOf(value)), subresource: "status")
        .map(\.description)
    }
    #expect(try found("v1", "Service", #"{"ip":"10.0.0.1","ipMode":"VIP"}"#) == [])
    #expect(
      try found("v1", "Service", #"{"hostname":"10.0.0.1","ipMode":"VIP"}"#) == [
        "status.loadBalancer.ingress[0].ipMode: Forbidden: may not be specified when `ip` is not set",
        #"status.loadBalancer.ingress[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address"#,
      ])
    #expect(
      try found("networking.k8s.io/v1", "Ingress", #"{"ip":"odd"}"#) == [
        #"status.loadBalancer.ingress[0].ip: Invalid value: "odd": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#
      ])
  }

  @Test func volumes() throws {
    func volume(_ spec: String) -> String {
      #"{"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"v"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],\#(spec)}}"#
    }
    let csi = #""csi":{"driver":"d","volumeHandle":"h"}"#
    let secret = #""csi":{"driver":"d","volumeHandle":"h","controllerExpandSecretRef":{"name":"s","namespace":"n"}}"#
    #expect(try problems(of: volume(secret), after: volume(csi)) == [])
    let found = try problems(of: volume(csi), after: volume(secret))
    #expect(
      found == [
        """
        spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation
        @@ -29,10 +29,7 @@
           "ControllerPublishSecretRef": null,
           "NodeStageSecretRef": null,
           "NodePublishSecretRef": null,
        -  "ControllerExpandSecretRef": {
        -   "Name": "s",
        -   "Namespace": "n"
        -  },
        +  "ControllerExpandSecretRef": null,
           "NodeExpandSecretRef": null
          }
         }

        """
      ])
    #expect(
      try problems(
        of: volume(#""hostPath":{"path":"/b"},"volumeMode":"Block""#), after: volume(#""hostPath":{"path":"/b"}"#))
        == [#"volumeMode: Invalid value: "Block": field is immutable"#])
    #expect(
      try problems(volume(#""hostPath":{"path":"/b"},"volumeAttributesClassName":"c""#))
        == ["spec.csi: Required value: has to be specified when using volumeAttributesClassName"])
  }

  @Test func claims() throws {
    func claim(_ size: String, _ spec: String = "", status: String = "", notes: String = "") -> String {
      #"{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c","namespace":"n","annotations":{\#(notes)}},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"\#(size)"}}\#(spec)},"status":{\#(status)}}"#
    }
    let bound = #""phase":"Bound","capacity":{"storage":"1Gi"}"#
    #expect(try problems(of: claim("2Gi", status: bound), after: claim("1Gi", status: bound)) == [])
    #expect(
      try problems(of: claim("1Gi", status: bound), after: claim("3Gi", status: bound))
        == ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"])
    #expect(
      try problems(of: claim("2Gi"), after: claim("1Gi")) == [
        """
        spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
        @@ -6,7 +6,7 @@
          "Resources": {
           "Limits": null,
           "Requests": {
        -   "storage": "1Gi"
        +   "storage": "2Gi"
           }
          },
          "VolumeName": "",

        """
      ])
    let attributes = #","volumeAttributesClassName":"a""#
    #expect(try problems(of: claim("1Gi", status: bound), after: claim("1Gi", attributes, status: bound)) == [])
    let applied = bound + #","currentVolumeAttributesClassName":"a""#
    let condition = "is forbidden when status.currentVolumeAttributesClassName is not nil"
    #expect(
      try problems(of: claim("1Gi", status: applied), after: claim("1Gi", attributes, status: applied))
        == ["spec.volumeAttributesClassName: Forbidden: update to nil \(condition)"])
    #expect(
      try problems(
        of: claim("1Gi", #","volumeAttributesClassName":"""#, status: applied),
        after: claim("1Gi", attributes, status: applied))
        == ["spec.volumeAttributesClassName: Forbidden: update to empty string \(condition)"])
    let old = #""volume.beta.kubernetes.io/storage-class":"a""#
    #expect(
      try problems(of: claim("1Gi"), after: claim("1Gi", notes: old))
        == [#"metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: "": field is immutable"#])
    #expect(
      try problems(
        claim(
          "1Gi",
          #","dataSource":{"kind":"PersistentVolumeClaim","name":"a"},"dataSourceRef":{"kind":"PersistentVolumeClaim","name":"b"}"#
        )) == ["spec: Invalid value: {}: must match dataSourceRef"])
  }
}
