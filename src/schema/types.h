#pragma once

/*
 * The vSphere data objects that we serve, as C structs: one header for each topic, with the
 * tables beside it in the types-*.c of the same name, those of faults in fault.c.
 *
 * Source: vSphere Web Services API, VI/JSON release 8.0.2.0 (names, optionality, order).
 * Strings are UTF-8, times are UTC. Everything lies in the arena of its call.
 */

#include "schema/types-channel.h"
#include "schema/types-fault.h"
#include "schema/types-guest-file.h"
#include "schema/types-guest-info.h"
#include "schema/types-guest.h"
#include "schema/types-inventory.h"
#include "schema/types-property-collector.h"
#include "schema/types-search.h"
#include "schema/types-service.h"
#include "schema/types-task.h"
#include "schema/types-virtual-machine.h"
#include "schema/types-vm-config.h"

/* Every type but the faults, which FAULTS() lists. */
#define TYPES(X)                                                                                   \
        TYPES_CHANNEL(X)                                                                           \
        TYPES_FAULT(X)                                                                             \
        TYPES_GUEST(X)                                                                             \
        TYPES_GUEST_FILE(X)                                                                        \
        TYPES_GUEST_INFO(X)                                                                        \
        TYPES_INVENTORY(X)                                                                         \
        TYPES_PROPERTY_COLLECTOR(X)                                                                \
        TYPES_SEARCH(X)                                                                            \
        TYPES_SERVICE(X)                                                                           \
        TYPES_TASK(X)                                                                              \
        TYPES_VIRTUAL_MACHINE(X)                                                                   \
        TYPES_VM_CONFIG(X)
