import APIMachinery
import HTTPService
import Synchronization
import Testing

@testable import APIServer

/// Allows what stands in a list, and notes what it is asked.
private final class List: Authorizer {
  private let allowed: Set<String>
  let asked = Mutex<[String]>([])
  let keys = Mutex<[String: [String]]>([:])

  init(_ allowed: Set<String>) { self.allowed = allowed }

  func authorize(_ user: User, _ info: RequestInfo) async -> Decision {
    let resource = info.subresource.isEmpty ? info.resource : "\(info.resource)/\(info.subresource)"
    let place = info.namespace.isEmpty ? info.name : "\(info.namespace)/\(info.name)"
    let question = "\(info.verb) \(info.group)/\(resource) \(place)"
    asked.withLock { $0.append(question) }
    keys.withLock { $0 = user.extra }
    return allowed.contains(question) ? .allowed(reason: "") : .noOpinion(reason: "")
  }
}

@Suite struct ImpersonationTests {
  private let sender = User(name: "carol")
  private let list = RequestInfo(verb: "list", group: "", version: "v1", resource: "pods", namespace: "n")

  private func headers(_ fields: [(String, String)]) -> Headers {
    var headers = Headers()
    for (name, value) in fields { headers.add(name, value) }
    return headers
  }

  private func apply(
    _ fields: [(String, String)], by sender: User? = nil, _ allowed: Set<String>
  ) async throws -> Impersonation.Result {
    let impersonation = try #require(try Impersonation(headers(fields)))
    return try await impersonation.apply(sender ?? self.sender, list, List(allowed))
  }

  private let onUser = "impersonate-on:user-info:list /pods n/"

