/* How a virtual machine is made. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

static const WireField description[] = {
        {"label", AT(Description, label), REQUIRED},
        {"summary", AT(Description, summary), REQUIRED},
};
DEFINE_TYPE(Description, description);

static const WireField virtual_device[] = {
        {"key", AT(VirtualDevice, key), REQUIRED},
        {"deviceInfo", POINTS(VirtualDevice, device_info, Description), OPTIONAL,
         &type_Description},
};
DEFINE_TYPE(VirtualDevice, virtual_device);

static const WireField virtual_hardware[] = {
        {"numCPU", AT(VirtualHardware, num_cpu), REQUIRED},
        {"numCoresPerSocket", AT(VirtualHardware, num_cores_per_socket), OPTIONAL},
        {"memoryMB", AT(VirtualHardware, memory_mb), REQUIRED},
        {"device", AT(VirtualHardware, device), OPTIONAL, &type_VirtualDevice},
};
DEFINE_TYPE(VirtualHardware, virtual_hardware);

static const WireField virtual_machine_file_info[] = {
        {"vmPathName", AT(VirtualMachineFileInfo, vm_path_name), OPTIONAL},
};
DEFINE_TYPE(VirtualMachineFileInfo, virtual_machine_file_info);

DEFINE_EMPTY_TYPE(VirtualMachineFlagInfo);
DEFINE_EMPTY_TYPE(VirtualMachineDefaultPowerOpInfo);

static const WireField virtual_machine_config_info_datastore_url_pair[] = {
        {"name", AT(VirtualMachineConfigInfoDatastoreUrlPair, name), REQUIRED},
        {"url", AT(VirtualMachineConfigInfoDatastoreUrlPair, url), REQUIRED},
};
DEFINE_TYPE(VirtualMachineConfigInfoDatastoreUrlPair,
            virtual_machine_config_info_datastore_url_pair);

static const WireField option_value[] = {
        {"key", AT(OptionValue, key), REQUIRED},
        {"value", AT(OptionValue, value), OPTIONAL},
};
DEFINE_TYPE(OptionValue, option_value);

static const WireField virtual_machine_config_info[] = {
        {"changeVersion", AT(VirtualMachineConfigInfo, change_version), REQUIRED},
        {"modified", AT(VirtualMachineConfigInfo, modified), REQUIRED},
        {"name", AT(VirtualMachineConfigInfo, name), REQUIRED},
        {"guestFullName", AT(VirtualMachineConfigInfo, guest_full_name), REQUIRED},
        {"version", AT(VirtualMachineConfigInfo, version), REQUIRED},
        {"uuid", AT(VirtualMachineConfigInfo, uuid), REQUIRED},
        {"instanceUuid", AT(VirtualMachineConfigInfo, instance_uuid), OPTIONAL},
        {"template", AT(VirtualMachineConfigInfo, template), REQUIRED},
        {"guestId", AT(VirtualMachineConfigInfo, guest_id), REQUIRED},
        {"alternateGuestName", AT(VirtualMachineConfigInfo, alternate_guest_name), REQUIRED},
        {"annotation", AT(VirtualMachineConfigInfo, annotation), OPTIONAL},
        {"files", POINTS(VirtualMachineConfigInfo, files, VirtualMachineFileInfo), REQUIRED,
         &type_VirtualMachineFileInfo},
        {"flags", POINTS(VirtualMachineConfigInfo, flags, VirtualMachineFlagInfo), REQUIRED,
         &type_VirtualMachineFlagInfo},
        {"defaultPowerOps",
         POINTS(VirtualMachineConfigInfo, default_power_ops, VirtualMachineDefaultPowerOpInfo),
         REQUIRED, &type_VirtualMachineDefaultPowerOpInfo},
        {"hardware", POINTS(VirtualMachineConfigInfo, hardware, VirtualHardware), REQUIRED,
         &type_VirtualHardware},
        {"extraConfig", AT(VirtualMachineConfigInfo, extra_config), OPTIONAL, &type_OptionValue},
        {"datastoreUrl", AT(VirtualMachineConfigInfo, datastore_url), OPTIONAL,
         &type_VirtualMachineConfigInfoDatastoreUrlPair},
        {"swapPlacement", AT(VirtualMachineConfigInfo, swap_placement), OPTIONAL},
};
DEFINE_TYPE(VirtualMachineConfigInfo, virtual_machine_config_info);

static const WireField virtual_machine_config_summary[] = {
        {"name", AT(VirtualMachineConfigSummary, name), REQUIRED},
        {"template", AT(VirtualMachineConfigSummary, template), REQUIRED},
        {"vmPathName", AT(VirtualMachineConfigSummary, vm_path_name), REQUIRED},
        {"memorySizeMB", AT(VirtualMachineConfigSummary, memory_size_mb), OPTIONAL},
        {"numCpu", AT(VirtualMachineConfigSummary, num_cpu), OPTIONAL},
        {"uuid", AT(VirtualMachineConfigSummary, uuid), OPTIONAL},
        {"instanceUuid", AT(VirtualMachineConfigSummary, instance_uuid), OPTIONAL},
        {"guestId", AT(VirtualMachineConfigSummary, guest_id), OPTIONAL},
        {"guestFullName", AT(VirtualMachineConfigSummary, guest_full_name), OPTIONAL},
        {"annotation", AT(VirtualMachineConfigSummary, annotation), OPTIONAL},
};
DEFINE_TYPE(VirtualMachineConfigSummary, virtual_machine_config_summary);
