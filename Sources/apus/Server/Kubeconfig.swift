import FoundationEssentials

/// What a kubeconfig's values look like.
enum Kubeconfig {
  static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
