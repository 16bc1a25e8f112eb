/* Managed entities, and tasks. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/method-tables.h"
#include "schema/tables.h"

static const WireType *const power_faults[] = {
        &type_InvalidPowerState, &type_TaskInProgress, &type_NotSupported, &type_InvalidState, NULL,
};
static const WireType *const power_on_faults[] = {
        &type_InvalidPowerState, &type_TaskInProgress, &type_NotSupported,
        &type_InvalidState,      &type_FileFault,      NULL,
};
/* Of what the guest itself is asked to do. */
static const WireType *const guest_power_faults[] = {
        &type_InvalidPowerState,
        &type_ToolsUnavailable,
        &type_TaskInProgress,
        &type_InvalidState,
        NULL,
};

static const Method virtual_machine[] = {
        {
                "PowerOffVM_Task",
                &type_NoParameters,
                FORM_MOREF,
                NULL,
                "VirtualMachine.Interact.PowerOff",
                METHOD_POWER,
                power_faults,
        },
        {
                "PowerOnVM_Task",
                &type_PowerOnVMRequestType,
                FORM_MOREF,
                NULL,
                "VirtualMachine.Interact.PowerOn",
                METHOD_POWER,
                power_on_faults,
        },
        {
                "RebootGuest",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "VirtualMachine.Interact.Reset",
                METHOD_POWER,
                guest_power_faults,
        },
        {
                "ResetVM_Task",
                &type_NoParameters,
                FORM_MOREF,
                NULL,
                "VirtualMachine.Interact.Reset",
                METHOD_POWER,
                power_faults,
        },
        {
                "ShutdownGuest",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "VirtualMachine.Interact.PowerOff",
                METHOD_POWER,
                guest_power_faults,
        },
        {
                "StandbyGuest",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "VirtualMachine.Interact.Suspend",
                METHOD_POWER,
                guest_power_faults,
        },
        {
                "SuspendVM_Task",
                &type_NoParameters,
                FORM_MOREF,
                NULL,
                "VirtualMachine.Interact.Suspend",
                METHOD_POWER,
                power_faults,
        },
};

MANAGED_TYPE_WITHOUT_METHODS(ManagedEntity, .base = &managed_ManagedObject);
MANAGED_TYPE_WITHOUT_METHODS(ComputeResource, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Datacenter, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Datastore, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Folder, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(HostSystem, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Network, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(ResourcePool, .base = &managed_ManagedEntity);
MANAGED_TYPE(VirtualMachine, virtual_machine, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Task, .base = &managed_ManagedObject);

/* There are none of these; clients name them in filters and views. */
MANAGED_TYPE_WITHOUT_METHODS(ClusterComputeResource, .base = &managed_ComputeResource);
MANAGED_TYPE_WITHOUT_METHODS(DistributedVirtualSwitch, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(VirtualApp, .base = &managed_ResourcePool);
