import APIMachinery
import NIOHTTP1
import Testing

@testable import APIServer

@Suite struct FrontProxyTests {
  /// What a client says of itself in the proxy's words does not get through, however it spells them.
  @Test func nobodyIntroducesThemselves() {
    var headers: HTTPHeaders = [
      "X-Remote-User": "mallory", "x-remote-GROUP": "system:masters", "X-Remote-Extra-Scopes": "all",
      "X-REMOTE-UID": "0", "Authorization": "Bearer secret", "Impersonate-User": "root", "Accept": "text/plain",
    ]
    FrontProxy.introduce(
      User(name: "jane", uid: "7", groups: ["a", "b"], extra: ["example.com/k": ["1", "2"]]), &headers)
    #expect(headers["X-Remote-User"] == ["jane"] && headers["X-Remote-Uid"] == ["7"])
    #expect(headers["X-Remote-Group"] == ["a", "b"])
    #expect(headers["X-Remote-Extra-example.com%2Fk"] == ["1", "2"])
    #expect(headers["Accept"] == ["text/plain"])
    #expect(headers.count == 7)
  }

  @Test func keysOfHeaders() {
    #expect(FrontProxy.escape("plain-key.1_~") == "plain-key.1_~")
    #expect(FrontProxy.escape("a/b c%") == "a%2Fb%20c%25")
    #expect(FrontProxy.escape("é\n") == "%C3%A9%0A")
  }

  @Test func olderDiscovery() {
    let list: JSONValue = [
      "kind": "APIResourceList",
      "resources": [
        [
          "name": "things", "singularName": "thing", "namespaced": true, "kind": "Thing", "verbs": ["get"],
          "shortNames": ["t"],
        ],
        [
          "name": "things/scale", "namespaced": true, "group": "autoscaling", "version": "v1", "kind": "Scale",
          "verbs": ["update"],
        ],
        ["name": "lost/status", "kind": "Lost", "verbs": []],
      ],
    ]
    let entry = AggregatedDiscovery.entry(list, GroupVersion(group: "g", version: "v2"))
    #expect(
      entry == [
        "version": "v2",
        "resources": [
          [
            "resource": "things", "responseKind": ["group": "g", "version": "v2", "kind": "Thing"],
            "scope": "Namespaced", "singularResource": "thing", "verbs": ["get"], "shortNames": ["t"],
            "subresources": [
              [
                "subresource": "scale", "responseKind": ["group": "autoscaling", "version": "v1", "kind": "Scale"],
                "verbs": ["update"],
              ]
            ],
          ]
        ],
      ])
  }
}
