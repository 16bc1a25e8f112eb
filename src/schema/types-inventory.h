#pragma once

/* What all managed entities have. */

#include "schema/type.h"

typedef struct CustomFieldValue {
        const WireType *type;
        int32_t key;
} CustomFieldValue;

#define TYPES_INVENTORY(X)                                                                         \
        X(CustomFieldValue)                                                                        \
        X(ManagedEntityStatus)
