#pragma once

/* How a virtual machine is made: VirtualMachine.config, and the short of it in .summary. */

#include "schema/type.h"

typedef struct Description {
        const WireType *type;
        char *label;
        char *summary;
} Description;

typedef struct VirtualDevice {
        const WireType *type;
        int32_t key;
        Description *device_info;
} VirtualDevice;

typedef struct VirtualHardware {
        const WireType *type;
        int32_t num_cpu;
        WireInt num_cores_per_socket;
        int32_t memory_mb;
        WireObjects device; /* VirtualDevice */
} VirtualHardware;

typedef struct VirtualMachineFileInfo {
        const WireType *type;
        char *vm_path_name;
} VirtualMachineFileInfo;

/* This and the next are required, and all that they have is optional. */
typedef struct VirtualMachineFlagInfo {
        const WireType *type;
} VirtualMachineFlagInfo;

typedef struct VirtualMachineDefaultPowerOpInfo {
        const WireType *type;
} VirtualMachineDefaultPowerOpInfo;

typedef struct VirtualMachineConfigInfoDatastoreUrlPair {
        const WireType *type;
        char *name;
        char *url;
} VirtualMachineConfigInfoDatastoreUrlPair;

typedef struct OptionValue {
        const WireType *type;
        char *key;
        WireAny value;
} OptionValue;

typedef struct VirtualMachineConfigInfo {
        const WireType *type;
        char *change_version;
        WireTime modified;
        char *name;
        char *guest_full_name;
        char *version; /* of the virtual hardware */
        char *uuid;
        char *instance_uuid;
        bool template;
        char *guest_id;
        char *alternate_guest_name;
        char *annotation;
        VirtualMachineFileInfo *files;
        VirtualMachineFlagInfo *flags;
        VirtualMachineDefaultPowerOpInfo *default_power_ops;
        VirtualHardware *hardware;
        WireObjects extra_config;  /* OptionValue */
        WireObjects datastore_url; /* VirtualMachineConfigInfoDatastoreUrlPair */
        char *swap_placement;
} VirtualMachineConfigInfo;

typedef struct VirtualMachineConfigSummary {
        const WireType *type;
        char *name;
        bool template;
        char *vm_path_name;
        WireInt memory_size_mb;
        WireInt num_cpu;
        char *uuid;
        char *instance_uuid;
        char *guest_id;
        char *guest_full_name;
        char *annotation;
} VirtualMachineConfigSummary;

#define TYPES_VM_CONFIG(X)                                                                         \
        X(Description)                                                                             \
        X(OptionValue)                                                                             \
        X(VirtualDevice)                                                                           \
        X(VirtualHardware)                                                                         \
        X(VirtualMachineConfigInfo)                                                                \
        X(VirtualMachineConfigInfoDatastoreUrlPair)                                                \
        X(VirtualMachineConfigSummary)                                                             \
        X(VirtualMachineDefaultPowerOpInfo)                                                        \
        X(VirtualMachineFileInfo)                                                                  \
        X(VirtualMachineFlagInfo)
