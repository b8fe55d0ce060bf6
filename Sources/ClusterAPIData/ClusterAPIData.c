// The compiler puts the texts into the binary as they are: a change of a text costs no build of any Swift.
#include "ClusterAPIData.h"

// `#embed` is of C23; the compilers that build Swift know it in every standard.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const char meta_v1[] = {
#embed "Kinds/meta.v1.api"
    , 0};
static const char core_v1[] = {
#embed "Kinds/core.v1.api"
    , 0};
static const char apps_v1[] = {
#embed "Kinds/apps.v1.api"
    , 0};
static const char batch_v1[] = {
#embed "Kinds/batch.v1.api"
    , 0};
static const char autoscaling_v1[] = {
#embed "Kinds/autoscaling.v1.api"
    , 0};
static const char autoscaling_v2[] = {
#embed "Kinds/autoscaling.v2.api"
    , 0};
static const char networking_v1[] = {
#embed "Kinds/networking.v1.api"
    , 0};
static const char discovery_v1[] = {
#embed "Kinds/discovery.v1.api"
    , 0};
static const char policy_v1[] = {
#embed "Kinds/policy.v1.api"
    , 0};
static const char rbac_v1[] = {
#embed "Kinds/rbac.v1.api"
    , 0};
static const char storage_v1[] = {
#embed "Kinds/storage.v1.api"
    , 0};
static const char coordination_v1[] = {
#embed "Kinds/coordination.v1.api"
    , 0};
static const char events_v1[] = {
#embed "Kinds/events.v1.api"
    , 0};
static const char admissionregistration_v1[] = {
#embed "Kinds/admissionregistration.v1.api"
    , 0};
static const char apiextensions_v1[] = {
#embed "Kinds/apiextensions.v1.api"
    , 0};
static const char apiregistration_v1[] = {
#embed "Kinds/apiregistration.v1.api"
    , 0};
static const char authentication_v1[] = {
#embed "Kinds/authentication.v1.api"
    , 0};
static const char authorization_v1[] = {
#embed "Kinds/authorization.v1.api"
    , 0};
static const char certificates_v1[] = {
#embed "Kinds/certificates.v1.api"
    , 0};
static const char node_v1[] = {
#embed "Kinds/node.v1.api"
    , 0};
static const char scheduling_v1[] = {
#embed "Kinds/scheduling.v1.api"
    , 0};
static const char flowcontrol_v1[] = {
#embed "Kinds/flowcontrol.v1.api"
    , 0};
static const char resource_v1[] = {
#embed "Kinds/resource.v1.api"
    , 0};
static const char internal_types[] = {
#embed "Kinds/internal.types"
    , 0};
static const char protobuf_fields[] = {
#embed "Kinds/protobuf.fields"
    , 0};

static const struct {
  const char *name;
  const char *text;
} texts[] = {
    {"meta.v1.api", meta_v1},
    {"core.v1.api", core_v1},
    {"apps.v1.api", apps_v1},
    {"batch.v1.api", batch_v1},
    {"autoscaling.v1.api", autoscaling_v1},
    {"autoscaling.v2.api", autoscaling_v2},
    {"networking.v1.api", networking_v1},
    {"discovery.v1.api", discovery_v1},
    {"policy.v1.api", policy_v1},
    {"rbac.v1.api", rbac_v1},
    {"storage.v1.api", storage_v1},
    {"coordination.v1.api", coordination_v1},
    {"events.v1.api", events_v1},
    {"admissionregistration.v1.api", admissionregistration_v1},
    {"apiextensions.v1.api", apiextensions_v1},
    {"apiregistration.v1.api", apiregistration_v1},
    {"authentication.v1.api", authentication_v1},
    {"authorization.v1.api", authorization_v1},
    {"certificates.v1.api", certificates_v1},
    {"node.v1.api", node_v1},
    {"scheduling.v1.api", scheduling_v1},
    {"flowcontrol.v1.api", flowcontrol_v1},
    {"resource.v1.api", resource_v1},
};

int cluster_api_data_count(void) { return sizeof texts / sizeof *texts; }

const char *cluster_api_data_name(int index) { return texts[index].name; }

const char *cluster_api_data_text(int index) { return texts[index].text; }

const char *cluster_api_data_internal(void) { return internal_types; }

const char *cluster_api_data_protobuf(void) { return protobuf_fields; }
