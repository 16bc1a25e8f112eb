#pragma once

/* What a guest says of itself: VirtualMachine.guest, and the short of it in .summary. */

#include "schema/type.h"

typedef struct NetIpConfigInfoIpAddress {
        const WireType *type;
        char *ip_address;
        int32_t prefix_length;
        char *origin; /* other, manual, dhcp, linklayer, random */
        char *state;  /* preferred, deprecated, tentative, and others */
        WireTime lifetime;
} NetIpConfigInfoIpAddress;

typedef struct NetIpConfigInfo {
        const WireType *type;
        WireObjects ip_address; /* NetIpConfigInfoIpAddress */
} NetIpConfigInfo;

typedef struct GuestNicInfo {
        const WireType *type;
        char *network;
        WireStrings ip_address;
        char *mac_address;
        bool connected;
        int32_t device_config_id;
        NetIpConfigInfo *ip_config;
} GuestNicInfo;

typedef struct GuestDiskInfo {
        const WireType *type;
        char *disk_path;
        WireLong capacity;   /* bytes */
        WireLong free_space; /* bytes */
        char *filesystem_type;
} GuestDiskInfo;

typedef struct GuestScreenInfo {
        const WireType *type;
        int32_t width;
        int32_t height;
} GuestScreenInfo;

typedef struct GuestInfo {
        const WireType *type;
        char *tools_status;
        char *tools_version_status;
        char *tools_version_status2;
        char *tools_running_status;
        char *tools_version;
        char *tools_install_type;
        char *guest_id;
        char *guest_family;
        char *guest_full_name;
        char *host_name;
        char *ip_address;
        WireObjects net;  /* GuestNicInfo */
        WireObjects disk; /* GuestDiskInfo */
        GuestScreenInfo *screen;
        char *guest_state;
        char *app_heartbeat_status;
        WireBool guest_kernel_crashed;
        char *app_state;
        WireBool guest_operations_ready;
        WireBool interactive_guest_operations_ready;
        WireBool guest_state_change_supported;
} GuestInfo;

typedef struct VirtualMachineGuestSummary {
        const WireType *type;
        char *guest_id;
        char *guest_full_name;
        char *tools_status;
        char *tools_version_status;
        char *tools_version_status2;
        char *tools_running_status;
        char *host_name;
        char *ip_address;
} VirtualMachineGuestSummary;

#define TYPES_GUEST_INFO(X)                                                                        \
        X(GuestDiskInfo)                                                                           \
        X(GuestInfo)                                                                               \
        X(GuestNicInfo)                                                                            \
        X(GuestScreenInfo)                                                                         \
        X(NetIpConfigInfo)                                                                         \
        X(NetIpConfigInfoIpAddress)                                                                \
        X(VirtualMachineGuestSummary)                                                              \
        X(VirtualMachineToolsStatus)
