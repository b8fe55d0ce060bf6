import APIMachinery

/// Values as other implementations have encrypted them (OpenSSL by way of Python's `cryptography`, and libsodium).
enum EncryptionGolden {
  static let key = "/registry/secrets/default/one"
  static let text = Array(
    #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"one","namespace":"default"},"data":{"a":"eA=="}}"#.utf8)

  /// By provider and by the size of the key: its bytes count from 0, and its name is `k` and its size.
  static let values: [(provider: String, size: Int, stored: String)] = [
    (
      "aescbc", 16,
      "azhzOmVuYzphZXNjYmM6djE6azE2OmRlZmdoaWprbG1ub3BxcnOE2uZPbzZCHQgoyKPSDE8nOxra7DFEl1eunHYlND"
        + "PWK+1r5egy4eq5zt7UFBLB3+Thd5FyfZrr3U/1Qd7OttDyps79x6Mta6Hmoml6mVc+nLMNY2DjySV/1dz8GYqxawlo"
        + "S+7JVAf3l894nxp7Inrr"
    ),
    (
      "aescbc", 24,
      "azhzOmVuYzphZXNjYmM6djE6azI0OmRlZmdoaWprbG1ub3BxcnNS78Judn9NiFI2n2XrrcaMS0UQztOX05PiCuTZsC"
        + "kQ8VVB9gazOmKTk4IHdSpe3YYs4AchfKFIpZAP6XuybE5QTIzLchSzr24RBclITr6BdXec8kEZHEArpH5Z8KWYN5mg"
        + "msGl7/tkB45mamBibtas"
    ),
    (
      "aescbc", 32,
      "azhzOmVuYzphZXNjYmM6djE6azMyOmRlZmdoaWprbG1ub3BxcnNEKDqKgKRcuimWa2Clxb2rKd+UxOIWkS4t0hRCBw"
        + "e/DbbJnbcfZPitgKOFMWtLfnwRE3bqBlhe3l8Bm+wvvQQZ+1AXcsGxRi8MniC0MGN4uAnwT/XjrixSVya1L25EuKkm"
        + "udsbIlKDQ0t+IG3FnVs+"
    ),
    (
      "aesgcm", 16,
      "azhzOmVuYzphZXNnY206djE6azE2OjIzNDU2Nzg5Ojs8PcocZKPSlmBQC1/0abpiaFrsId9jHb+3jLNtt8C2oxSDq5"
        + "pjVClIPfekfo67ysjHD1N7xNTQMhUbY6815epStULqbcv6x02G1txfv7HkWS7VoirQTFuCR4ssk1eTrR9at5lVsw6V"
        + "Kpd6YPgRpvPaJx+HjNFJi/8M"
    ),
    (
      "aesgcm", 24,
      "azhzOmVuYzphZXNnY206djE6azI0OjIzNDU2Nzg5Ojs8PR0rjEWyh0+h8coOx6DqqovTryKPggL6vJJTA3fSfrEijr"
        + "BFn2y/CSeuSPtiKjHcOBtiARK77W6+WhayZ99H2sRSHtaw+jfAGx8WqS1eoPakbW17+uU4m68GlHVcoMjzZK0K/fKQ"
        + "KIDVdFkXxc2fz8KJiR36WQDP"
    ),
    (
      "aesgcm", 32,
      "azhzOmVuYzphZXNnY206djE6azMyOjIzNDU2Nzg5Ojs8Pb15hKmrWKPZT1SP5SmIi9pKkXrx4BvCmaJzZPaVCbkEEi"
        + "LmaXqGc8/1bQ6+hlyYz5GViojw9nJa9D6Tfm1K70yvx6qfRQ7eGfs2KlP1YaHovipLt1T5CEg1Smha4wxFbmRXg6de"
        + "zep88KtwMMJtkIsnNyT1/WCq"
    ),
    (
      "secretbox", 32,
      "azhzOmVuYzpzZWNyZXRib3g6djE6azMyOgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHpp+MZLsNlQLJeI2aP402dQV1K"
        + "wPys8A49ORHRmm9gJshHYdiVqNSBgPm3f2tgzDIr933bgJ51el6nDluBodOAbHsJ7+ao4uYYnNdjf38fA88iCIwDos"
        + "qv/sUmrPJIfIZW+szLAfBaiUWFV/nTcIZZNnNt9YMhDu"
    ),
  ]

  /// SHA-256 of what libsodium makes of texts of these lengths, with the bytes from 7 to 30 as the nonce before it.
  static let boxes: [(length: Int, digest: String)] = [
    (0, "06e5e5927b7bb950754730ceb3c29d0dcff9dec2cbebc91ae4231db555c48ae5"),
    (1, "eca9416bde911b5fa08236a60d7a4fd9c89f7e2e59ea51cc0eb122798af9c2ac"),
    (15, "6d23406773cf4668fd82cdde0dc38a89cb7b4ff8635ac8dee43a30bb700a9d6e"),
    (16, "ef0c44799c9740801d2014ba75effccf87c3d26d2cb99b64986b7056521ff374"),
    (17, "97a548120ea14464c92def52e4638f286c02fb3dbe1d0572831c01ccf8107447"),
    (32, "7abb635fee5a4c7a6646d0f36a713e61f1d35ff51f93f54b7fa3872434793a18"),
    (63, "6ac66b3878f382a80883c51d4fbb4cb9496461693ef8d873d665c2e309085599"),
    (64, "e937955deda6424189dbe7748cf02cc2c51dac940a3124965a144f1b3d651e0f"),
    (65, "f3c73cf63c2b860acb32c8451d52e3f2136af2a7c8abe16a33135ecd429c7815"),
    (200, "b1582e99247209c2540e37721efc6561a8a8ed0ff4b209806ac9be9ff51d625b"),
    (1000, "1b519c92aa5a307a590083cb64dd667a6dce797d5da210b02b63563d097432d1"),
  ]
}
