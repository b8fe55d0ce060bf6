import APIMachinery
import FoundationEssentials
import PKI
import Testing

@testable import Controllers

@Suite struct CertificateCleanerTests {
  private func request(_ status: JSONValue) -> SigningRequest {
    SigningRequest(
      StoredObject([
        "kind": "CertificateSigningRequest", "apiVersion": "certificates.k8s.io/v1",
        "metadata": ["name": "r", "creationTimestamp": "2026-01-01T00:00:00Z"], "spec": [:], "status": status,
      ]))
  }

  private func time(_ text: String) -> Int64? { Timestamp(text)?.seconds }

  private func condition(_ type: String, at time: String = "2026-01-02T00:00:00Z") -> JSONValue {
    ["type": .string(type), "status": "True", "lastUpdateTime": .string(time)]
  }

  @Test func whatNobodyDecidesStaysForADay() {
    #expect(CertificateCleaner.end(of: request([:])) == time("2026-01-02T00:00:00Z"))
  }

  @Test func whatIsDecidedStaysForAnHour() {
    for type in ["Denied", "Failed"] {
      #expect(
        CertificateCleaner.end(of: request(["conditions": [condition(type)]])) == time("2026-01-02T01:00:00Z"))
    }
  }

  @Test func whatIsApprovedWaitsForItsSigner() {
    #expect(CertificateCleaner.end(of: request(["conditions": [condition("Approved")]])) == nil)
  }

  @Test func aCertificateIsReadWithinTheHourOrHasEnded() throws {
    let now = try #require(time("2026-01-02T00:00:00Z"))
    let authority = try Authority(commonName: "a", clock: WallClock { now })
    func end(_ lifetime: Int64) throws -> Int64? {
      let pem = try authority.issueClientCertificate(commonName: "x", lifetime: lifetime).certificatePEM
      return CertificateCleaner.end(
        of: request([
          "conditions": [condition("Approved")], "certificate": .string(Data(pem.utf8).base64EncodedString()),
        ]))
    }
    #expect(try end(86_400) == now + 3600)
    #expect(try end(600) == now + 600)
  }
}
