import APIMachinery
import APIServer
import ArgumentParser

/// The flags about who is asked what users may do; named as kube-apiserver's.
struct AuthorizationOptions: ParsableArguments {
  private static let usualModes = "Node,RBAC"
  private static let webhook = "Webhook"
  private static let policies = "ABAC"

  @Option(
    help:
      "Who is asked, in this order, separated by commas: Node, RBAC, Webhook, ABAC, AlwaysAllow, AlwaysDeny (default Node,RBAC)."
  )
  var authorizationMode: String?
  @Option(
    help: "Who is asked: a file of kind AuthorizationConfiguration of apiserver.config.k8s.io/v1, which is followed.")
  var authorizationConfig: String?
  @Option(
    help: "What users may do in the mode ABAC: a file with a Policy of abac.authorization.kubernetes.io/v1beta1 a line."
  )
  var authorizationPolicyFile: String?
  @Option(help: "A kubeconfig of the webhook that is asked in the mode Webhook.") var authorizationWebhookConfigFile:
    String?
  @Option(help: "The version of SubjectAccessReview that the webhook reads: v1 or v1beta1 (default v1beta1).")
  var authorizationWebhookVersion: String?
  @Option(
    name: .customLong("authorization-webhook-cache-authorized-ttl"),
    help: "How long it is remembered that the webhook has allowed something (default 5m).")
  var authorizationWebhookCacheAuthorizedTTL: String?
  @Option(
    name: .customLong("authorization-webhook-cache-unauthorized-ttl"),
    help: "How long it is remembered that the webhook has not allowed something (default 30s).")
  var authorizationWebhookCacheUnauthorizedTTL: String?

  /// The file by which the authorizers are known, if there is one.
  var followedFile: String? { authorizationConfig }

  private var modes: [String] {
    (authorizationMode ?? Self.usualModes).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  private var saysWebhook: Bool {
    authorizationWebhookConfigFile != nil || authorizationWebhookVersion != nil
      || authorizationWebhookCacheAuthorizedTTL != nil || authorizationWebhookCacheUnauthorizedTTL != nil
  }

  /// What the file says, or the flags in its place.
  /// - Parameters:
  ///   - bytes: what ``followedFile`` holds; nil where there is none.
  ///   - read: reads a file that is named.
  func configuration(
    _ bytes: [UInt8]?, read: @escaping (_ path: String) throws -> [UInt8]
  ) throws -> AuthorizationConfiguration {
    if let path = authorizationConfig {
      do throws(StatusError) { return try AuthorizationConfiguration(bytes ?? [], read: read) } catch {
        throw ValidationError("--authorization-config \(path): \(error.message)")
      }
    }
    return AuthorizationConfiguration(
      try modes.map { mode in
        switch mode {
        case "Node": .node
        case "RBAC": .rbac
        case "AlwaysAllow": .alwaysAllow
        case "AlwaysDeny": .alwaysDeny
        case Self.policies: .policies(try policies(read))
        default: .webhook(try webhook(read))
        }
      })
  }

  private func policies(_ read: (_ path: String) throws -> [UInt8]) throws -> PolicyFileAuthorizer {
    let path = authorizationPolicyFile ?? ""
    let text = String(decoding: try read(path), as: UTF8.self)
    do throws(StatusError) { return try PolicyFileAuthorizer(text, name: path) } catch {
      throw ValidationError(error.message)
    }
  }

  private func webhook(_ read: (_ path: String) throws -> [UInt8]) throws -> WebhookAuthorizer.Settings {
    let path = authorizationWebhookConfigFile ?? ""
    do {
      return WebhookAuthorizer.Settings(
        try OutboundAccess(kubeconfig: try read(path), beside: path, read: read),
        version: authorizationWebhookVersion ?? "v1beta1",
        authorizedTime: try Self.time(authorizationWebhookCacheAuthorizedTTL ?? "5m", "authorized"),
        unauthorizedTime: try Self.time(authorizationWebhookCacheUnauthorizedTTL ?? "30s", "unauthorized"))
    } catch let error as StatusError {
      throw ValidationError("--authorization-webhook-config-file \(path): \(error.message)")
    }
  }

  private static func time(_ text: String, _ which: String) throws -> Duration {
    guard let time = GoDuration.nanoseconds(text), time >= 0 else {
      throw ValidationError("--authorization-webhook-cache-\(which)-ttl \(text): it must be a duration, such as 30s")
    }
    return .nanoseconds(time)
  }

  func validate() throws {
    if authorizationConfig != nil {
      guard authorizationMode == nil, authorizationPolicyFile == nil, !saysWebhook else {
        throw ValidationError(
          "--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined"
        )
      }
      return
    }
    let known: Set<String> = ["Node", "RBAC", "AlwaysAllow", "AlwaysDeny", Self.webhook, Self.policies]
    for mode in modes {
      guard known.contains(mode) else {
        throw ValidationError("authorization-mode \(mode.goQuoted) is not a valid mode")
      }
    }
    guard Set(modes).count == modes.count else {
      throw ValidationError("authorization-mode \(modes) has mode specified more than once")
    }
    if modes.contains(Self.policies) {
      guard authorizationPolicyFile != nil else {
        throw ValidationError("authorization-mode ABAC's authorization policy file not passed")
      }
    } else if authorizationPolicyFile != nil {
      throw ValidationError("cannot specify --authorization-policy-file without mode ABAC")
    }
    if modes.contains(Self.webhook) {
      guard authorizationWebhookConfigFile != nil else {
        throw ValidationError("authorization-mode Webhook's authorization config file not passed")
      }
    } else if saysWebhook {
      throw ValidationError("cannot specify --authorization-webhook-config-file without mode Webhook")
    }
    guard ["v1", "v1beta1"].contains(authorizationWebhookVersion ?? "v1") else {
      throw ValidationError("--authorization-webhook-version: it must be v1 or v1beta1")
    }
    _ = try Self.time(authorizationWebhookCacheAuthorizedTTL ?? "5m", "authorized")
    _ = try Self.time(authorizationWebhookCacheUnauthorizedTTL ?? "30s", "unauthorized")
  }
}
