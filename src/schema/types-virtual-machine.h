#pragma once

/* How a virtual machine runs: VirtualMachine.runtime and .summary, and its methods. */

#include "schema/types-guest-info.h"
#include "schema/types-vm-config.h"

typedef struct VirtualMachineRuntimeInfo {
        const WireType *type;
        Moref host;
        char *connection_state;
        char *power_state;
        char *fault_tolerance_state;
        bool tools_installer_mounted;
        WireTime boot_time;
        int32_t num_mks_connections;
        char *record_replay_state;
        bool online_standby;
        bool consolidation_needed;
} VirtualMachineRuntimeInfo;

typedef struct VirtualMachineStorageSummary {
        const WireType *type;
        int64_t committed; /* bytes, like the next two */
        int64_t uncommitted;
        int64_t unshared;
        WireTime timestamp;
} VirtualMachineStorageSummary;

typedef struct VirtualMachineQuickStats {
        const WireType *type;
        char *guest_heartbeat_status;
} VirtualMachineQuickStats;

typedef struct VirtualMachineSummary {
        const WireType *type;
        Moref vm;
        VirtualMachineRuntimeInfo *runtime;
        VirtualMachineGuestSummary *guest;
        VirtualMachineConfigSummary *config;
        VirtualMachineStorageSummary *storage;
        VirtualMachineQuickStats *quick_stats;
        char *overall_status;
        WireObjects custom_value; /* CustomFieldValue */
} VirtualMachineSummary;

/* methods */

typedef struct PowerOnVMRequestType {
        const WireType *type;
        Moref host;
} PowerOnVMRequestType;

#define TYPES_VIRTUAL_MACHINE(X)                                                                   \
        X(PowerOnVMRequestType)                                                                    \
        X(VirtualMachineConnectionState)                                                           \
        X(VirtualMachineFaultToleranceState)                                                       \
        X(VirtualMachinePowerState)                                                                \
        X(VirtualMachineQuickStats)                                                                \
        X(VirtualMachineRecordReplayState)                                                         \
        X(VirtualMachineRuntimeInfo)                                                               \
        X(VirtualMachineStorageSummary)                                                            \
        X(VirtualMachineSummary)
