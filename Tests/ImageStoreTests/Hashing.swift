import Crypto
import OCI

/// The digest of bytes.
func sha256(_ bytes: [UInt8]) -> OCI.Digest { OCI.Digest(sha256: SHA256.hash(data: bytes)) }
