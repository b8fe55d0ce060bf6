import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct WorkloadValidationTests {
  private let template =
    #""template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}"#
  private let selector = #""selector":{"matchLabels":{"a":"b"}}"#

  private func workload(_ kind: String, _ spec: String) -> String {
    #"{"apiVersion":"apps/v1","kind":"\#(kind)","metadata":{"name":"w","namespace":"n"},"spec":{\#(spec)}}"#
  }

  @Test(arguments: ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"])
  func aPlainWorkloadIsRight(kind: String) throws {
    #expect(try problems(workload(kind, "\(selector),\(template)")) == [])
  }

  @Test(arguments: ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"])
  func selectorsMatchTemplates(kind: String) throws {
    let other = #""selector":{"matchLabels":{"x":"y"}}"#
    #expect(
      try problems(workload(kind, "\(other),\(template)")) == [
        #"spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`"#
      ])
    let empty = try problems(workload(kind, #""selector":{},\#(template)"#))
    #expect(empty.first?.hasPrefix("spec.selector: Invalid value: {}: empty selector is invalid for ") == true)
  }

  @Test(arguments: ["Deployment", "ReplicaSet", "DaemonSet"])
  func selectorsCannotChange(kind: String) throws {
    func spec(_ value: String) -> String {
      "\(selector),\(template)".replacing(#""a":"b""#, with: #""a":"\#(value)""#)
    }
    let found = try problems(of: workload(kind, spec("c")), after: workload(kind, spec("b")))
    #expect(
      found.contains { $0.hasPrefix("spec.selector: Invalid value: ") && $0.hasSuffix(": field is immutable") },
      "\(found)")
  }

  @Test(arguments: [
    (#""replicas":-1"#, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
    (
      #""strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":0,"maxUnavailable":0}}"#,
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"
    ),
    (
      #""strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"200%"}}"#,
      #"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "200%": must not be greater than 100%"#
    ),
    (
      #""strategy":{"type":"Recreate","rollingUpdate":{}}"#,
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"
    ),
    (
      #""progressDeadlineSeconds":5,"minReadySeconds":5"#,
      "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"
    ),
  ])
  func deployments(more: String, problem: String) throws {
    #expect(try problems(workload("Deployment", "\(selector),\(template),\(more)")) == [problem])
  }

  @Test func podsOfWorkloadsRunForEver() throws {
    let other = template.replacing(#""spec":{"#, with: #""spec":{"restartPolicy":"Never","#)
    #expect(
      try problems(workload("Deployment", "\(selector),\(other)"))
        == [#"spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always""#])
  }

  @Test func whatAStatefulSetMayChange() throws {
    let before = workload("StatefulSet", "\(selector),\(template),\"serviceName\":\"s\"")
    #expect(
      try problems(
        of: workload("StatefulSet", "\(selector),\(template),\"serviceName\":\"s\",\"replicas\":5"), after: before)
        == [])
    #expect(
      try problems(of: workload("StatefulSet", "\(selector),\(template),\"serviceName\":\"t\""), after: before) == [
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
      ])
  }

  @Test func jobs() throws {
    func job(_ spec: String) -> String {
      #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","namespace":"n"},"spec":{"manualSelector":true,"selector":{"matchLabels":{"a":"b"}},\#(spec)}}"#
    }
    let once = template.replacing(#""spec":{"#, with: #""spec":{"restartPolicy":"Never","#)
    #expect(try problems(job(once)) == [])
    #expect(
      try problems(job(template))
        == [#"spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#])
    #expect(
      try problems(job("\(once),\"completionMode\":\"Indexed\",\"parallelism\":2"))
        == ["spec.completions: Required value: when completion mode is Indexed"])
    #expect(
      try problems(of: job("\(once),\"completions\":3"), after: job("\(once),\"completions\":2"))
        == ["spec.completions: Invalid value: 3: field is immutable"])
  }

  @Test(
    arguments: [
      ("*/5 * * * *", nil), ("0 0 1 jan *", nil), ("@daily", nil), ("@every 1h30m", nil), ("0-30/5 1,2 * * 1-5", nil),
      ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
      ("60 * * * *", "end of range (60) above maximum (59): 60"),
      ("a * * * *", "failed to parse int from a: invalid syntax"),
      ("*/0 * * * *", "step of range should be a positive number: */0"),
      ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
      ("@never", "unrecognized descriptor: @never"),
    ] as [(String, String?)])
  func schedules(schedule: String, problem: String?) { #expect(CronRules.problem(schedule) == problem) }

  @Test func cronJobs() throws {
    func cron(_ name: String, _ spec: String) -> String {
      #"{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"\#(name)","namespace":"n"},"spec":{\#(spec),"jobTemplate":{"spec":{\#(template.replacing(#""spec":{"#, with: #""spec":{"restartPolicy":"Never","#))}}}}"#
    }
    #expect(try problems(cron("c", #""schedule":"* * * * *""#)) == [])
    let long = try problems(cron(String(repeating: "a", count: 53), #""schedule":"* * * * *""#))
    #expect(long.count == 1 && long[0].hasSuffix("must be no more than 52 characters"))
    #expect(
      try problems(cron("c", #""schedule":"TZ=UTC * * * * *""#)).last
        == #"spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"#
    )
  }

  @Test(arguments: [
    ("UTC", true), ("Europe/Berlin", true), ("America/Argentina/Buenos_Aires", true), ("Etc/GMT+5", true),
    ("EST5EDT", true),
    ("europe/berlin", false), ("Nowhere/Land", false), ("Europe", false), ("../etc/passwd", false), ("/UTC", false),
  ])
  func timeZones(name: String, isKnown: Bool) { #expect(TimeZoneNames.isKnown(name) == isKnown) }

  @Test func aSuspendedJobCanBeSentElsewhere() throws {
    func job(_ container: String, status: String, spec: String = "") -> String {
      #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","namespace":"n"},"spec":{"suspend":true,"manualSelector":true,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Never"\#(spec),"containers":[{"name":"c","image":"i"\#(container)}]}}},"status":{\#(status)}}"#
    }
    let resources = #","resources":{"requests":{"cpu":"1"}}"#
    let suspended = #""startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Suspended","status":"True"}]"#
    for (status, isMutable) in [
      ("", true), (suspended, true), (#""active":1"#, false), (#""startTime":"2026-01-01T00:00:00Z""#, false),
    ] {
      let found = try problems(
        of: job(resources, status: status, spec: #","nodeSelector":{"a":"b"}"#), after: job("", status: status))
      #expect(found.isEmpty == isMutable, "\(status)")
    }
    let image = try problems(
      of: job("", status: "").replacing(#""image":"i""#, with: #""image":"x""#), after: job("", status: ""))
    #expect(
      image.count == 1
        && image[0].hasPrefix(#"spec.template.spec: Invalid value: {"Volumes":null,"InitContainers":null,"#))
    let named = try problems(
      of: job("", status: "").replacing(
        #""labels":{"a":"b"}},"spec""#, with: #""labels":{"a":"b"},"name":"x"},"spec""#),
      after: job("", status: ""))
    #expect(named == [])
  }

  @Test func autoscalers() throws {
    func scaler(_ spec: String) -> String {
      #"{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h","namespace":"n"},"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},\#(spec)}}"#
    }
    #expect(try problems(scaler(#""maxReplicas":3"#)) == [])
    let target = scaler(#""maxReplicas":3"#)
    for (version, words) in [
      ("v1", "apiVersion must specify API group"), ("a/b/c", "unexpected GroupVersion string: a/b/c"),
    ] {
      let changed = target.replacing("apps/v1", with: version)
      #expect(
        try problems(changed) == [#"spec.scaleTargetRef.apiVersion: Invalid value: "\#(version)": \#(words)"#])
      #expect(try problems(of: changed, after: changed) == [])
    }
    #expect(
      try problems(
        target.replacing("apps/v1", with: "v1").replacing("\"Deployment", with: "\"ReplicationController")) == [])
    let tolerance = #""maxReplicas":3,"behavior":{"scaleUp":{"tolerance":"-1"}}"#
    #expect(
      try problems(scaler(tolerance)) == [
        #"spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0"#
      ])
    #expect(
      try problems(of: scaler(#""minReplicas":0,"maxReplicas":3"#), after: scaler(#""minReplicas":0,"maxReplicas":2"#))
        == [
          "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas"
        ])
    #expect(
      try problems(scaler(#""minReplicas":5,"maxReplicas":3"#))
        == ["spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"])
    #expect(
      try problems(scaler(#""minReplicas":0,"maxReplicas":3"#))
        == [
          "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
          "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
        ])
    #expect(
      try problems(
        scaler(
          #""maxReplicas":3,"metrics":[{"type":"Pods","pods":{"metric":{"name":"m"},"target":{"type":"AverageValue"}}}]"#
        ))
        == ["spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue"])
  }

  /// A selector that is not there chooses no labels; the schema's findings stand where one pass would tell them.
  @Test(arguments: [
    (
      "Deployment",
      [
        "spec.selector: Required value",
        "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
        "spec.template.spec.containers: Required value",
      ]
    ),
    (
      "DaemonSet",
      [
        "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
        "spec.template.spec.containers: Required value",
      ]
    ),
  ])
  func emptyWorkloads(kind: String, expected: [String]) throws {
    #expect(
      try problems(
        #"{"apiVersion":"apps/v1","kind":"\#(kind)","metadata":{"name":"x","namespace":"n"},"spec":{}}"#) == expected)
  }

  @Test func findingsComeInTheOrderOfOnePass() throws {
    let found = try problems(
      #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x","namespace":"n"},"spec":{"replicas":-1,"minReadySeconds":-1,"revisionHistoryLimit":-1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"type":"X"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Never","containers":[{"name":"","image":""},{"name":"A","image":"i"}]}}}}"#
    )
    #expect(
      found.map { String($0.prefix { $0 != ":" }) } == [
        "spec.replicas", "spec.template.spec.containers[0].name", "spec.template.spec.containers[0].image",
        "spec.template.spec.containers[1].name", "spec.template.spec.restartPolicy", "spec.strategy",
        "spec.minReadySeconds", "spec.revisionHistoryLimit",
      ])
  }
}
