/* What an agent knows by name: see registry.c, which has all, and whose place this takes. */

#include "schema/registry-channel.h"

#include "schema/method-tables.h"
#include "schema/tables.h"

#define TYPE_ROW(T) &type_##T,
const WireType *const wire_types[] = {CHANNEL_TYPES(TYPE_ROW)};
#undef TYPE_ROW
const size_t n_wire_types = ELEMENTS(wire_types);

#define MANAGED_TYPE_ROW(T) &managed_##T,
const ManagedType *const managed_types[] = {CHANNEL_MANAGED_TYPES(MANAGED_TYPE_ROW)};
#undef MANAGED_TYPE_ROW
const size_t n_managed_types = ELEMENTS(managed_types);
