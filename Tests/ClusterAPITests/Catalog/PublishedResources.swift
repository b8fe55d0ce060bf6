/// What upstream's 1.36 publishes in its discovery documents of the stable groups: `api/discovery/` of its source.
///
/// A line a resource: name, kind, N (namespaced) or C, verbs, then short names and categories (`/all`). `*` is all eight verbs,
/// `s` get, patch and update.
enum PublishedResources {
  static let text = """
    v1
    bindings Binding N create
    componentstatuses ComponentStatus C get,list cs
    configmaps ConfigMap N * cm
    endpoints Endpoints N * ep
    events Event N * ev
    limitranges LimitRange N * limits
    namespaces Namespace C create,delete,get,list,patch,update,watch ns
    namespaces/finalize Namespace C update
    namespaces/status Namespace C s
    nodes Node C * no
    nodes/proxy NodeProxyOptions C create,delete,get,patch,update
    nodes/status Node C s
    persistentvolumeclaims PersistentVolumeClaim N * pvc
    persistentvolumeclaims/status PersistentVolumeClaim N s
    persistentvolumes PersistentVolume C * pv
    persistentvolumes/status PersistentVolume C s
    pods Pod N * po /all
    pods/attach PodAttachOptions N create,get
    pods/binding Binding N create
    pods/ephemeralcontainers Pod N s
    pods/eviction policy/v1.Eviction N create
    pods/exec PodExecOptions N create,get
    pods/log Pod N get
    pods/portforward PodPortForwardOptions N create,get
    pods/proxy PodProxyOptions N create,delete,get,patch,update
    pods/resize Pod N s
    pods/status Pod N s
    podtemplates PodTemplate N *
    replicationcontrollers ReplicationController N * rc /all
    replicationcontrollers/scale autoscaling/v1.Scale N s
    replicationcontrollers/status ReplicationController N s
    resourcequotas ResourceQuota N * quota
    resourcequotas/status ResourceQuota N s
    secrets Secret N *
    serviceaccounts ServiceAccount N * sa
    serviceaccounts/token authentication.k8s.io/v1.TokenRequest N create
    services Service N * svc /all
    services/proxy ServiceProxyOptions N create,delete,get,patch,update
    services/status Service N s
    admissionregistration.k8s.io/v1
    mutatingadmissionpolicies MutatingAdmissionPolicy C * /api-extensions
    mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C * /api-extensions
    mutatingwebhookconfigurations MutatingWebhookConfiguration C * /api-extensions
    validatingadmissionpolicies ValidatingAdmissionPolicy C * /api-extensions
    validatingadmissionpolicies/status ValidatingAdmissionPolicy C s
    validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C * /api-extensions
    validatingwebhookconfigurations ValidatingWebhookConfiguration C * /api-extensions
    apiextensions.k8s.io/v1
    customresourcedefinitions CustomResourceDefinition C * crd,crds /api-extensions
    customresourcedefinitions/status CustomResourceDefinition C s
    apiregistration.k8s.io/v1
    apiservices APIService C * /api-extensions
    apiservices/status APIService C s
    apps/v1
    controllerrevisions ControllerRevision N *
    daemonsets DaemonSet N * ds /all
    daemonsets/status DaemonSet N s
    deployments Deployment N * deploy /all
    deployments/scale autoscaling/v1.Scale N s
    deployments/status Deployment N s
    replicasets ReplicaSet N * rs /all
    replicasets/scale autoscaling/v1.Scale N s
    replicasets/status ReplicaSet N s
    statefulsets StatefulSet N * sts /all
    statefulsets/scale autoscaling/v1.Scale N s
    statefulsets/status StatefulSet N s
    authentication.k8s.io/v1
    selfsubjectreviews SelfSubjectReview C create
    tokenreviews TokenReview C create
    authorization.k8s.io/v1
    localsubjectaccessreviews LocalSubjectAccessReview N create
    selfsubjectaccessreviews SelfSubjectAccessReview C create
    selfsubjectrulesreviews SelfSubjectRulesReview C create
    subjectaccessreviews SubjectAccessReview C create
    autoscaling/v1
    horizontalpodautoscalers HorizontalPodAutoscaler N * hpa /all
    horizontalpodautoscalers/status HorizontalPodAutoscaler N s
    autoscaling/v2
    horizontalpodautoscalers HorizontalPodAutoscaler N * hpa /all
    horizontalpodautoscalers/status HorizontalPodAutoscaler N s
    batch/v1
    cronjobs CronJob N * cj /all
    cronjobs/status CronJob N s
    jobs Job N * /all
    jobs/status Job N s
    certificates.k8s.io/v1
    certificatesigningrequests CertificateSigningRequest C * csr
    certificatesigningrequests/approval CertificateSigningRequest C s
    certificatesigningrequests/status CertificateSigningRequest C s
    coordination.k8s.io/v1
    leases Lease N *
    discovery.k8s.io/v1
    endpointslices EndpointSlice N *
    events.k8s.io/v1
    events Event N * ev
    flowcontrol.apiserver.k8s.io/v1
    flowschemas FlowSchema C *
    flowschemas/status FlowSchema C s
    prioritylevelconfigurations PriorityLevelConfiguration C *
    prioritylevelconfigurations/status PriorityLevelConfiguration C s
    networking.k8s.io/v1
    ingressclasses IngressClass C *
    ingresses Ingress N * ing
    ingresses/status Ingress N s
    ipaddresses IPAddress C * ip
    networkpolicies NetworkPolicy N * netpol
    servicecidrs ServiceCIDR C *
    servicecidrs/status ServiceCIDR C s
    node.k8s.io/v1
    runtimeclasses RuntimeClass C *
    policy/v1
    poddisruptionbudgets PodDisruptionBudget N * pdb
    poddisruptionbudgets/status PodDisruptionBudget N s
    rbac.authorization.k8s.io/v1
    clusterrolebindings ClusterRoleBinding C *
    clusterroles ClusterRole C *
    rolebindings RoleBinding N *
    roles Role N *
    resource.k8s.io/v1
    deviceclasses DeviceClass C *
    resourceclaims ResourceClaim N *
    resourceclaims/status ResourceClaim N s
    resourceclaimtemplates ResourceClaimTemplate N *
    resourceslices ResourceSlice C *
    scheduling.k8s.io/v1
    priorityclasses PriorityClass C * pc
    storage.k8s.io/v1
    csidrivers CSIDriver C *
    csinodes CSINode C *
    csistoragecapacities CSIStorageCapacity N *
    storageclasses StorageClass C * sc
    volumeattachments VolumeAttachment C *
    volumeattachments/status VolumeAttachment C s
    volumeattributesclasses VolumeAttributesClass C * vac
    """
}
