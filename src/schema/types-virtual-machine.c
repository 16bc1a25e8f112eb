/* Virtual machines. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

DEFINE_ENUM(VirtualMachineConnectionState, "connected", "disconnected", "orphaned", "inaccessible",
            "invalid");
DEFINE_ENUM(VirtualMachinePowerState, "poweredOff", "poweredOn", "suspended");
DEFINE_ENUM(VirtualMachineFaultToleranceState, "notConfigured", "disabled", "enabled",
            "needSecondary", "starting", "running");
DEFINE_ENUM(VirtualMachineRecordReplayState, "recording", "replaying", "inactive");

static const WireField virtual_machine_runtime_info[] = {
        {"host", AT(VirtualMachineRuntimeInfo, host), OPTIONAL},
        {"connectionState", AT(VirtualMachineRuntimeInfo, connection_state), REQUIRED,
         &type_VirtualMachineConnectionState},
        {"powerState", AT(VirtualMachineRuntimeInfo, power_state), REQUIRED,
         &type_VirtualMachinePowerState},
        {"faultToleranceState", AT(VirtualMachineRuntimeInfo, fault_tolerance_state), REQUIRED,
         &type_VirtualMachineFaultToleranceState},
        {"toolsInstallerMounted", AT(VirtualMachineRuntimeInfo, tools_installer_mounted), REQUIRED},
        {"bootTime", AT(VirtualMachineRuntimeInfo, boot_time), OPTIONAL},
        {"numMksConnections", AT(VirtualMachineRuntimeInfo, num_mks_connections), REQUIRED},
        {"recordReplayState", AT(VirtualMachineRuntimeInfo, record_replay_state), REQUIRED,
         &type_VirtualMachineRecordReplayState},
        {"onlineStandby", AT(VirtualMachineRuntimeInfo, online_standby), REQUIRED},
        {"consolidationNeeded", AT(VirtualMachineRuntimeInfo, consolidation_needed), REQUIRED},
};
DEFINE_TYPE(VirtualMachineRuntimeInfo, virtual_machine_runtime_info);

static const WireField virtual_machine_storage_summary[] = {
        {"committed", AT(VirtualMachineStorageSummary, committed), REQUIRED},
        {"uncommitted", AT(VirtualMachineStorageSummary, uncommitted), REQUIRED},
        {"unshared", AT(VirtualMachineStorageSummary, unshared), REQUIRED},
        {"timestamp", AT(VirtualMachineStorageSummary, timestamp), REQUIRED},
};
DEFINE_TYPE(VirtualMachineStorageSummary, virtual_machine_storage_summary);

static const WireField virtual_machine_quick_stats[] = {
        {"guestHeartbeatStatus", AT(VirtualMachineQuickStats, guest_heartbeat_status), REQUIRED,
         &type_ManagedEntityStatus},
};
DEFINE_TYPE(VirtualMachineQuickStats, virtual_machine_quick_stats);

static const WireField virtual_machine_summary[] = {
        {"vm", AT(VirtualMachineSummary, vm), OPTIONAL},
        {"runtime", POINTS(VirtualMachineSummary, runtime, VirtualMachineRuntimeInfo), REQUIRED,
         &type_VirtualMachineRuntimeInfo},
        {"guest", POINTS(VirtualMachineSummary, guest, VirtualMachineGuestSummary), OPTIONAL,
         &type_VirtualMachineGuestSummary},
        {"config", POINTS(VirtualMachineSummary, config, VirtualMachineConfigSummary), REQUIRED,
         &type_VirtualMachineConfigSummary},
        {"storage", POINTS(VirtualMachineSummary, storage, VirtualMachineStorageSummary), OPTIONAL,
         &type_VirtualMachineStorageSummary},
        {"quickStats", POINTS(VirtualMachineSummary, quick_stats, VirtualMachineQuickStats),
         REQUIRED, &type_VirtualMachineQuickStats},
        {"overallStatus", AT(VirtualMachineSummary, overall_status), REQUIRED,
         &type_ManagedEntityStatus},
        {"customValue", AT(VirtualMachineSummary, custom_value), OPTIONAL, &type_CustomFieldValue},
};
DEFINE_TYPE(VirtualMachineSummary, virtual_machine_summary);

static const WireField power_on_vm[] = {
        {"host", AT(PowerOnVMRequestType, host), OPTIONAL},
};
DEFINE_TYPE(PowerOnVMRequestType, power_on_vm);
