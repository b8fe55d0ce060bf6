import ContainerEngine
import ContainerRuntime
import DockerAPI
import ImageStore
import Testing

@testable import DockerServer

@Suite struct StreamTests {
  @Test func framesHaveTheirHeader() {
    #expect(MultiplexedFrame.frame(.standardOutput, [65]) == [1, 0, 0, 0, 0, 0, 0, 1, 65])
    let long = MultiplexedFrame.frame(.standardError, [UInt8](repeating: 7, count: 0x010203))
    #expect(Array(long.prefix(8)) == [2, 0, 0, 0, 0, 1, 2, 3])
    #expect(long.count == 8 + 0x010203)
  }

  @Test func eventsAreDockers() {
    let event = Event(
      .container, "start", actor: "abc", attributes: ["image": "nginx", "name": "web"], time: 1_500_000_000)
    let text = String(decoding: DockerJSON.encode(EventsEndpoint.message(event)), as: UTF8.self)
    #expect(
      text
        == #"{"status":"start","id":"abc","from":"nginx","Type":"container","Action":"start","Actor":{"ID":"abc","#
        + #""Attributes":{"image":"nginx","name":"web"}},"scope":"local","time":1,"timeNano":1500000000}"#)
  }

  @Test func eventFiltersMatch() throws {
    let event = Event(.container, "exec_start: sh", actor: "abcdef", attributes: ["image": "nginx:1", "name": "web"])
    for filters in [
      #"{"type":["container"]}"#, #"{"event":["exec_start"]}"#, #"{"container":["abc"]}"#, #"{"container":["web"]}"#,
      #"{"image":["nginx"]}"#, #"{"label":["name=web"]}"#, "",
    ] {
      #expect(EventsEndpoint.matches(event, try Filters(filters)), "\(filters)")
    }
    for filters in [#"{"type":["image"]}"#, #"{"event":["die"]}"#, #"{"container":["x"]}"#, #"{"volume":["abc"]}"#] {
      #expect(!EventsEndpoint.matches(event, try Filters(filters)), "\(filters)")
    }
  }

  @Test func progressKeepsLayersOnTheirLines() {
    func text(_ event: ProgressEvent) -> [String] {
      ProgressStream.messages(event).map { String(decoding: DockerJSON.encode($0), as: UTF8.self) }
    }
    #expect(
      text(ProgressEvent(id: "latest", status: "Pulling from library/nginx"))
        == [#"{"status":"Pulling from library/nginx","id":"latest"}"#])
    #expect(
      text(ProgressEvent(id: "abc", status: "Pull complete"))
        == [#"{"status":"Pull complete","progressDetail":{},"id":"abc"}"#])
  }
}
