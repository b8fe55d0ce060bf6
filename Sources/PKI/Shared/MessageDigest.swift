import Crypto

/// Digests of bytes, for those who need nothing else of cryptography.
public enum MessageDigest {
  /// SHA-256 (FIPS 180-4).
  /// - Returns: 32 bytes.
  public static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(bytes))) }
}
