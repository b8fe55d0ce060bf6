import Addressing
import ContainerEngine
import ImageStore
import Linux
import NetworkDrivers
import NetworkModel

/// From what was said to the configuration of each part.
extension EngineSettings {
  var engineConfiguration: EngineConfiguration {
    var configuration = EngineConfiguration(
      instance: instance, dataDirectory: dataDirectory, runDirectory: runDirectory)
    configuration.defaultRuntime = defaultRuntime
    configuration.runtimes = runtimes
    configuration.defaultLogging.driver = logDriver
    configuration.defaultLogging.options = logOptions
    configuration.nameServers = nameServers
    configuration.searchDomains = searchDomains
    configuration.resolverOptions = resolverOptions
    configuration.defaultLimits = limits.map { ProcessLimit(name: $0.name, soft: $0.soft, hard: $0.hard) }
    configuration.sharedMemorySize = sharedMemorySize
    configuration.useInit = useInit
    configuration.cgroupParent = cgroupParent
    configuration.labels = labels
    configuration.stopTimeout = stopTimeout
    configuration.noNewPrivileges = noNewPrivileges
    configuration.hostGateways = hostGateways
    configuration.hasDefaultNetwork = hasDefaultNetwork
    configuration.defaultNetworkOptions = networkOptions
    return configuration
  }

  var imageConfiguration: ImageStoreConfiguration {
    var configuration = ImageStoreConfiguration(root: dataDirectory + "/images")
    configuration.mirrors = registryMirrors
    configuration.insecureRegistries = insecureRegistries
    configuration.certificatesDirectory = registryCertificatesDirectory
    configuration.maximumDownloads = maximumDownloads
    configuration.maximumUploads = maximumUploads
    configuration.downloadAttempts = downloadAttempts
    configuration.userAgent = "apus/\(Version.text)"
    configuration.report = { Log.warning($0) }
    return configuration
  }

  var networkConfiguration: NetworkConfiguration {
    var configuration = NetworkConfiguration(
      instance: instance, runDirectory: runDirectory, bridgeName: bridge ?? instance + "0")
    configuration.hasDefaultNetwork = hasDefaultNetwork
    configuration.bridgeAddress = bridgeAddress?.v4
    configuration.bridgeAddress6 = bridgeAddress6?.v6
    configuration.fixedCIDR = fixedCIDR?.v4
    configuration.fixedCIDR6 = fixedCIDR6?.v6
    configuration.ipv6 = ipv6
    if mtu > 0 { configuration.mtu = mtu }
    if !addressPools.isEmpty { configuration.pools = addressPools }
    configuration.interContainer = interContainer
    configuration.masquerade = masquerade
    configuration.forwarding = forwarding
    configuration.firewallBackend = firewallBackend
    configuration.userlandProxy = userlandProxy
    configuration.publishesThroughInput = publishesThroughInput
    configuration.loopbackShortcut = loopbackShortcut
    configuration.inform = { Log.info($0) }
    configuration.proxyProgram = try? FileSystem.readLink("/proc/self/exe")
    configuration.defaultBindAddress = bindAddress
    if !pluginDirectories.isEmpty { configuration.pluginDirectories = pluginDirectories }
    configuration.pluginConnectTime = .seconds(pluginTimeout)
    configuration.pluginRequestTime = .seconds(pluginTimeout)
    configuration.cluster = cluster
    return configuration
  }
}
