import CLinux
import Glibc

extension FileDescriptor {
  /// Sends one message with open descriptors attached over a unix socket (unix(7), SCM_RIGHTS); at most 64. The receiver
  /// gets descriptors of its own on the same open files.
  public func send(_ bytes: [UInt8], passing descriptors: [FileDescriptor]) throws(SystemError) {
    let raw = rawValue
    let numbers = descriptors.map(\.rawValue)
    let sent = try check("sendmsg") {
      bytes.withUnsafeBytes { data in
        numbers.withUnsafeBufferPointer {
          apus_send_descriptors(raw, data.baseAddress, data.count, $0.baseAddress, Int32($0.count))
        }
      }
    }
    if Int(sent) != bytes.count { throw SystemError(.invalid, "sendmsg") }
  }

  /// Receives one message and the descriptors that came with it, close-on-exec. Empty at the end of the connection.
  public func receive(upTo count: Int) throws(SystemError) -> (bytes: [UInt8], descriptors: [FileDescriptor]) {
    let raw = rawValue
    var numbers = [Int32](repeating: -1, count: 64)
    var number: Int32 = 64
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(SystemError) {
        initialized = try check("recvmsg") {
          number = 64
          return numbers.withUnsafeMutableBufferPointer {
            apus_receive_descriptors(raw, buffer.baseAddress, count, $0.baseAddress, &number)
          }
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return (bytes, numbers.prefix(Int(number)).map { FileDescriptor(owning: $0) })
  }
}
