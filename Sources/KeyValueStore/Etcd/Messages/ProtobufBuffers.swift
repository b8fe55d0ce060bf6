import NIOCore
import Protobuf

extension ProtobufEncodable {
  /// The message as it goes into a stream.
  var buffer: ByteBuffer { ByteBuffer(bytes: encoded) }
}

extension ProtobufDecodable {
  /// Reads a message as it comes out of a stream.
  init(decoding buffer: ByteBuffer) throws(ProtobufFault) { try self.init(decoding: Array(buffer.readableBytesView)) }
}
