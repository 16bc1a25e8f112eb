/* What all managed entities have. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

DEFINE_ENUM(ManagedEntityStatus, "gray", "green", "yellow", "red");

static const WireField custom_field_value[] = {
        {"key", AT(CustomFieldValue, key), REQUIRED},
};
DEFINE_TYPE(CustomFieldValue, custom_field_value);
