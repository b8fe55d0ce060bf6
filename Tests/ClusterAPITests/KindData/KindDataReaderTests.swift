import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct KindDataReaderTests {
  private let head = "group apps\nversion v1\npackage io.k8s.api.apps.v1\n"

  private func read(_ text: String) throws -> KindData { try KindDataReader.read(head + text, file: "test.api") }

  @Test func readsAKind() throws {
    let data = try read(
      """
      # A comment.

      kind Deployment deployments namespaced short=deploy,dep categories=all verbs=get,list reset=spec.a,spec.b
        sub status
        sub parts reset=spec,status.c
        sub scale spec=.spec.replicas status=.status.replicas selector=.spec.selector
        sub exec verbs=create,get connect=GET,POST kind=ExecOptions
        select spec.nodeName status.successful=.status.succeeded|0 source=.source.component|.reporter
        column "Last Seen" string lastSeen wide -- When it was last seen -- or not.
        column Name string name
        column Type string .type
      """)
    #expect(data.groupVersion == GroupVersion(group: "apps", version: "v1"))
    #expect(data.isStorage && !data.isShared)
    var kind = try #require(data.kinds.first)
    #expect(kind.kind == "Deployment" && kind.plural == "deployments" && kind.singular == "deployment")
    #expect(kind.isNamespaced && kind.shortNames == ["deploy", "dep"] && kind.categories == ["all"])
    #expect(kind.verbs == [.get, .list] && kind.line == 6)
    #expect(kind.reset == [["spec", "a"], ["spec", "b"]])
    #expect(kind.subresources.remove(at: 1).reset == [["spec"], ["status", "c"]])
    #expect(kind.subresources.map(\.name) == ["status", "scale", "exec"] && kind.subresources[0].reset == nil)
    #expect(kind.subresources[0].behaviour == .status && kind.subresources[0].verbs == [.get, .patch, .update])
    #expect(
      kind.subresources[1].behaviour
        == .scale(
          ScalePaths(
            specReplicas: ".spec.replicas", statusReplicas: ".status.replicas", labelSelector: ".spec.selector")))
    #expect(kind.subresources[1].kind == "autoscaling/v1.Scale")
    #expect(kind.subresources[2].behaviour == .connect(methods: ["GET", "POST"]))
    #expect(
      kind.selectable == [
        SelectableField(name: "spec.nodeName", path: ["spec", "nodeName"]),
        SelectableField(name: "status.successful", path: ["status", "succeeded"], otherwise: .value("0")),
        SelectableField(name: "source", path: ["source", "component"], otherwise: .path(["reporter"])),
      ])
    #expect(
      kind.columns[0]
        == PrinterColumn(
          name: "Last Seen", type: "string", description: "When it was last seen -- or not.", priority: 1,
          source: .function("lastSeen")))
    #expect(kind.columns[1].format == "name" && kind.columns[1].description == "The object's name.")
    #expect(kind.columns[2].source == .path(".type"))
  }

  /// What cannot be without a value in Go's types has a zero one; the text says so where its words do not tell.
  @Test func tellsWhichFieldsHaveAZeroValue() throws {
    let data = try read(
      """
      type Outer
        name string required
        key string required given
        pointer string? required
        count int32 written
        label string
        start int32 zero
        items [string] required
        spec Inner always
        status Inner
        current Inner required zero
      type Inner
      """)
    let fields = try #require(data.types.first).fields
    #expect(fields.filter(\.hasZeroValue).map(\.name) == ["name", "count", "start", "spec", "current"])
  }

  @Test func readsTypes() throws {
    let data = try read(
      """
      uses core=io.k8s.api.core.v1
      type Outer object map=atomic union=type:file=File,other=Other -- Holds things.
        items [core.Item] required list=map:name,port patch=merge,retainKeys:name -- The items.
        labels {string} map=atomic
        count int32? default=3 min=1 max=9
        mode string default=On enum=On|Off|"" immutable gate=Modes
        names [string] written list=set maxItems=4
        inner Inner always
        when time null
        parts [string] go=[]v1.Part in=Holder.Inside
      type Inner any
      """)
    #expect(data.packages == ["core": "io.k8s.api.core.v1"])
    let type = data.types[0]
    #expect(type.form == .object && type.mapType == .atomic && type.description == "Holds things.")
    #expect(type.union?.discriminator == "type" && type.union?.members.map(\.field) == ["file", "other"])
    let items = type.fields[0]
    #expect(items.type == .list(.named("core.Item")) && items.presence == .required)
    #expect(items.listType == .map && items.listMapKeys == ["name", "port"])
    #expect(items.patchStrategy == [.merge, .retainKeys] && items.patchMergeKey == "name")
    #expect(type.fields[1].type == .map(.string) && type.fields[1].mapType == .atomic)
    let count = type.fields[2]
    #expect(count.isOptional && count.defaultValue == 3 && count.rules?.minimum == 1 && count.rules?.maximum == 9)
    let mode = type.fields[3]
    #expect(mode.defaultValue == "On" && mode.rules?.enumeration == ["On", "Off", ""])
    #expect(mode.isImmutable && mode.feature == "Modes")
    #expect(type.fields[4].presence == .written && type.fields[4].listType == .set)
    #expect(type.fields[5].isAlways && type.fields[5].type == .named("Inner"))
    #expect(type.fields[6].type == .time && type.fields[6].isNull && type.fields[6].description.isEmpty)
    #expect(type.fields[7].goType == "[]v1.Part" && type.fields[7].embeddedIn == "Holder.Inside")
    #expect(type.fields[6].goType == nil && type.fields[6].embeddedIn == nil)
    #expect(data.types[1].form == .any)
  }

  @Test(arguments: [
    ("  name string", 4, KindDataError.Code.malformed),
    ("\nthing x", 5, .unknownWord),
    ("kind Pod pods", 4, .malformed),
    ("kind Pod pods somewhere", 4, .unknownWord),
    ("kind Pod pods cluster verbs=fly", 4, .unknownWord),
    ("kind Pod pods cluster\nkind Pod others cluster", 5, .duplicate),
    ("kind Pod pods cluster\n  sub scale spec=.spec.replicas", 5, .malformed),
    ("kind Pod pods cluster\n  column \"Last Seen string x", 5, .malformed),
    ("kind Pod pods cluster\n  column Age duration age", 5, .unknownWord),
    ("kind Pod pods cluster\n  colour red", 5, .unknownWord),
    ("type A\ntype A", 5, .duplicate),
    ("type A\n  x string\n  x int32", 6, .duplicate),
    ("type A\n  x", 5, .malformed),
    ("type A\n  x strings", 5, .malformed),
    ("type A\n  x [string", 5, .malformed),
    ("type A\n  x []", 5, .malformed),
    ("type A\n  x a.b.C", 5, .malformed),
    ("type A\n  x [string] list=map", 5, .malformed),
    ("type A\n  x [string] list=bag", 5, .malformed),
    ("type A\n  x string min=low", 5, .malformed),
    ("type A\n  x string shiny", 5, .unknownWord),
    ("type A\n  x A patch=mix", 5, .unknownWord),
    ("type A map=loose", 4, .unknownWord),
    ("type A union=type", 4, .malformed),
    ("  -- alone", 4, .malformed),
    ("version v2 old", 4, .unknownWord),
    ("uses core", 4, .malformed),
  ])
  func tellsTheLineAtFault(text: String, line: Int, code: KindDataError.Code) {
    #expect {
      _ = try read(text)
    } throws: { error in
      guard let error = error as? KindDataError else { return false }
      return error.code == code && error.line == line && error.description.hasPrefix("test.api:\(line): ")
    }
  }

  @Test func wantsAHead() {
    #expect(throws: KindDataError.self) { try KindDataReader.read("group apps\n", file: "x.api") }
  }
}
