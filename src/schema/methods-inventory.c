/* Managed entities, and tasks. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/method-tables.h"

MANAGED_TYPE_WITHOUT_METHODS(ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Datacenter, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Folder, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(VirtualMachine, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Task);
