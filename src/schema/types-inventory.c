/* Hosts, datastores and networks. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

DEFINE_ENUM(ManagedEntityStatus, "gray", "green", "yellow", "red");
DEFINE_ENUM(HostSystemConnectionState, "connected", "notResponding", "disconnected");
DEFINE_ENUM(HostSystemPowerState, "poweredOn", "poweredOff", "standBy", "unknown");

static const WireField custom_field_value[] = {
        {"key", AT(CustomFieldValue, key), REQUIRED},
};
DEFINE_TYPE(CustomFieldValue, custom_field_value);

static const WireField host_runtime_info[] = {
        {"connectionState", AT(HostRuntimeInfo, connection_state), REQUIRED,
         &type_HostSystemConnectionState},
        {"powerState", AT(HostRuntimeInfo, power_state), REQUIRED, &type_HostSystemPowerState},
        {"inMaintenanceMode", AT(HostRuntimeInfo, in_maintenance_mode), REQUIRED},
        {"bootTime", AT(HostRuntimeInfo, boot_time), OPTIONAL},
};
DEFINE_TYPE(HostRuntimeInfo, host_runtime_info);

static const WireField host_config_summary[] = {
        {"name", AT(HostConfigSummary, name), REQUIRED},
        {"port", AT(HostConfigSummary, port), REQUIRED},
        {"sslThumbprint", AT(HostConfigSummary, ssl_thumbprint), OPTIONAL},
        {"product", POINTS(HostConfigSummary, product, AboutInfo), OPTIONAL, &type_AboutInfo},
        {"vmotionEnabled", AT(HostConfigSummary, vmotion_enabled), REQUIRED},
        {"faultToleranceEnabled", AT(HostConfigSummary, fault_tolerance_enabled), REQUIRED},
};
DEFINE_TYPE(HostConfigSummary, host_config_summary);

DEFINE_EMPTY_TYPE(HostListSummaryQuickStats);

static const WireField host_list_summary[] = {
        {"host", AT(HostListSummary, host), OPTIONAL},
        {"runtime", POINTS(HostListSummary, runtime, HostRuntimeInfo), OPTIONAL,
         &type_HostRuntimeInfo},
        {"config", POINTS(HostListSummary, config, HostConfigSummary), REQUIRED,
         &type_HostConfigSummary},
        {"quickStats", POINTS(HostListSummary, quick_stats, HostListSummaryQuickStats), REQUIRED,
         &type_HostListSummaryQuickStats},
        {"overallStatus", AT(HostListSummary, overall_status), REQUIRED, &type_ManagedEntityStatus},
        {"rebootRequired", AT(HostListSummary, reboot_required), REQUIRED},
        {"customValue", AT(HostListSummary, custom_value), OPTIONAL, &type_CustomFieldValue},
};
DEFINE_TYPE(HostListSummary, host_list_summary);

static const WireField virtual_nic_manager_net_config[] = {
        {"nicType", AT(VirtualNicManagerNetConfig, nic_type), REQUIRED},
        {"multiSelectAllowed", AT(VirtualNicManagerNetConfig, multi_select_allowed), REQUIRED},
};
DEFINE_TYPE(VirtualNicManagerNetConfig, virtual_nic_manager_net_config);

static const WireField host_virtual_nic_manager_info[] = {
        {"netConfig", AT(HostVirtualNicManagerInfo, net_config), OPTIONAL,
         &type_VirtualNicManagerNetConfig},
};
DEFINE_TYPE(HostVirtualNicManagerInfo, host_virtual_nic_manager_info);

static const WireField host_config_info[] = {
        {"host", AT(HostConfigInfo, host), REQUIRED},
        {"product", POINTS(HostConfigInfo, product, AboutInfo), REQUIRED, &type_AboutInfo},
        {"virtualNicManagerInfo",
         POINTS(HostConfigInfo, virtual_nic_manager_info, HostVirtualNicManagerInfo), OPTIONAL,
         &type_HostVirtualNicManagerInfo},
};
DEFINE_TYPE(HostConfigInfo, host_config_info);

static const WireField datastore_info[] = {
        {"name", AT(DatastoreInfo, name), REQUIRED},
        {"url", AT(DatastoreInfo, url), REQUIRED},
        {"freeSpace", AT(DatastoreInfo, free_space), REQUIRED},
        {"maxFileSize", AT(DatastoreInfo, max_file_size), REQUIRED},
        {"maxMemoryFileSize", AT(DatastoreInfo, max_memory_file_size), REQUIRED,
         .since = API_VERSION(6, 0, 0, 0)},
};
DEFINE_TYPE(DatastoreInfo, datastore_info);

static const WireField datastore_summary[] = {
        {"datastore", AT(DatastoreSummary, datastore), OPTIONAL},
        {"name", AT(DatastoreSummary, name), REQUIRED},
        {"url", AT(DatastoreSummary, url), REQUIRED},
        {"capacity", AT(DatastoreSummary, capacity), REQUIRED},
        {"freeSpace", AT(DatastoreSummary, free_space), REQUIRED},
        {"accessible", AT(DatastoreSummary, accessible), REQUIRED},
        {"multipleHostAccess", AT(DatastoreSummary, multiple_host_access), OPTIONAL},
        {"type", AT(DatastoreSummary, filesystem_type), REQUIRED},
};
DEFINE_TYPE(DatastoreSummary, datastore_summary);

static const WireField network_summary[] = {
        {"network", AT(NetworkSummary, network), OPTIONAL},
        {"name", AT(NetworkSummary, name), REQUIRED},
        {"accessible", AT(NetworkSummary, accessible), REQUIRED},
        {"ipPoolName", AT(NetworkSummary, ip_pool_name), REQUIRED},
};
DEFINE_TYPE(NetworkSummary, network_summary);
