import APIMachinery
import Testing

@testable import ClusterAPI

/// Values as kube-apiserver holds them.
@Suite struct InternalFormTests {
  /// The data names types that it describes, and fields that the API has.
  @Test func theDataIsWhole() throws {
    let types = InternalTypes.all
    #expect(types.count > 150 && types["core.PodSpec"]?.first?.field == "Volumes")
    for (name, members) in types {
      for member in members {
        switch member.shape {
        case .structure(let type), .pointer(let type), .list(let type):
          #expect(types[type] != nil, "\(name).\(member.field): \(type)")
        default: break
        }
      }
      let parts = name.split(separator: ".")
      guard let schema = builtin.registry["io.k8s.api.\(parts[0]).v1.\(parts[1])"] else { continue }
      for member in members where member.field != "*" && !member.isAbove {
        #expect(schema.properties[member.name] != nil, "\(name).\(member.field): \(member.name)")
      }
    }
  }

  @Test func allIsThereInGosOrder() throws {
    let toleration = InternalForm.of(["key": "a", "tolerationSeconds": 5], "core.Toleration")
    #expect(
      toleration.jsonText() == #"{"Key":"a","Operator":"","Value":"","Effect":"","TolerationSeconds":5}"#)
    let probe = InternalForm.of(["httpGet": ["port": "web"], "periodSeconds": 3], "core.Probe")
    #expect(
      probe.jsonText().hasPrefix(
        #"{"Exec":null,"HTTPGet":{"Path":"","Port":"web","Host":"","Scheme":"","HTTPHeaders":null},"TCPSocket":null,"#))
  }

  @Test func whatThePodSaysStandsInItsSecurityContext() throws {
    let spec = InternalForm.of(["hostNetwork": true, "hostUsers": false, "securityContext": [:]], "core.PodSpec")
    let context = spec["SecurityContext"]
    #expect(context?["HostNetwork"] == true && context?["HostPID"] == false && context?["HostUsers"] == false)
    #expect(InternalForm.of(["hostNetwork": true], "core.PodSpec")["SecurityContext"] == .null)
  }

  @Test func metadataStandAsTheAPIHasThem() throws {
    let template: JSONValue = [
      "metadata": [
        "labels": ["b": "1", "a": "2"],
        "ownerReferences": [["uid": "u", "name": "n", "kind": "K", "controller": true, "apiVersion": "v1"]],
      ],
      "spec": [:],
    ]
    #expect(
      InternalForm.of(template, "core.PodTemplateSpec").jsonText().hasPrefix(
        #"{"labels":{"a":"2","b":"1"},"ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u","controller":true}],"Spec":{"Volumes":null,"#
      ))
  }

  @Test func selectorsStandAsTheAPIHasThem() throws {
    let term: JSONValue = [
      "labelSelector": [
        "matchExpressions": [["values": ["b"], "operator": "In", "key": "a"]], "matchLabels": ["z": "1", "y": "2"],
      ]
    ]
    #expect(
      InternalForm.of(term, "core.PodAffinityTerm").jsonText().hasPrefix(
        #"{"LabelSelector":{"matchLabels":{"y":"2","z":"1"},"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]},"#
      ))
  }

  @Test func selectorsShowNothingThatIsEmpty() throws {
    let empty = InternalForm.of(
      ["labelSelector": ["matchLabels": [:], "matchExpressions": []]], "core.PodAffinityTerm")
    #expect(empty["LabelSelector"] == [:])
    let exists: JSONValue = ["key": "a", "operator": "Exists", "values": []]
    let term = InternalForm.of(["labelSelector": ["matchExpressions": [exists]]], "core.PodAffinityTerm")
    #expect(term["LabelSelector"] == ["matchExpressions": [["key": "a", "operator": "Exists"]]])
  }

  @Test func schemasHaveAllMembers() throws {
    let schema: JSONValue = [
      "type": "object", "properties": ["b": ["items": ["type": "string"]], "a": ["additionalProperties": true]],
      "x-kubernetes-validations": [["rule": "true"]],
    ]
    let form = SchemaInternalForm.of(schema)
    #expect(
      form.jsonText().hasPrefix(#"{"ID":"","Schema":"","Ref":null,"Description":"","Type":"object","Nullable":false,"#))
    #expect(form["Properties"]?.objectValue?.keys == ["a", "b"])
    #expect(form["Properties"]?["a"]?["AdditionalProperties"]?.jsonText() == #"{"Allows":true,"Schema":null}"#)
    #expect(form["Properties"]?["b"]?["Items"]?["Schema"]?["Type"] == "string")
    #expect(
      form["XValidations"]?.jsonText()
        == #"[{"Rule":"true","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}]"#
    )
    // A schema that would make very much of it is shown as it is.
    let large: JSONValue = ["properties": .object(JSONObject((0..<3_000).map { ("p\($0)", [:]) }))]
    #expect(SchemaInternalForm.of(large) == large)
  }

  @Test func aDifferenceShowsWhatHTMLWouldTakeAmiss() throws {
    #expect(
      InternalForm.difference(["key": "<a>"], ["key": "&"], "core.Taint") == """
        @@ -1,5 +1,5 @@
         {
        - "Key": "\\u003ca\\u003e",
        + "Key": "\\u0026",
          "Value": "",
          "Effect": "",
          "TimeAdded": null

        """)
  }
}
