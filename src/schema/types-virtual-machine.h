#pragma once

/* Virtual machines, as their properties show them. */

#include "schema/type.h"

typedef struct GuestInfo {
        const WireType *type;
        char *tools_status;
        char *tools_version_status2;
        char *tools_running_status;
        char *tools_version;
        char *guest_full_name;
        char *host_name;
        char *guest_state;
        WireBool guest_operations_ready;
        WireBool interactive_guest_operations_ready;
        WireBool guest_state_change_supported;
} GuestInfo;

typedef struct VirtualMachineRuntimeInfo {
        const WireType *type;
        char *connection_state;
        char *power_state;
        char *fault_tolerance_state;
        bool tools_installer_mounted;
        int32_t num_mks_connections;
        char *record_replay_state;
        bool online_standby;
        bool consolidation_needed;
} VirtualMachineRuntimeInfo;

#define TYPES_VIRTUAL_MACHINE(X)                                                                   \
        X(GuestInfo)                                                                               \
        X(VirtualMachinePowerState)                                                                \
        X(VirtualMachineRuntimeInfo)
