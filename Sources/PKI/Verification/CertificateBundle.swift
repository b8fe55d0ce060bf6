import SwiftASN1
import X509

/// Certificates that several servers tell others to trust, in one text: each sees to it that its own are there, and leaves
/// the others' alone.
public enum CertificateBundle {
  /// - Parameters:
  ///   - own: PEM, what must be there.
  ///   - present: PEM, what is there.
  /// - Returns: `present` where it holds all of the own ones and none that has ended; else the own ones, and those of the
  ///   others that have not ended.
  /// - Throws: `malformed` where the own ones cannot be read.
  public static func union(_ own: String, _ present: String, clock: WallClock = .system) throws(PKIError) -> String {
    let mine: [Certificate]
    do { mine = try PEMDocument.parseMultiple(pemString: own).map { try Certificate(pemDocument: $0) } } catch {
      throw PKIError(.malformed, "a certificate cannot be read", cause: error)
    }
    let now = clock.now
    guard
      let others = try? PEMDocument.parseMultiple(pemString: present).map({ try Certificate(pemDocument: $0) })
    else { return own }
    let living = others.filter { now <= $0.notValidAfter.seconds }
    if living.count == others.count, mine.allSatisfy(others.contains) { return present }
    return own + (try living.filter { !mine.contains($0) }.map { (one) throws(PKIError) in try one.pem }).joined()
  }
}
