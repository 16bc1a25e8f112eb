/* What a guest says of itself. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

DEFINE_ENUM(VirtualMachineToolsStatus, "toolsNotInstalled", "toolsNotRunning", "toolsOld",
            "toolsOk");

static const WireField net_ip_config_info_ip_address[] = {
        {"ipAddress", AT(NetIpConfigInfoIpAddress, ip_address), REQUIRED},
        {"prefixLength", AT(NetIpConfigInfoIpAddress, prefix_length), REQUIRED},
        {"origin", AT(NetIpConfigInfoIpAddress, origin), OPTIONAL},
        {"state", AT(NetIpConfigInfoIpAddress, state), OPTIONAL},
        {"lifetime", AT(NetIpConfigInfoIpAddress, lifetime), OPTIONAL},
};
DEFINE_TYPE(NetIpConfigInfoIpAddress, net_ip_config_info_ip_address);

static const WireField net_ip_config_info[] = {
        {"ipAddress", AT(NetIpConfigInfo, ip_address), OPTIONAL, &type_NetIpConfigInfoIpAddress},
};
DEFINE_TYPE(NetIpConfigInfo, net_ip_config_info);

static const WireField guest_nic_info[] = {
        {"network", AT(GuestNicInfo, network), OPTIONAL},
        {"ipAddress", AT(GuestNicInfo, ip_address), OPTIONAL},
        {"macAddress", AT(GuestNicInfo, mac_address), OPTIONAL},
        {"connected", AT(GuestNicInfo, connected), REQUIRED},
        {"deviceConfigId", AT(GuestNicInfo, device_config_id), REQUIRED},
        {"ipConfig", POINTS(GuestNicInfo, ip_config, NetIpConfigInfo), OPTIONAL,
         &type_NetIpConfigInfo},
};
DEFINE_TYPE(GuestNicInfo, guest_nic_info);

static const WireField guest_disk_info[] = {
        {"diskPath", AT(GuestDiskInfo, disk_path), OPTIONAL},
        {"capacity", AT(GuestDiskInfo, capacity), OPTIONAL},
        {"freeSpace", AT(GuestDiskInfo, free_space), OPTIONAL},
        {"filesystemType", AT(GuestDiskInfo, filesystem_type), OPTIONAL,
         .since = API_VERSION(7, 0, 0, 0)},
};
DEFINE_TYPE(GuestDiskInfo, guest_disk_info);

static const WireField guest_screen_info[] = {
        {"width", AT(GuestScreenInfo, width), REQUIRED},
        {"height", AT(GuestScreenInfo, height), REQUIRED},
};
DEFINE_TYPE(GuestScreenInfo, guest_screen_info);

static const WireField guest_info[] = {
        {"toolsStatus", AT(GuestInfo, tools_status), OPTIONAL, &type_VirtualMachineToolsStatus},
        {"toolsVersionStatus", AT(GuestInfo, tools_version_status), OPTIONAL},
        {"toolsVersionStatus2", AT(GuestInfo, tools_version_status2), OPTIONAL},
        {"toolsRunningStatus", AT(GuestInfo, tools_running_status), OPTIONAL},
        {"toolsVersion", AT(GuestInfo, tools_version), OPTIONAL},
        {"toolsInstallType", AT(GuestInfo, tools_install_type), OPTIONAL,
         .since = API_VERSION(6, 5, 0, 0)},
        {"guestId", AT(GuestInfo, guest_id), OPTIONAL},
        {"guestFamily", AT(GuestInfo, guest_family), OPTIONAL},
        {"guestFullName", AT(GuestInfo, guest_full_name), OPTIONAL},
        {"hostName", AT(GuestInfo, host_name), OPTIONAL},
        {"ipAddress", AT(GuestInfo, ip_address), OPTIONAL},
        {"net", AT(GuestInfo, net), OPTIONAL, &type_GuestNicInfo},
        {"disk", AT(GuestInfo, disk), OPTIONAL, &type_GuestDiskInfo},
        {"screen", POINTS(GuestInfo, screen, GuestScreenInfo), OPTIONAL, &type_GuestScreenInfo},
        {"guestState", AT(GuestInfo, guest_state), REQUIRED},
        {"appHeartbeatStatus", AT(GuestInfo, app_heartbeat_status), OPTIONAL},
        {"guestKernelCrashed", AT(GuestInfo, guest_kernel_crashed), OPTIONAL,
         .since = API_VERSION(6, 0, 0, 0)},
        {"appState", AT(GuestInfo, app_state), OPTIONAL},
        {"guestOperationsReady", AT(GuestInfo, guest_operations_ready), OPTIONAL},
        {"interactiveGuestOperationsReady", AT(GuestInfo, interactive_guest_operations_ready),
         OPTIONAL},
        {"guestStateChangeSupported", AT(GuestInfo, guest_state_change_supported), OPTIONAL,
         .since = API_VERSION(6, 0, 0, 0)},
};
DEFINE_TYPE(GuestInfo, guest_info);

static const WireField virtual_machine_guest_summary[] = {
        {"guestId", AT(VirtualMachineGuestSummary, guest_id), OPTIONAL},
        {"guestFullName", AT(VirtualMachineGuestSummary, guest_full_name), OPTIONAL},
        {"toolsStatus", AT(VirtualMachineGuestSummary, tools_status), OPTIONAL,
         &type_VirtualMachineToolsStatus},
        {"toolsVersionStatus", AT(VirtualMachineGuestSummary, tools_version_status), OPTIONAL},
        {"toolsVersionStatus2", AT(VirtualMachineGuestSummary, tools_version_status2), OPTIONAL},
        {"toolsRunningStatus", AT(VirtualMachineGuestSummary, tools_running_status), OPTIONAL},
        {"hostName", AT(VirtualMachineGuestSummary, host_name), OPTIONAL},
        {"ipAddress", AT(VirtualMachineGuestSummary, ip_address), OPTIONAL},
};
DEFINE_TYPE(VirtualMachineGuestSummary, virtual_machine_guest_summary);
