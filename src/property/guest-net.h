#pragma once

/* What clients see of a guest's network. */

#include "property/object.h"

/* Sets ip_address and net, as far as the agent has told them and memory suffices. */
void guest_net_fill(const PropertyContext *context, const Vm *vm, GuestInfo *info);
