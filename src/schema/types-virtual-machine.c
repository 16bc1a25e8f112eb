/* Virtual machines. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

DEFINE_ENUM(VirtualMachinePowerState, "poweredOff", "poweredOn", "suspended");

static const WireField guest_info[] = {
        {"toolsStatus", AT(GuestInfo, tools_status), OPTIONAL},
        {"toolsVersionStatus2", AT(GuestInfo, tools_version_status2), OPTIONAL},
        {"toolsRunningStatus", AT(GuestInfo, tools_running_status), OPTIONAL},
        {"toolsVersion", AT(GuestInfo, tools_version), OPTIONAL},
        {"guestFullName", AT(GuestInfo, guest_full_name), OPTIONAL},
        {"hostName", AT(GuestInfo, host_name), OPTIONAL},
        {"guestState", AT(GuestInfo, guest_state), REQUIRED},
        {"guestOperationsReady", AT(GuestInfo, guest_operations_ready), OPTIONAL},
        {"interactiveGuestOperationsReady", AT(GuestInfo, interactive_guest_operations_ready),
         OPTIONAL},
        {"guestStateChangeSupported", AT(GuestInfo, guest_state_change_supported), OPTIONAL},
};
DEFINE_TYPE(GuestInfo, guest_info);

static const WireField runtime_info[] = {
        {"connectionState", AT(VirtualMachineRuntimeInfo, connection_state), REQUIRED},
        {"powerState", AT(VirtualMachineRuntimeInfo, power_state), REQUIRED,
         &type_VirtualMachinePowerState},
        {"faultToleranceState", AT(VirtualMachineRuntimeInfo, fault_tolerance_state), REQUIRED},
        {"toolsInstallerMounted", AT(VirtualMachineRuntimeInfo, tools_installer_mounted), REQUIRED},
        {"numMksConnections", AT(VirtualMachineRuntimeInfo, num_mks_connections), REQUIRED},
        {"recordReplayState", AT(VirtualMachineRuntimeInfo, record_replay_state), REQUIRED},
        {"onlineStandby", AT(VirtualMachineRuntimeInfo, online_standby), REQUIRED},
        {"consolidationNeeded", AT(VirtualMachineRuntimeInfo, consolidation_needed), REQUIRED},
};
DEFINE_TYPE(VirtualMachineRuntimeInfo, runtime_info);
