#pragma once

/* Hosts, datastores and networks, and what all managed entities have. */

#include "schema/types-service.h"

typedef struct CustomFieldValue {
        const WireType *type;
        int32_t key;
} CustomFieldValue;

/* HostSystem */

typedef struct HostRuntimeInfo {
        const WireType *type;
        char *connection_state;
        char *power_state;
        bool in_maintenance_mode;
        WireTime boot_time;
} HostRuntimeInfo;

typedef struct HostConfigSummary {
        const WireType *type;
        char *name;
        int32_t port;
        char *ssl_thumbprint;
        AboutInfo *product;
        bool vmotion_enabled;
        bool fault_tolerance_enabled;
} HostConfigSummary;

/* Required, and all that it has is optional. */
typedef struct HostListSummaryQuickStats {
        const WireType *type;
} HostListSummaryQuickStats;

typedef struct HostListSummary {
        const WireType *type;
        Moref host;
        HostRuntimeInfo *runtime;
        HostConfigSummary *config;
        HostListSummaryQuickStats *quick_stats;
        char *overall_status;
        bool reboot_required;
        WireObjects custom_value; /* CustomFieldValue */
} HostListSummary;

typedef struct VirtualNicManagerNetConfig {
        const WireType *type;
        char *nic_type; /* management, vmotion, and others */
        bool multi_select_allowed;
} VirtualNicManagerNetConfig;

typedef struct HostVirtualNicManagerInfo {
        const WireType *type;
        WireObjects net_config; /* VirtualNicManagerNetConfig */
} HostVirtualNicManagerInfo;

typedef struct HostConfigInfo {
        const WireType *type;
        Moref host;
        AboutInfo *product;
        HostVirtualNicManagerInfo *virtual_nic_manager_info;
} HostConfigInfo;

/* Datastore and Network */

typedef struct DatastoreInfo {
        const WireType *type;
        char *name;
        char *url;
        int64_t free_space; /* bytes, like the next two */
        int64_t max_file_size;
        int64_t max_memory_file_size;
} DatastoreInfo;

typedef struct DatastoreSummary {
        const WireType *type;
        Moref datastore;
        char *name;
        char *url;
        int64_t capacity;   /* bytes */
        int64_t free_space; /* bytes */
        bool accessible;
        WireBool multiple_host_access;
        char *filesystem_type; /* "type" on the wire */
} DatastoreSummary;

typedef struct NetworkSummary {
        const WireType *type;
        Moref network;
        char *name;
        bool accessible;
        char *ip_pool_name;
} NetworkSummary;

#define TYPES_INVENTORY(X)                                                                         \
        X(CustomFieldValue)                                                                        \
        X(DatastoreInfo)                                                                           \
        X(DatastoreSummary)                                                                        \
        X(HostConfigInfo)                                                                          \
        X(HostConfigSummary)                                                                       \
        X(HostListSummary)                                                                         \
        X(HostListSummaryQuickStats)                                                               \
        X(HostRuntimeInfo)                                                                         \
        X(HostSystemConnectionState)                                                               \
        X(HostSystemPowerState)                                                                    \
        X(HostVirtualNicManagerInfo)                                                               \
        X(ManagedEntityStatus)                                                                     \
        X(NetworkSummary)                                                                          \
        X(VirtualNicManagerNetConfig)
