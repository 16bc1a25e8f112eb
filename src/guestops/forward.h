#pragma once

/*
 * Guest operations: the handler of every method that the agent in a machine carries out. Finds the
 * machine, asks whether the session may, passes the parameters on, translates the answer.
 */

#include "guestops/guest.h"
#include "guestops/transfers.h"
#include "session/call.h"

typedef struct GuestOps GuestOps;

/* Guests come and go with the inventory's machines: pass its callbacks to inventory_new(). */
GuestOps *guestops_new(Loop *loop, const GuestConfig *config, const TransferLimits *limits,
                       Usec deadline);
GuestOps *guestops_free(GuestOps *ops);
DEFINE_CLEANUP(GuestOps, guestops_free)

InventoryCallbacks guestops_inventory_callbacks(GuestOps *ops);

/* The URLs that calls have been answered with. */
Transfers *guestops_transfers(const GuestOps *ops);

/* Handles a call whose method has METHOD_GUEST. Return: 0 parked, or negative with the fault. */
int guestops_forward(GuestOps *ops, const Inventory *inventory, Call *call, Usec now);
