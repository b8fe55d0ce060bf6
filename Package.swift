// swift-tools-version: 6.2
// One package, about thirty small targets. The manifest enforces the direction of imports: a target names
// what it may import and nothing else (see CONTRIBUTING.md and scripts/imports.txt).
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

func target(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.init(stringLiteral: name)] + dependencies, resources: resources,
    swiftSettings: strict)
}

extension Target.Dependency {
  static func nio(_ product: String) -> Target.Dependency { .product(name: product, package: "swift-nio") }
}

let package = Package(
  name: "apus",
  products: [.executable(name: "apus", targets: ["apus"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
  ],
  targets: [
    // Kernel
    .target(
      name: "CLinux",
      linkerSettings: ["archive", "zstd", "isal"].map { .linkedLibrary($0) }),
    target("Linux", ["CLinux"]),
    target("Netlink", ["Linux", "Addressing"]),
    target("Netfilter", ["Netlink", "Addressing"]),

    // Base
    target("Addressing"),
    target("Protobuf"),
    target("AsyncWork", ["Linux"]),
    .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(name: "CSodium", linkerSettings: [.linkedLibrary("sodium")]),
    // Its client of etcd speaks gRPC.
    target(
      "KeyValueStore",
      [
        "AsyncWork", "Linux", "CSQLite", "Protobuf", .nio("NIOCore"), .nio("NIOPosix"), .nio("NIOTLS"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
      ]),
    target("DNS", ["Addressing", "Linux", "AsyncWork"]),
    target(
      "HTTPService",
      [
        "AsyncWork", "Linux", .nio("NIOCore"), .nio("NIOPosix"), .nio("NIOTLS"), .nio("NIOWebSocket"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"), .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"), .product(name: "Crypto", package: "swift-crypto"),
      ]),
    target(
      "PKI",
      [
        .product(name: "X509", package: "swift-certificates"), .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "CryptoExtras", package: "swift-crypto"),
      ]),

    // Containers
    target("OCI"),
    target(
      "ImageStore",
      [
        "OCI", "Linux", "AsyncWork", .nio("NIOCore"), .nio("NIOPosix"), .nio("NIOHTTP1"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    target("ContainerRuntime", ["OCI", "Linux", "AsyncWork", "ImageStore"]),

    // Networking
    target("NetworkModel", ["Addressing", "KeyValueStore"]),
    target(
      "NetworkDrivers",
      [
        "NetworkModel", "Netlink", "Netfilter", "AsyncWork", "Linux", "Addressing", "KeyValueStore",
        // Plugins speak HTTP.
        .nio("NIOCore"), .nio("NIOPosix"), .nio("NIOHTTP1"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
      ]),

    // Engine
    target(
      "ContainerEngine",
      [
        "OCI", "ImageStore", "ContainerRuntime", "NetworkModel", "NetworkDrivers", "DNS", "KeyValueStore", "AsyncWork",
        "Linux", "Addressing",
      ]),

    // Docker
    target("DockerAPI", ["Addressing"]),
    target(
      "DockerServer",
      [
        "DockerAPI", "ContainerEngine", "ContainerRuntime", "ImageStore", "HTTPService", "OCI", "NetworkModel",
        "Addressing",
      ]),

    // Cluster
    target("APIMachinery", ["Protobuf"]),
    .target(name: "ClusterAPIData", exclude: ["Kinds", "README.md"]),
    target("ClusterAPI", ["APIMachinery", "ClusterAPIData", "Addressing", "OCI", "Protobuf"]),
    target(
      "APIServer",
      [
        "ClusterAPI", "APIMachinery", "KeyValueStore", "HTTPService", "PKI", "AsyncWork", "Linux", "Addressing",
        "Protobuf", "CSodium", .nio("NIOCore"),
        // Values are encrypted in the store.
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "CryptoExtras", package: "swift-crypto"),
        // Webhooks and other API servers are spoken to over HTTP.
        .nio("NIOPosix"), .nio("NIOHTTP1"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
      ]),
    target("ClusterClient", ["ClusterAPI", "APIMachinery"]),
    target("Controllers", ["ClusterClient", "APIMachinery", "AsyncWork", "Addressing", "PKI"]),

    // Tools
    .executableTarget(
      name: "apus",
      dependencies: [
        "ContainerEngine", "ImageStore", "NetworkDrivers", "NetworkModel", "DockerServer", "HTTPService", "Linux",
        "AsyncWork", "Addressing", "ContainerRuntime", "Netfilter", "APIMachinery", "APIServer", "ClusterAPI",
        "ClusterClient", "Controllers", "KeyValueStore", "Netlink", "PKI",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"), .nio("NIOCore"), .nio("NIOHTTP1"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),

    // What tests and benchmarks of the store run as processes of their own.
    .executableTarget(
      name: "StoreCrashWriter", dependencies: ["KeyValueStore", "Linux"], path: "Tests/StoreCrashWriter",
      swiftSettings: strict),
    .executableTarget(
      name: "StoreFigures", dependencies: ["KeyValueStore", "Linux"], path: "Benchmarks/StoreFigures",
      swiftSettings: strict),

    // Tests
    tests("Addressing", []),
    tests("Protobuf", []),
    tests("Linux", []),
    tests("AsyncWork", ["Linux"]),
    tests(
      "KeyValueStore",
      [
        "AsyncWork", "Linux", "Protobuf", "StoreCrashWriter", .nio("NIOCore"), .nio("NIOPosix"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
      ]),
    tests("Netlink", ["Linux", "Addressing"]),
    tests("Netfilter", ["Linux", "Netlink", "Addressing"]),
    tests("DNS", ["Addressing", "Linux", "AsyncWork"]),
    tests("OCI", []),
    tests(
      "ImageStore",
      [
        "OCI", "Linux", "AsyncWork", .nio("NIOCore"), .nio("NIOPosix"), .nio("NIOHTTP1"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
      ]),
    tests("ContainerRuntime", ["OCI", "Linux", "AsyncWork"], resources: [.copy("Golden")]),
    tests("NetworkModel", ["Addressing", "KeyValueStore"]),
    tests(
      "NetworkDrivers",
      ["NetworkModel", "Netfilter", "Netlink", "Linux", "AsyncWork", "Addressing", "KeyValueStore"],
      resources: [.copy("Golden")]),
    tests(
      "ContainerEngine",
      [
        "ContainerRuntime", "ImageStore", "NetworkModel", "NetworkDrivers", "KeyValueStore", "DNS", "Addressing", "OCI",
        "Linux", "AsyncWork",
      ]),
    tests(
      "HTTPService",
      [
        "AsyncWork", "Linux", .nio("NIOCore"), .nio("NIOPosix"), .nio("NIOEmbedded"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
        .product(name: "X509", package: "swift-certificates"), .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    tests("DockerAPI", []),
    tests("APIMachinery", ["Protobuf"]),
    tests(
      "APIServer",
      [
        "APIMachinery", "ClusterAPI", "HTTPService", "KeyValueStore", "Linux", "PKI", "Protobuf", .nio("NIOCore"),
        .nio("NIOHTTP1"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    tests("Controllers", ["APIMachinery", "ClusterAPI", "ClusterClient", "PKI"]),
    tests(
      "PKI",
      [
        .product(name: "X509", package: "swift-certificates"), .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    tests("ClusterAPI", ["APIMachinery"]),
    tests("DockerServer", ["DockerAPI", "ContainerEngine", "ContainerRuntime", "ImageStore", "HTTPService", "OCI"]),
  ]
)
