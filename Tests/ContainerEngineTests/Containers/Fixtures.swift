import ContainerRuntime
import OCI

@testable import ContainerEngine

/// A record with little in it.
func makeRecord(
  id: String = String(repeating: "a", count: 64), name: String = "web", created: Int64 = 1,
  _ change: (inout ContainerDefinition) -> Void = { _ in }
) -> ContainerRecord {
  var definition = ContainerDefinition(image: "nginx")
  change(&definition)
  return ContainerRecord(
    id: id, name: name, created: created, imageID: "sha256:" + String(repeating: "0", count: 64),
    definition: definition,
    path: "/bin/sh", arguments: ["-c", "true"], doorState: OpaqueBytes(), runtime: "crun")
}

/// The message of the error that `body` throws; empty where it throws none.
func refusal(_ body: () throws(EngineError) -> Void) -> String {
  do { try body() } catch { return error.message }
  return ""
}
