#pragma once

/* What a machine's own state says against an operation; each raises a fault, and returns it. */

#include "inventory/inventory.h"

/* InvalidPowerState; @requested: the state that the operation needs, or would lead to. */
int vm_fault_power_state(const Vm *vm, VmPower requested, Fault *fault, Arena *arena);

/* TaskInProgress with the task that vm_busy_with() tells. */
int vm_fault_busy(const Vm *vm, Fault *fault, Arena *arena);

/* InvalidState: it is powered on and does not run. */
int vm_fault_stopped(const Vm *vm, Fault *fault, Arena *arena);
