#pragma once

/*
 * Every table of the schema, declared. Types come from the lists TYPES() and FAULTS().
 */

#include "schema/fault.h"
#include "schema/types.h"

#define DECLARE_TYPE(T) extern const WireType type_##T;
TYPES(DECLARE_TYPE)
#undef DECLARE_TYPE

#define DECLARE_FAULT(id, T, base, members, errnum, from) extern const WireType type_##T;
FAULTS(DECLARE_FAULT)
#undef DECLARE_FAULT
