import NIOCore
import NIOPosix

struct ClientThatNeverReads {
  private let channel: any Channel

  init(_ path: String) async throws {
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: false).connect(unixDomainSocketPath: path).get()
  }

  func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }
  func close() async throws { try await channel.close() }
}
