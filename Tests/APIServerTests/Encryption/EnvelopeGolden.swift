/// Values of Kubernetes' `kms` v2, made by Python's `cryptography`.
enum EnvelopeGolden {
  static let place = Array("/registry/secrets/default/one".utf8)
  static let text = Array(#"{"kind":"Secret","apiVersion":"v1"}"#.utf8)

  /// By a key that comes from a seed, and by a key that the plugin has encrypted itself.
  static let values = [
    "Cl8oKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AQUJDREVGRwUGBwgJCgsMDQ4PEE2fH5YHvjKHZvPPD8ICbSxhEpgZez"
      + "kW3ESNovuvI8paY2Bgz1XaGi9nWmEjYMF27TTMSRIBMRogVVRXVlFQU1JdXF9eWVhbWkVER0ZBQENCTUxPTklIS0oi"
      + "FAoPa21zLmV4YW1wbGUuY29tEgEHKAE=",
    "Cj8FBgcICQoLDA0ODxDS4UDolmbMD2EBXgAc3lnzlqh628X29Bwj7KxDVZ/sy6mWljnp/YmOoGh2OKCK7OYKL2sSA2"
      + "9sZBogMTAzMj08Pz45ODs6JSQnJiEgIyItLC8uKSgrKtXU19YiFAoPa21zLmV4YW1wbGUuY29tEgEH",
  ]
}
