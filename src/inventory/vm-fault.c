#include "inventory/vm-fault.h"

#include "schema/tables.h"

int vm_fault_power_state(const Vm *vm, VmPower requested, Fault *fault, Arena *arena)
{
        const char *name = vm_power_name(vm->state.power);
        int r;

        r = fault_raise(fault, arena, FAULT_INVALID_POWER_STATE, vm_power_name(requested),
                        "The attempted operation cannot be performed in the current state (%s).",
                        name);
        if (fault->detail && fault->detail->type == &type_InvalidPowerState)
                ((InvalidPowerState *)fault->detail)->existing_state = (char *)name;
        return r;
}

int vm_fault_busy(const Vm *vm, Fault *fault, Arena *arena)
{
        const VmTask *task = vm_busy_with(vm);
        int r;

        r = fault_raise(fault, arena, FAULT_TASK_IN_PROGRESS, NULL,
                        "The operation is not allowed while the machine is busy with %s%s.",
                        task->user ? "" : "a ", task->name);
        if (fault->detail && fault->detail->type == &type_TaskInProgress)
                ((TaskInProgress *)fault->detail)->task =
                        (Moref){"Task", arena_strdup(arena, task->moid)};
        return r;
}

int vm_fault_stopped(const Vm *vm, Fault *fault, Arena *arena)
{
        return fault_raise(fault, arena, FAULT_INVALID_STATE, NULL,
                           "The operation is not allowed in the current state: the machine %s.",
                           vm->state.reason ? vm->state.reason : "does not run");
}
