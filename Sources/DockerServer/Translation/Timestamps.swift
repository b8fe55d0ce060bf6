import ContainerEngine
import DockerAPI
import FoundationEssentials

/// Between the engine's times (nanoseconds since 1970, 0 for never) and Docker's.
enum Timestamps {
  static var now: DockerAPI.Timestamp {
    DockerAPI.Timestamp(nanosecondsSince1970: Int64(Date().timeIntervalSince1970 * 1_000_000_000))
  }

  static func wire(_ nanoseconds: Int64) -> DockerAPI.Timestamp {
    nanoseconds == 0 ? DockerAPI.Timestamp() : DockerAPI.Timestamp(nanosecondsSince1970: nanoseconds)
  }
}
