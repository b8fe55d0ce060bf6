/// The roles and bindings that every cluster has (Kubernetes, "Using RBAC Authorization", default roles and role bindings).
///
/// A line a role (`clusterrole NAME [into=LABEL…] [from=LABEL…]`, `role NAMESPACE/NAME`), below it a line a rule: verbs,
/// groups (`-` for the one without a name), resources, and `names=…` where only some objects are meant; or
/// `path VERBS PATHS`. Then `clusterbinding NAME ROLE SUBJECT…` and `binding NAMESPACE/NAME KIND/ROLE SUBJECT…`, subjects
/// being `group:…`, `user:…` or `account:NAMESPACE/NAME`.
enum RBACPolicyText {
  static let text = """
    clusterrole cluster-admin
      * * *
      path * *
    clusterbinding cluster-admin cluster-admin group:system:masters

    clusterrole system:discovery
      path get /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/
    clusterbinding system:discovery system:discovery group:system:authenticated
    clusterrole system:public-info-viewer
      path get /healthz,/livez,/readyz,/version,/version/
    clusterbinding system:public-info-viewer system:public-info-viewer group:system:authenticated group:system:unauthenticated
    clusterrole system:basic-user
      create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
      create authentication.k8s.io selfsubjectreviews
    clusterbinding system:basic-user system:basic-user group:system:authenticated
    clusterrole system:monitoring
      path get /flagz,/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*,/statusz
      get - nodes/metrics
    clusterbinding system:monitoring system:monitoring group:system:monitoring
    clusterrole system:service-account-issuer-discovery
      path get /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/
    clusterbinding system:service-account-issuer-discovery system:service-account-issuer-discovery group:system:serviceaccounts

    clusterrole admin from=admin
    clusterrole edit into=admin from=edit
    clusterrole view into=edit from=view
    clusterrole system:aggregate-to-admin into=admin
      create authorization.k8s.io localsubjectaccessreviews
      create,delete,deletecollection,get,list,patch,update,watch rbac.authorization.k8s.io rolebindings,roles
    clusterrole system:aggregate-to-edit into=edit
      get,list,watch - pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
      impersonate - serviceaccounts
      create,delete,deletecollection,patch,update - pods,pods/attach,pods/exec,pods/portforward,pods/proxy
      create - pods/eviction
      create,delete,deletecollection,patch,update - configmaps,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
      create - serviceaccounts/token
      create,delete,deletecollection,patch,update -,events.k8s.io events
      create,delete,deletecollection,patch,update apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
      create,delete,deletecollection,patch,update autoscaling horizontalpodautoscalers
      create,delete,deletecollection,patch,update batch cronjobs,jobs
      create,delete,deletecollection,patch,update extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale
      create,delete,deletecollection,patch,update policy poddisruptionbudgets
      create,delete,deletecollection,patch,update networking.k8s.io ingresses,networkpolicies
      create,delete,deletecollection,get,list,patch,update,watch coordination.k8s.io leases
      create,delete,deletecollection,patch,update resource.k8s.io resourceclaims,resourceclaimtemplates
    clusterrole system:aggregate-to-view into=view
      get,list,watch - configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
      get,list,watch - bindings,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
      get,list,watch - namespaces
      get,list,watch -,events.k8s.io events
      get,list,watch discovery.k8s.io endpointslices
      get,list,watch apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
      get,list,watch autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
      get,list,watch batch cronjobs,cronjobs/status,jobs,jobs/status
      get,list,watch extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale
      get,list,watch policy poddisruptionbudgets,poddisruptionbudgets/status
      get,list,watch networking.k8s.io ingresses,ingresses/status,networkpolicies
      get,list,watch resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates

    clusterrole system:heapster
      get,list,watch - events,namespaces,nodes,pods
      get,list,watch extensions deployments
    clusterrole system:auth-delegator
      create authentication.k8s.io tokenreviews
      create authorization.k8s.io subjectaccessreviews
    clusterrole system:kube-aggregator
      get,list,watch - endpoints,services
    clusterrole system:kubelet-api-admin
      get,list,watch - nodes
      proxy - nodes
      * - nodes/log,nodes/metrics,nodes/proxy,nodes/stats
      * - nodes/configz,nodes/healthz,nodes/pods
    clusterrole system:node-bootstrapper
      create,get,list,watch certificates.k8s.io certificatesigningrequests
    clusterrole system:node-problem-detector
      get - nodes
      patch - nodes/status
      create,patch,update -,events.k8s.io events
    clusterrole system:node-proxier
      list,watch - endpoints,services
      get,list,watch - nodes
      create,patch,update -,events.k8s.io events
      list,watch networking.k8s.io servicecidrs
      list,watch discovery.k8s.io endpointslices
    clusterbinding system:node-proxier system:node-proxier user:system:kube-proxy
    clusterrole system:node
      create authentication.k8s.io tokenreviews
      create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews
      get,list,watch - services
      create,get,list,watch - nodes
      patch,update - nodes/status
      patch,update - nodes
      create,patch,update -,events.k8s.io events
      get,list,watch - pods
      create,delete - pods
      patch,update - pods/status
      create - pods/eviction
      get,list,watch - configmaps,secrets
      get - persistentvolumeclaims,persistentvolumes
      get - endpoints
      create,get,list,watch certificates.k8s.io certificatesigningrequests
      create,delete,get,patch,update coordination.k8s.io leases
      get storage.k8s.io volumeattachments
      create - serviceaccounts/token
      get,patch,update - persistentvolumeclaims/status
      get,list,watch storage.k8s.io csidrivers
      create,delete,get,patch,update storage.k8s.io csinodes
      get,list,watch node.k8s.io runtimeclasses
      get resource.k8s.io resourceclaims
      deletecollection resource.k8s.io resourceslices
      get - serviceaccounts
    clusterbinding system:node system:node
    clusterrole system:certificates.k8s.io:kubelet-serving-approver
      approve certificates.k8s.io signers names=kubernetes.io/kubelet-serving
    clusterrole system:certificates.k8s.io:kube-apiserver-client-approver
      approve certificates.k8s.io signers names=kubernetes.io/kube-apiserver-client
    clusterrole system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
      approve certificates.k8s.io signers names=kubernetes.io/kube-apiserver-client-kubelet
    clusterrole system:certificates.k8s.io:legacy-unknown-approver
      approve certificates.k8s.io signers names=kubernetes.io/legacy-unknown
    clusterrole system:certificates.k8s.io:certificatesigningrequests:nodeclient
      create certificates.k8s.io certificatesigningrequests/nodeclient
    clusterrole system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
      create certificates.k8s.io certificatesigningrequests/selfnodeclient
    clusterbinding kubeadm:kubelet-bootstrap system:node-bootstrapper group:system:bootstrappers:kubeadm:default-node-token
    clusterbinding kubeadm:node-autoapprove-bootstrap system:certificates.k8s.io:certificatesigningrequests:nodeclient group:system:bootstrappers:kubeadm:default-node-token
    clusterbinding kubeadm:node-autoapprove-certificate-rotation system:certificates.k8s.io:certificatesigningrequests:selfnodeclient group:system:nodes
    clusterrole system:persistent-volume-provisioner
      create,delete,get,list,watch - persistentvolumes
      get,list,update,watch - persistentvolumeclaims
      get,list,watch storage.k8s.io storageclasses
      watch - events
      create,patch,update -,events.k8s.io events
    clusterrole system:volume-scheduler
      get,list,patch,update,watch - persistentvolumes
      get,list,watch storage.k8s.io storageclasses
      get,list,patch,update,watch - persistentvolumeclaims
    clusterbinding system:volume-scheduler system:volume-scheduler user:system:kube-scheduler
    clusterrole system:kube-dns
      list,watch - endpoints,services
    clusterbinding system:kube-dns system:kube-dns account:kube-system/kube-dns
    clusterrole system:kube-scheduler
      create,patch,update -,events.k8s.io events
      create coordination.k8s.io leases
      get,list,update,watch coordination.k8s.io leases names=kube-scheduler
      create,delete,deletecollection,get,list,patch,update,watch coordination.k8s.io leasecandidates
      get,list,watch - nodes
      delete,get,list,watch - pods
      create - bindings,pods/binding
      patch,update - pods/status
      get,list,watch - replicationcontrollers,services
      get,list,watch apps,extensions replicasets
      get,list,watch apps statefulsets
      get,list,watch policy poddisruptionbudgets
      get,list,watch - persistentvolumeclaims,persistentvolumes
      create authentication.k8s.io tokenreviews
      create authorization.k8s.io subjectaccessreviews
      get,list,watch storage.k8s.io csinodes
      get,list,watch storage.k8s.io volumeattachments
      get,list,watch - namespaces
      get,list,watch storage.k8s.io csidrivers
      get,list,watch storage.k8s.io csistoragecapacities
      get,list,watch resource.k8s.io deviceclasses
      get,list,patch,update,watch resource.k8s.io resourceclaims
      get,list,patch,update,watch resource.k8s.io resourceclaims/status
      update - pods/finalizers
      get,list,watch resource.k8s.io resourceslices
      create,delete resource.k8s.io resourceclaims
      patch,update resource.k8s.io resourceclaims/binding
    clusterbinding system:kube-scheduler system:kube-scheduler user:system:kube-scheduler
    clusterrole system:kube-controller-manager
      create,patch,update -,events.k8s.io events
      create coordination.k8s.io leases
      get,update coordination.k8s.io leases names=kube-controller-manager
      create - secrets,serviceaccounts
      delete - secrets
      get - configmaps,namespaces,secrets,serviceaccounts
      update - secrets,serviceaccounts
      create authentication.k8s.io tokenreviews
      create authorization.k8s.io subjectaccessreviews
      list,watch * *
      create - serviceaccounts/token
    clusterbinding system:kube-controller-manager system:kube-controller-manager user:system:kube-controller-manager

    role kube-public/kubeadm:bootstrap-signer-clusterinfo
      get - configmaps names=cluster-info
    binding kube-public/kubeadm:bootstrap-signer-clusterinfo Role/kubeadm:bootstrap-signer-clusterinfo user:system:anonymous group:system:authenticated
    role kube-system/extension-apiserver-authentication-reader
      get,list,watch - configmaps names=extension-apiserver-authentication
    binding kube-system/system::extension-apiserver-authentication-reader Role/extension-apiserver-authentication-reader user:system:kube-controller-manager user:system:kube-scheduler
    role kube-system/system::leader-locking-kube-controller-manager
      create,get,list,update,watch coordination.k8s.io leases
      create,get,list,update,watch coordination.k8s.io leasecandidates
    binding kube-system/system::leader-locking-kube-controller-manager Role/system::leader-locking-kube-controller-manager user:system:kube-controller-manager account:kube-system/kube-controller-manager account:kube-system/leader-election-controller
    role kube-system/system::leader-locking-kube-scheduler
      create,get,list,update,watch coordination.k8s.io leases
      create,get,list,update,watch coordination.k8s.io leasecandidates
    binding kube-system/system::leader-locking-kube-scheduler Role/system::leader-locking-kube-scheduler user:system:kube-scheduler account:kube-system/kube-scheduler
    """
}
