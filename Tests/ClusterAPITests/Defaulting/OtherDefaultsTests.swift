import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct OtherDefaultsTests {
  @Test func services() throws {
    let service = try complete(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"LoadBalancer","sessionAffinity":"ClientIP","ports":[{"port":80},{"name":"b","port":81,"targetPort":"web"}]}}"#
    )
    let spec = try #require(service["spec"])
    #expect(spec["externalTrafficPolicy"] == "Cluster" && spec["internalTrafficPolicy"] == "Cluster")
    #expect(spec["allocateLoadBalancerNodePorts"] == true)
    #expect(spec["sessionAffinityConfig"] == ["clientIP": ["timeoutSeconds": 10800]])
    #expect(spec.items("ports").map { $0["targetPort"] } == [80, "web"])
    #expect(spec.items("ports").map { $0["protocol"] } == ["TCP", "TCP"])
    #expect(service["status"] == ["loadBalancer": [:]])
  }

  @Test func aServiceWithinTheCluster() throws {
    let service = try complete(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}}"#)
    #expect(service["spec"]?["type"] == "ClusterIP" && service["spec"]?["sessionAffinity"] == "None")
    #expect(service["spec"]?["externalTrafficPolicy"] == nil)
  }

  @Test func namespacesAreLabelledWithTheirName() throws {
    let namespace = try complete(#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#)
    #expect(namespace["metadata"]?["labels"] == ["kubernetes.io/metadata.name": "n"])
    #expect(namespace["status"] == ["phase": "Active"])
  }

  @Test func jobs() throws {
    let template = #""template":{"metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Never","containers":[]}}"#
    let plain = try complete(#"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{\#(template)}}"#)
    #expect(plain["spec"]?["completions"] == 1 && plain["spec"]?["parallelism"] == 1)
    #expect(plain["spec"]?["backoffLimit"] == 6 && plain["spec"]?["completionMode"] == "NonIndexed")
    #expect(plain["spec"]?["podReplacementPolicy"] == "TerminatingOrFailed" && plain["spec"]?["suspend"] == false)
    #expect(plain["metadata"]?["labels"] == ["a": "b"])
    let queue = try complete(
      #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{"parallelism":3,\#(template)}}"#)
    #expect(queue["spec"]?["completions"] == nil && queue["spec"]?["parallelism"] == 3)
    let cron = try complete(
      #"{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"c"},"spec":{"schedule":"* * * * *","jobTemplate":{"spec":{\#(template)}}}}"#
    )
    #expect(cron["spec"]?["concurrencyPolicy"] == "Allow" && cron["spec"]?["successfulJobsHistoryLimit"] == 3)
    #expect(cron["spec"]?["jobTemplate"]?["spec"]?["backoffLimit"] == nil)
    #expect(cron["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"]?["dnsPolicy"] == "ClusterFirst")
  }

  @Test func workloads() throws {
    let set = try complete(
      #"{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s"},"spec":{"volumeClaimTemplates":[{"metadata":{"name":"v"},"spec":{"accessModes":["ReadWriteOnce"]}}]}}"#
    )
    #expect(set["spec"]?["podManagementPolicy"] == "OrderedReady" && set["spec"]?["serviceName"] == "")
    #expect(set["spec"]?["updateStrategy"] == ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]])
    #expect(set["spec"]?["persistentVolumeClaimRetentionPolicy"] == ["whenDeleted": "Retain", "whenScaled": "Retain"])
    let claim = try #require(set["spec"]?.items("volumeClaimTemplates").first)
    #expect(claim["kind"] == "PersistentVolumeClaim" && claim["status"] == ["phase": "Pending"])
    #expect(claim["spec"]?["volumeMode"] == "Filesystem")
    let daemons = try complete(#"{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"d"},"spec":{}}"#)
    #expect(
      daemons["spec"]?["updateStrategy"]
        == ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 0]])
    let recreate = try complete(
      #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"strategy":{"type":"Recreate"}}}"#)
    #expect(recreate["spec"]?["strategy"] == ["type": "Recreate"])
  }

  @Test func autoscalers() throws {
    let scaler = try complete(
      #"{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"maxReplicas":3,"scaleTargetRef":{"kind":"Deployment","name":"d"},"behavior":{"scaleDown":{"stabilizationWindowSeconds":5}}}}"#
    )
    let spec = try #require(scaler["spec"])
    #expect(spec["minReplicas"] == 1)
    #expect(spec.items("metrics")[0]["resource"]?["target"]?["averageUtilization"] == 80)
    #expect(spec["behavior"]?["scaleUp"]?["selectPolicy"] == "Max")
    #expect(spec["behavior"]?["scaleUp"]?.items("policies").count == 2)
    #expect(spec["behavior"]?["scaleDown"]?.items("policies").count == 1)
  }

  @Test func restOfTheKinds() throws {
    let policy = try complete(
      #"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"p"},"spec":{"podSelector":{},"egress":[{"ports":[{"port":53}]}]}}"#
    )
    #expect(policy["spec"]?["policyTypes"] == ["Ingress", "Egress"] && policy["spec"]?["podSelector"] == [:])
    #expect(policy["spec"]?.items("egress")[0].items("ports")[0]["protocol"] == "TCP")
    let binding = try complete(
      #"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"User","name":"u"},{"kind":"ServiceAccount","name":"s"}]}"#
    )
    #expect(binding["roleRef"]?["apiGroup"] == "rbac.authorization.k8s.io")
    #expect(binding.items("subjects").map { $0["apiGroup"] } == ["rbac.authorization.k8s.io", nil])
    let webhooks = try complete(
      #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"w"},"webhooks":[{"name":"a.b.c","rules":[{}],"clientConfig":{"service":{"name":"n"}}}]}"#
    )
    let webhook = webhooks.items("webhooks")[0]
    #expect(webhook["failurePolicy"] == "Fail" && webhook["timeoutSeconds"] == 10)
    #expect(webhook["namespaceSelector"] == [:] && webhook.items("rules")[0]["scope"] == "*")
    #expect(webhook["clientConfig"]?["service"]?["port"] == 443)
    let definition = try complete(
      #"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"c"},"spec":{"names":{"kind":"CronTab","plural":"crontabs"}}}"#
    )
    #expect(definition["spec"]?["names"]?["singular"] == "crontab")
    #expect(definition["spec"]?["names"]?["listKind"] == "CronTabList")
    #expect(definition["spec"]?["conversion"] == ["strategy": "None"])
    let range = try complete(
      #"{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","max":{"cpu":"2"},"min":{"memory":"1Mi"}}]}}"#
    )
    let item = try #require(range["spec"]?.items("limits").first)
    #expect(item["default"] == ["cpu": "2"] && item["defaultRequest"] == ["cpu": "2", "memory": "1Mi"])
  }

  @Test func whatIsGivenStays() throws {
    let once = try complete(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30080}]}}"#
    )
    var twice = once
    builtin.complete(&twice, kind: try #require(kindOf(once)))
    #expect(once == twice)
  }
}
