#pragma once

/* What clients see of a guest's file systems. */

#include "property/object.h"

/* Sets disk, as far as the agent has told them and memory suffices. */
void guest_disk_fill(const PropertyContext *context, const Vm *vm, GuestInfo *info);
