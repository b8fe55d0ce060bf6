import Linux
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Looks at the certificate of a server that was not trusted. BoringSSL says only that it was not; whether it ran out
/// or nobody vouches for it is two different errands.
enum CertificateProbe {
  private static let timeLimit = TimeAmount.seconds(3)

  /// What is wrong with the server's certificate in itself, in Go's words; nil where its time is right or it cannot be had.
  static func complaint(host: String, port: Int) async -> String? {
    guard let leaf = await leaf(host: host, port: port) else { return nil }
    let now = Clock.realtime / 1_000_000_000
    let (begins, ends) = (Int64(leaf.notValidBefore), Int64(leaf.notValidAfter))
    let words = TLSFailure.verification("certificate has expired or is not yet valid: current time \(text(now)) is ")
    if now > ends { return words + "after \(text(ends))" }
    if now < begins { return words + "before \(text(begins))" }
    return nil
  }

  private static func text(_ seconds: Int64) -> String { Timestamp.text(seconds * 1_000_000_000).prefix(19) + "Z" }

  /// Greets the server, takes its certificate, and leaves: nothing is sent to it.
  private static func leaf(host: String, port: Int) async -> NIOSSLCertificate? {
    let found = Found()
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .noHostnameVerification
    // The callback decides, so no roots are loaded.
    configuration.trustRoots = .certificates([])
    // An address is no name to ask a server for.
    let isAddress = (try? NIOCore.SocketAddress(ipAddress: host, port: port)) != nil
    do {
      let context = try NIOSSLContext(configuration: configuration)
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(timeLimit)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let handler = try NIOSSLClientHandler(
              context: context, serverHostname: isAddress ? nil : host,
              customVerificationCallback: { certificates, promise in
                found.leaf.withLock { $0 = certificates.first }
                promise.fail(NIOSSLError.unableToValidateCertificate)
              })
            try channel.pipeline.syncOperations.addHandler(handler)
          }
        }
        .connect(host: host, port: port).get()
      let timer = channel.eventLoop.scheduleTask(in: timeLimit) { channel.close(mode: .all, promise: nil) }
      try await channel.closeFuture.get()
      timer.cancel()
    } catch {
      // The complaint about the handshake stands on its own.
      return nil
    }
    return found.leaf.withLock { $0 }
  }

  private final class Found: Sendable {
    let leaf = Mutex<NIOSSLCertificate?>(nil)
  }
}
