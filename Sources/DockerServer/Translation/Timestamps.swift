import ContainerEngine
import DockerAPI
import Linux

/// Between the engine's times (nanoseconds since 1970, 0 for never) and Docker's.
enum Timestamps {
  static var now: DockerAPI.Timestamp { DockerAPI.Timestamp(nanosecondsSince1970: Clock.realtime) }

  static func wire(_ nanoseconds: Int64) -> DockerAPI.Timestamp {
    nanoseconds == 0 ? DockerAPI.Timestamp() : DockerAPI.Timestamp(nanosecondsSince1970: nanoseconds)
  }
}
