import ArgumentParser

/// Flags that kube-apiserver has and this server has not, and what is to be done instead.
enum ForeignFlags {
  private static let advice: [String: String] = [
    "--advertise-port": "the port is that of --api-listen",
    "--audit-log-batch-max-size": "events are written as soon as the disk takes them",
    "--audit-log-batch-max-wait": "events are written as soon as the disk takes them",
    "--audit-log-batch-throttle-burst": "events are written as soon as the disk takes them",
    "--audit-log-batch-throttle-enable": "events are written as soon as the disk takes them",
    "--audit-log-batch-throttle-qps": "events are written as soon as the disk takes them",
    "--bind-address": "say --api-listen ADDRESS:PORT",
    "--cert-dir": "authorities and certificates are kept below --data-dir",
    "--debug-socket-path": "there are no profiles of a program in Go",
    "--default-watch-cache-size": "all objects are in memory, and the changes of late",
    "--delete-collection-workers": "the objects of a collection are removed one after the other",
    "--egress-selector-config-file": "services and webhooks are reached directly",
    "--emulated-version": "what is served is of v1.36",
    "--etcd-cafile": "say --datastore-cafile",
    "--etcd-certfile": "say --datastore-certfile",
    "--etcd-keyfile": "say --datastore-keyfile",
    "--etcd-servers": "say --datastore-endpoint once for each of them",
    "--etcd-compaction-interval": "what is old is compacted every five minutes",
    "--etcd-servers-overrides": "all resources are kept in one place",
    "--external-hostname": "say --tls-san for each name",
    "--kubelet-certificate-authority": "agents are known by certificates of the cluster's own authority",
    "--kubelet-client-certificate": "agents know the server by certificates of its own authority",
    "--kubelet-client-key": "agents know the server by certificates of its own authority",
    "--kubelet-preferred-address-types": "agents are reached at the addresses that their nodes tell of",
    "--kubelet-timeout": "a request may take as long as --request-timeout says",
    "--max-connection-bytes-per-sec": "connections are as fast as they can be",
    "--proxy-client-cert-file": "the certificate for other API servers is made and renewed by the server itself",
    "--proxy-client-key-file": "the certificate for other API servers is made and renewed by the server itself",
    "--secure-port": "say --api-listen ADDRESS:PORT",
    "--service-account-key-file": "keys are made and replaced by the server itself, below --data-dir",
    "--service-account-signing-key-file": "keys are made and replaced by the server itself, below --data-dir",
    "--service-account-api-audiences": "say --api-audiences",
    "--tracing-config-file": "there are no traces: the audit log tells of each request",
    "--v": "say --log-level debug, info, warn or error",
    "--vmodule": "say --log-level debug, info, warn or error",
    "--watch-cache-sizes": "all objects are in memory, and the changes of late",
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
