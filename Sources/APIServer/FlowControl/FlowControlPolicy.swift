import APIMachinery

/// The schemas and levels that every cluster has: the mandatory ones first, then those that kube-apiserver suggests
/// (Kubernetes, "API Priority and Fairness", defaults).
enum FlowControlPolicy {
  static let group = "flowcontrol.apiserver.k8s.io"
  static let mandatoryLevels = 2
  static let mandatorySchemas = 2

  static let levels: [JSONObject] = [
    level("exempt", ["type": "Exempt", "exempt": ["nominalConcurrencyShares": 0, "lendablePercent": 0]]),
    level(
      "catch-all",
      [
        "type": "Limited",
        "limited": ["nominalConcurrencyShares": 5, "limitResponse": ["type": "Reject"], "lendablePercent": 0],
      ]),
    level("system", shares: 30, lendable: 33, queues: 64, hand: 6),
    level("node-high", shares: 40, lendable: 25, queues: 64, hand: 6),
    level("leader-election", shares: 10, lendable: 0, queues: 16, hand: 4),
    level("workload-high", shares: 40, lendable: 50, queues: 128, hand: 6),
    level("workload-low", shares: 100, lendable: 90, queues: 128, hand: 6),
    level("global-default", shares: 20, lendable: 50, queues: 128, hand: 6),
  ]

  static let schemas: [JSONObject] = [
    schema("exempt", "exempt", 1, nil, [group("system:masters")], [everything], [everyPath]),
    schema("catch-all", "catch-all", 10000, "ByUser", everybody, [everything], [everyPath]),
    schema("system-nodes", "system", 500, "ByUser", [group("system:nodes")], [everything], [everyPath]),
    schema(
      "system-node-high", "node-high", 400, "ByUser", [group("system:nodes")],
      [
        rule(["*"], "", ["nodes", "nodes/status"], cluster: true),
        rule(["*"], "coordination.k8s.io", ["leases"]),
      ], []),
    schema(
      "probes", "exempt", 2, nil, everybody, [],
      [["verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]]]),
    schema(
      "system-leader-election", "leader-election", 100, "ByUser",
      [user("system:kube-controller-manager"), user("system:kube-scheduler"), account("*")], [leases], []),
    schema("workload-leader-election", "leader-election", 200, "ByUser", [account("*")], [leases], []),
    schema(
      "endpoint-controller", "workload-high", 150, "ByUser",
      [
        user("system:kube-controller-manager"), account("endpoint-controller"),
        account("endpointslicemirroring-controller"),
      ],
      [rule(["get", "create", "update"], "", ["endpoints"])], []),
    schema(
      "kube-controller-manager", "workload-high", 800, "ByNamespace", [user("system:kube-controller-manager")],
      [everything], [everyPath]),
    schema(
      "kube-scheduler", "workload-high", 800, "ByNamespace", [user("system:kube-scheduler")], [everything],
      [everyPath]),
    schema(
      "kube-system-service-accounts", "workload-high", 900, "ByNamespace", [account("*")], [everything], [everyPath]),
    schema(
      "service-accounts", "workload-low", 9000, "ByUser", [group("system:serviceaccounts")], [everything],
      [everyPath]),
    schema("global-default", "global-default", 9900, "ByUser", everybody, [everything], [everyPath]),
  ]

  private static let everything: JSONValue = [
    "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true, "namespaces": ["*"],
  ]
  private static let everyPath: JSONValue = ["verbs": ["*"], "nonResourceURLs": ["*"]]
  private static let everybody = [group("system:unauthenticated"), group("system:authenticated")]
  private static let leases = rule(["get", "create", "update"], "coordination.k8s.io", ["leases"])

  private static func user(_ name: String) -> JSONValue { ["kind": "User", "user": ["name": .string(name)]] }

  private static func group(_ name: String) -> JSONValue { ["kind": "Group", "group": ["name": .string(name)]] }

  /// An account in `kube-system`.
  private static func account(_ name: String) -> JSONValue {
    ["kind": "ServiceAccount", "serviceAccount": ["namespace": "kube-system", "name": .string(name)]]
  }

  private static func rule(
    _ verbs: [String], _ group: String, _ resources: [String], cluster: Bool = false
  ) -> JSONValue {
    var rule: JSONObject = [
      "verbs": .array(verbs.map { .string($0) }), "apiGroups": [.string(group)],
      "resources": .array(resources.map { .string($0) }),
    ]
    if cluster { rule["clusterScope"] = true }
    rule["namespaces"] = ["*"]
    return .object(rule)
  }

  private static func object(_ kind: String, _ name: String, _ spec: JSONObject) -> JSONObject {
    [
      "kind": .string(kind), "apiVersion": .string("\(group)/v1"), "metadata": ["name": .string(name)],
      "spec": .object(spec),
    ]
  }

  private static func level(_ name: String, _ spec: JSONObject) -> JSONObject {
    object("PriorityLevelConfiguration", name, spec)
  }

  private static func level(
    _ name: String, shares: Int64, lendable: Int64, queues: Int64, hand: Int64
  ) -> JSONObject {
    level(
      name,
      [
        "type": "Limited",
        "limited": [
          "nominalConcurrencyShares": .integer(shares),
          "limitResponse": [
            "type": "Queue",
            "queuing": ["queues": .integer(queues), "handSize": .integer(hand), "queueLengthLimit": 50],
          ],
          "lendablePercent": .integer(lendable),
        ],
      ])
  }

  private static func schema(
    _ name: String, _ level: String, _ precedence: Int64, _ distinguisher: String?, _ subjects: [JSONValue],
    _ resources: [JSONValue], _ paths: [JSONValue]
  ) -> JSONObject {
    var rule: JSONObject = ["subjects": .array(subjects)]
    if !resources.isEmpty { rule["resourceRules"] = .array(resources) }
    if !paths.isEmpty { rule["nonResourceRules"] = .array(paths) }
    var spec: JSONObject = [
      "priorityLevelConfiguration": ["name": .string(level)], "matchingPrecedence": .integer(precedence),
    ]
    if let distinguisher { spec["distinguisherMethod"] = ["type": .string(distinguisher)] }
    spec["rules"] = [.object(rule)]
    return object("FlowSchema", name, spec)
  }
}