  @Test func onlyForWhatIsAllowed() async throws {
    let allowed: Set = [onUser, "impersonate:user-info authentication.k8s.io/users bob"]
    let bob = try await apply([("Impersonate-User", "bob")], allowed)
    #expect(bob.user == User(name: "bob", groups: ["system:authenticated"]))
    #expect(bob.constraint == "impersonate:user-info")
    for missing in allowed {
      let error = await #expect(throws: StatusError.self) {
        _ = try await apply([("Impersonate-User", "bob")], allowed.subtracting([missing]))
      }
      #expect(error?.code == 403)
    }
  }

  @Test func theWayWithoutAConstraintStays() async throws {
    let bob = try await apply(
      [
        ("Impersonate-User", "bob"), ("Impersonate-Group", "a"), ("Impersonate-Extra-Reason", "x"),
        ("Impersonate-Uid", "7"),
      ],
      [
        "impersonate /users bob", "impersonate /groups a", "impersonate authentication.k8s.io/userextras/reason x",
        "impersonate authentication.k8s.io/uids 7",
      ])
    #expect(bob.user == User(name: "bob", uid: "7", groups: ["a", "system:authenticated"], extra: ["reason": ["x"]]))
    #expect(bob.constraint == "")
  }

  /// The first refusal is told: what a constrained permission would need.
  @Test func refusals() async throws {
    let error = await #expect(throws: StatusError.self) { _ = try await apply([("Impersonate-User", "bob")], []) }
    #expect(
      error?.message
        == #"pods is forbidden: User "carol" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "n""#
    )
    for (fields, words) in [
      ([("Impersonate-Group", "system:masters")], "impersonating the system:masters group is not allowed"),
      ([("Impersonate-Group", "")], "impersonating the empty string group is not allowed"),
      ([("Impersonate-Extra-Reason", "x")], "impersonating an invalid key in extra is not allowed"),
      ([("Impersonate-Extra-acme.com%2Freason", "")], "impersonating the empty string value in extra is not allowed"),
    ] {
      let error = await #expect(throws: StatusError.self) {
        _ = try await apply(
          [("Impersonate-User", "bob")] + fields, [onUser, "impersonate:user-info authentication.k8s.io/users bob"])
      }
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
  }

  @Test func nodes() async throws {
    let onNode = "impersonate-on:arbitrary-node:list /pods n/"
    let node = try await apply(
      [("Impersonate-User", "system:node:a")], [onNode, "impersonate:arbitrary-node authentication.k8s.io/nodes a"])
    #expect(node.user.groups == ["system:nodes", "system:authenticated"])
    // One that is no node's user, whatever it is called.
    #expect(!ImpersonationMode.arbitraryNode.supports(User(name: "system:node:A_b"), by: sender))
    #expect(ImpersonationMode.userInfo.supports(User(name: "system:node:A_b"), by: sender))
    // Nobody says what groups a node has.
    #expect(!ImpersonationMode.arbitraryNode.supports(User(name: "system:node:a", groups: ["x"]), by: sender))
  }

  @Test func anAccountActsAsItsOwnNode() async throws {
    var account = User(name: "system:serviceaccount:n:agent")
    account.extra = ["authentication.kubernetes.io/node-name": ["a"], "other": ["b"]]
    let allowed: Set = [
      "impersonate-on:associated-node:list /pods n/", "impersonate:associated-node authentication.k8s.io/nodes *",
    ]
    let node = try await apply([("Impersonate-User", "system:node:a")], by: account, allowed)
    #expect(node.user.name == "system:node:a" && node.constraint == "impersonate:associated-node")
    await #expect(throws: StatusError.self) {
      _ = try await apply([("Impersonate-User", "system:node:other")], by: account, allowed)
    }
    await #expect(throws: StatusError.self) {
      _ = try await apply(
        [("Impersonate-User", "system:node:a")], by: User(name: "carol", extra: account.extra), allowed)
    }
    let asked = List(allowed)
    let impersonation = try #require(try Impersonation(headers([("Impersonate-User", "system:node:a")])))
    _ = try await impersonation.apply(account, list, asked)
    #expect(
      asked.keys.withLock { $0 } == [
        "authentication.kubernetes.io/associated-node-keys": ["authentication.kubernetes.io/node-name", "other"]
      ])
  }

  @Test func accounts() async throws {
    let allowed: Set = [
      "impersonate-on:serviceaccount:list /pods n/",
      "impersonate:serviceaccount authentication.k8s.io/serviceaccounts n/robot",
    ]
    let robot = try await apply([("Impersonate-User", "system:serviceaccount:n:robot")], allowed)
    #expect(
      robot.user.groups == ["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"])
    // What is no account's name is a user's.
    for name in ["system:serviceaccount:n", "system:serviceaccount:n:a:b", "system:serviceaccount:N:a"] {
      #expect(ImpersonationMode.userInfo.supports(User(name: name), by: sender))
    }
  }

  @Test func allOfManyAtOnce() async throws {
    let groups = (0..<4).map { ("Impersonate-Group", "g\($0)") }
    let user = try await apply(
      [("Impersonate-User", "bob")] + groups,
      [
        onUser, "impersonate:user-info authentication.k8s.io/users bob",
        "impersonate:user-info authentication.k8s.io/groups *",
      ])
    #expect(user.user.groups.count == 5)
    // Of a few each is asked for.
    await #expect(throws: StatusError.self) {
      _ = try await apply(
        [("Impersonate-User", "bob")] + groups.dropLast(),
        [
          onUser, "impersonate:user-info authentication.k8s.io/users bob",
          "impersonate:user-info authentication.k8s.io/groups *",
        ])
    }
  }

  @Test func groupsOfStrangers() async throws {
    let nobody = try await apply([("Impersonate-User", "system:anonymous")], ["impersonate /users system:anonymous"])
    #expect(nobody.user.groups == ["system:unauthenticated"])
    let stranger = try await apply(
      [("Impersonate-User", "x"), ("Impersonate-Group", "system:unauthenticated")],
      ["impersonate /users x", "impersonate /groups system:unauthenticated"])
    #expect(stranger.user.groups == ["system:unauthenticated"])
  }

  @Test func partsOfNobody() throws {
    #expect(try Impersonation(headers([("Accept", "x")])) == nil)
    let error = #expect(throws: StatusError.self) {
      try Impersonation(
        self.headers([("Impersonate-Group", "a"), ("Impersonate-Uid", "u"), ("Impersonate-Extra-k", "v")]))
    }
    #expect(
      error?.message
        == #"requested &user.DefaultInfo{Name:"", UID:"u", Groups:[]string{"a"}, Extra:map[string][]string{"k":[]string{"v"}}} without impersonating a user name"#
    )
  }
}
