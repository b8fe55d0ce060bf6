import ArgumentParser

/// Flags that kube-apiserver has and this server has not, and what is to be done instead.
enum ForeignFlags {
  private static let advice: [String: String] = [
    "--advertise-port": "the port is that of --api-listen",
    "--allow-privileged": "privileged pods are judged by PodSecurity",
    "--bind-address": "say --api-listen ADDRESS:PORT",
    "--cert-dir": "authorities and certificates are kept below --data-dir",
    "--cors-allowed-origins": "browsers are answered by a proxy of yours",
    "--egress-selector-config-file": "services and webhooks are reached directly",
    "--emulated-version": "what is served is of v1.36",
    "--enable-bootstrap-token-auth": "bootstrap tokens are taken: there are none unless somebody makes them",
    "--etcd-cafile": "say --datastore-cafile",
    "--etcd-certfile": "say --datastore-certfile",
    "--etcd-keyfile": "say --datastore-keyfile",
    "--etcd-prefix": "keys begin with /registry, as those of other servers on the same etcd do",
    "--etcd-servers": "say --datastore-endpoint once for each of them",
    "--external-hostname": "say --tls-san for each name",
    "--kubelet-certificate-authority": "agents are known by certificates of the cluster's own authority",
    "--kubelet-client-certificate": "agents know the server by certificates of its own authority",
    "--kubelet-client-key": "agents know the server by certificates of its own authority",
    "--proxy-client-cert-file": "the certificate for other API servers is made and renewed by the server itself",
    "--proxy-client-key-file": "the certificate for other API servers is made and renewed by the server itself",
    "--secure-port": "say --api-listen ADDRESS:PORT",
    "--service-account-key-file": "keys are made and replaced by the server itself, below --data-dir",
    "--service-account-signing-key-file": "keys are made and replaced by the server itself, below --data-dir",
    "--tracing-config-file": "there are no traces: the audit log tells of each request",
  ]

  /// - Throws: `ValidationError` that says what to do instead of the first flag of kube-apiserver's own.
  static func refuse(_ arguments: some Sequence<String>) throws {
    for argument in arguments {
      let flag = String(argument.prefix { $0 != "=" })
      guard let advice = advice[flag] else { continue }
      throw ValidationError("\(flag) is a flag of kube-apiserver that this server has not: \(advice)")
    }
  }
}
