import APIMachinery

/// The features of Kubernetes that have names of their own: each is on or off here as it is by default in v1.36, and can be told
/// to be so (kube-apiserver's `--feature-gates`). AllowUnsafeMalformedObjectDeletion is on already, as it is from v1.37: whoever
/// keeps the state in a file has no other way.
public enum FeatureGates {
  /// Why gates cannot be set.
  public struct Problem: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  private struct Gate {
    let isOn: Bool
    /// Nobody can have it otherwise.
    let isLocked: Bool
  }

  /// - Parameter settings: each `NAME=true` or `NAME=false`.
  public static func check(_ settings: [String]) throws(Problem) {
    for setting in settings {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        String($0.filter { !$0.isWhitespace })
      }
      guard parts.count == 2 else { throw Problem(description: "missing bool value for \(parts[0])") }
      guard let isOn = truth(parts[1]) else {
        throw Problem(
          description:
            "invalid value of \(parts[0])=\(parts[1]), err: strconv.ParseBool: parsing \(parts[1].goQuoted): invalid syntax"
        )
      }
      guard let gate = known[parts[0]] else {
        throw Problem(description: "unrecognized feature gate: \(parts[0])")
      }
      guard gate.isOn != isOn else { continue }
      guard !gate.isLocked else {
        throw Problem(
          description: "cannot set feature gate \(parts[0]) to \(isOn), feature is locked to \(gate.isOn)")
      }
      throw Problem(
        description:
          "cannot set feature gate \(parts[0]) to \(isOn): this server has features as they are by default, and this one is \(gate.isOn)"
      )
    }
  }

  /// As Go reads a truth value.
  static func truth(_ text: String) -> Bool? {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": true
    case "0", "f", "F", "false", "FALSE", "False": false
    default: nil
    }
  }

  private static let known: [String: Gate] = {
    var gates: [String: Gate] = [:]
    for (names, gate) in [
      (lockedOn, Gate(isOn: true, isLocked: true)), (lockedOff, Gate(isOn: false, isLocked: true)),
      (on, Gate(isOn: true, isLocked: false)), (off, Gate(isOn: false, isLocked: false)),
    ] {
      for name in names.split(whereSeparator: \.isWhitespace) { gates[String(name)] = gate }
    }
    return gates
  }()

  private static let lockedOn = """
    APIServerTracing AggregatedDiscoveryRemoveBetaType AnonymousAuthConfigurableEndpoints AuthorizeWithSelectors
    BtreeWatchCache CPUManagerPolicyOptions CSIServiceAccountTokenSecrets ConsistentListFromCache DRAAdminAccess
    DeclarativeValidation DisableNodeKubeProxyVersion ExecProbeTimeout ExternalServiceAccountTokenSigner
    ImageMaximumGCAge ImageVolume InOrderInformers InPlacePodVerticalScaling KubeletCgroupDriverFromCRI
    KubeletFineGrainedAuthz KubeletPSI KubeletPodResourcesDynamicResources KubeletPodResourcesGet
    MatchLabelKeysInPodAffinity MutableCSINodeAllocatableCount NodeInclusionPolicyInPodTopologySpread
    NodeLogQuery NodeSwap PodObservedGenerationTracking ProcMountType RecoverVolumeExpansionFailure
    RecursiveReadOnlyMounts RelaxedEnvironmentVariableValidation ResilientWatchCacheInitialization
    SELinuxChangePolicy SELinuxMountReadWriteOncePod ServiceAccountTokenJTI ServiceAccountTokenNodeBinding
    ServiceAccountTokenNodeBindingValidation StreamingCollectionEncodingToJSON
    StreamingCollectionEncodingToProtobuf StructuredAuthenticationConfiguration SupplementalGroupsPolicy
    SystemdWatchdog TopologyManagerPolicyOptions UserNamespacesSupport VolumeAttributesClass WinDSR WinOverlay
    """

  private static let lockedOff = """
    AllowOverwriteTerminationGracePeriodSeconds GitRepoVolumeDriver
    """

  private static let on = """
    APIResponseCompression APIServerIdentity AllowParsingUserUIDFromCertAuth AllowServiceExternalIPs AtomicFIFO
    AuthorizePodWebsocketUpgradeCreatePermission CPUCFSQuotaPeriod CPUManagerPolicyBetaOptions
    CRDObservedGenerationTracking CRDValidationRatcheting ClearingNominatedNodeNameAfterBinding
    ClientsAllowCARotation ClientsAllowTLSCacheGC ConstrainedImpersonation ContainerCheckpoint
    ContainerRestartRules ContextualLogging CustomResourceFieldSelectors DRAConsumableCapacity
    DRADeviceBindingConditions DRADeviceTaints DRAExtendedResource DRAPartitionableDevices DRAPrioritizedList
    DRAResourceClaimDeviceStatus DRAResourceClaimGranularStatusAuthorization DRASchedulerFilterTimeout
    DeclarativeValidationBeta DeploymentReplicaSetTerminatingReplicas DetectCacheInconsistency
    DisableCPUQuotaWithExclusiveCPUs EnvFiles ExtendWebSocketsToKubelet GracefulNodeShutdown
    GracefulNodeShutdownBasedOnPodPriority HPAConfigurableTolerance HostnameOverride
    InOrderInformersBatchProcess InPlacePodLevelResourcesVerticalScaling InPlacePodVerticalScalingInitContainers
    InformerResourceVersion KubeProxyIPVS KubeletCrashLoopBackOffMax KubeletEnsureSecretPulledImages
    KubeletPodResourcesListUseActivePods KubeletSeparateDiskGC KubeletServiceAccountTokenForCredentialProviders
    ListFromCacheSnapshot LoggingBetaOptions MatchLabelKeysInPodTopologySpread
    MatchLabelKeysInPodTopologySpreadSelectorMerge MutablePodResourcesForSuspendedJobs
    MutableSchedulingDirectivesForSuspendedJobs MutatingAdmissionPolicy NodeDeclaredFeatures
    NominatedNodeNameForExpectation OpenAPIEnums OpportunisticBatching PLEGOnDemandRelist PodDeletionCost
    PodLevelResources PodReadyToStartContainersCondition PodTopologyLabelsAdmission PortForwardWebsockets
    RelaxedServiceNameValidation ReloadKubeletClientCAFile ReloadKubeletServerCertificateFile
    RemoteRequestHeaderUID ResourceHealthStatus ResourceHealthStatusMessage RestartAllContainersOnContainerExits
    RetryGenerateName RotateKubeletServerCertificate SchedulerAsyncPreemption SchedulerPopFromBackoffQ
    ServiceAccountNodeAudienceRestriction ServiceCIDRStatusFieldWiping SizeBasedListCostEstimate
    StaleControllerConsistencyDaemonSet StaleControllerConsistencyJob StaleControllerConsistencyReplicaSet
    StaleControllerConsistencyStatefulSet StatefulSetSemanticRevisionComparison StorageNamespaceIndex
    StorageVersionHash StrictIPCIDRValidation StructuredAuthenticationConfigurationEgressSelector
    StructuredAuthenticationConfigurationJWKSMetrics TokenRequestServiceAccountUIDValidation
    TopologyManagerPolicyBetaOptions TranslateStreamCloseWebsocketRequests UnauthenticatedHTTP2DOSMitigation
    UnknownVersionInteroperabilityProxy UnlockWhileProcessingFIFO WatchCacheInitializationPostStartHook
    WatchList WatchListClient WindowsGracefulNodeShutdown
    """

  private static let off = """
    APIServingWithRoutine AllAlpha AllBeta AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests
    CBORServingAndStorage CPUManagerPolicyAlphaOptions CRIListStreaming
    CSIVolumeHealth ChangeContainerStatusOnKubeletRestart ClientsAllowCBOR ClientsPreferCBOR ClusterTrustBundle
    ClusterTrustBundleProjection ConcurrentWatchObjectDecode ContainerStopSignals CoordinatedLeaderElection
    CrossNamespaceVolumeDataSource DRADeviceTaintRules DRAListTypeAttributes DRANodeAllocatableResources
    DRAResourcePoolStatus DRAWorkloadResourceClaims DeclarativeValidationTakeover EventedPLEG GenericWorkload
    HPAScaleToZero ImageVolumeWithDigest InPlacePodVerticalScalingExclusiveCPUs
    InPlacePodVerticalScalingExclusiveMemory KMSv1 KubeletInUserNamespace KubeletRegistrationGetOnExistsOnly
    LocalStorageCapacityIsolationFSQuotaMonitoring LoggingAlphaOptions ManifestBasedAdmissionControlConfig
    MaxUnavailableStatefulSet MemoryQoS MutablePVNodeAffinity PersistentVolumeClaimUnusedSinceTime
    PodAndContainerStatsFromCRI PodCertificateRequest PodLevelResourceManagers PodLogsQuerySplitStreams PodsAPI
    QOSReserved ReduceDefaultCrashLoopBackOffDecay RuntimeClassInImageCriAPI SELinuxMount SchedulerAsyncAPICalls
    SeparateCacheWatchRPC ShardedListAndWatch StorageCapacityScoring StorageVersionAPI StorageVersionMigrator
    TaintTolerationComparisonOperators TopologyAwareWorkloadScheduling TopologyManagerPolicyAlphaOptions
    UserNamespacesHostNetworkSupport VolumeLimitScaling WindowsCPUAndMemoryAffinity WorkloadWithJob
    """
}
