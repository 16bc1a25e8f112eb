#pragma once

/* Data objects of a machine that several of its properties are made of. NULL: no memory. */

#include "property/tables.h"

GuestInfo *vm_describe_guest(const PropertyContext *context, const Vm *vm);
VirtualMachineGuestSummary *vm_describe_guest_summary(const PropertyContext *context, const Vm *vm);
VirtualMachineConfigInfo *vm_describe_config(const PropertyContext *context, const Vm *vm);
VirtualMachineConfigSummary *vm_describe_config_summary(const PropertyContext *context,
                                                        const Vm *vm);

/* Whether the agent would answer now. */
bool vm_guest_is_ready(const Vm *vm);

/* That of Linux where an agent has ever spoken, else "otherGuest". */
const char *vm_guest_id(const Vm *vm);
