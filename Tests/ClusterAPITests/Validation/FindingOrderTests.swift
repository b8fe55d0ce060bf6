import APIMachinery
import Testing

@testable import ClusterAPI

/// Findings of schemas and of rules are told in the order in which kube-apiserver finds them.
@Suite struct FindingOrderTests {
  private func fields(_ kind: String, _ version: String, _ spec: String) throws -> [String] {
    let group = GroupVersion(apiVersion: version)?.group ?? ""
    let isNamespaced = builtin.resource(of: GroupKind(group: group, kind: kind))?.isNamespaced ?? false
    return try problems(
      #"{"apiVersion":"\#(version)","kind":"\#(kind)","metadata":{"name":"x"\#(isNamespaced ? #","namespace":"n""# : "")},\#(spec)}"#
    ).map { String($0.prefix { $0 != ":" }) }
  }

  @Test func membersComeBeforeWhatHoldsThem() throws {
    #expect(
      try fields(
        "PersistentVolumeClaim", "v1",
        #""spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1"}},"dataSource":{}}"#)
        == ["spec.dataSource.name", "spec.dataSource.kind", "spec.dataSource"])
    #expect(
      try fields(
        "NetworkPolicy", "networking.k8s.io/v1",
        #""spec":{"podSelector":{},"ingress":[{"from":[{"podSelector":{},"ipBlock":{}}]}]}"#)
        == ["spec.ingress[0].from[0].ipBlock.cidr", "spec.ingress[0].from[0]"])
  }

  @Test func dataSaysInWhichOrderMembersAreJudged() throws {
    #expect(
      try fields(
        "StorageClass", "storage.k8s.io/v1",
        #""provisioner":"p","allowedTopologies":[{"matchLabelExpressions":[{"key":"_/","values":[]}]}]"#)
        == [
          "allowedTopologies[0].matchLabelExpressions[0].values", "allowedTopologies[0].matchLabelExpressions[0].key",
          "allowedTopologies[0].matchLabelExpressions[0].key", "allowedTopologies[0].matchLabelExpressions[0].key",
        ])
    #expect(
      try fields(
        "RoleBinding", "rbac.authorization.k8s.io/v1",
        #""roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},"subjects":[{}]"#)
        == ["subjects[0].name", "subjects[0].kind"])
    #expect(
      try fields("VolumeAttachment", "storage.k8s.io/v1", #""spec":{}"#)
        == ["spec.attacher", "spec.source", "spec.nodeName"])
  }

  @Test func whatIsThereTwiceComesAfterTheRestOfIt() throws {
    let condition = #"{"name":"a","expression":"1 +"}"#
    let found = builtin.validate(
      try complete(
        #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"x"},"webhooks":[{"name":"a.b.c","clientConfig":{"url":"https://a/b"},"sideEffects":"None","admissionReviewVersions":["v1"],"matchConditions":[\#(condition),\#(condition)]}]}"#
      ), old: nil,
      kind: GroupVersionKind(
        group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingWebhookConfiguration"),
      beside: { _, _ in
        (0...1).map {
          .invalid(
            FieldPath("webhooks").index(0).child("matchConditions").index($0).child("expression"), "1 +",
            "no expression")
        }
      })
    #expect(
      found.map(\.field) == [
        "webhooks[0].matchConditions[0].expression", "webhooks[0].matchConditions[1].expression",
        "webhooks[0].matchConditions[1].name",
      ])
  }

  /// Of very many nobody reads the order; they are told nevertheless.
  @Test func allThatIsFoundIsTold() throws {
    let names = (0..<3_000).map { #"{"name":"A\#($0)","image":"i","imagePullPolicy":"x"}"# }.joined(separator: ",")
    let found = try problems(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","namespace":"n"},"spec":{"securityContext":{"fsGroupChangePolicy":"x"},"containers":[\#(names)]}}"#
    )
    #expect(found.count == 6_001 && Set(found).count == 6_001)
  }

  @Test func aTemplatesPolicyIsToldTwice() throws {
    #expect(
      try problems(
        #"{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"x","namespace":"n"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Sometimes","containers":[{"name":"c","image":"i"}]}}}}"#
      ) == [
        #"spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never""#,
        #"spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always""#,
      ])
  }
}
