/* GuestOperationsManager. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static int get_process_manager(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        *(Moref *)ret = (Moref){"GuestProcessManager", "guestOperationsProcessManager"};
        return 1;
}

static int get_auth_manager(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        *(Moref *)ret = (Moref){"GuestAuthManager", "guestOperationsAuthManager"};
        return 1;
}

/* It has no methods yet, and says so; clients cannot bear that there is none. */
static int get_file_manager(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        *(Moref *)ret = (Moref){"GuestFileManager", "guestOperationsFileManager"};
        return 1;
}

static const Property guest_operations_manager[] = {
        {"aliasManager", FORM_MOREF, NULL, PRIVILEGE_ANONYMOUS, property_unset},
        {"authManager", FORM_MOREF, NULL, PRIVILEGE_ANONYMOUS, get_auth_manager},
        {"fileManager", FORM_MOREF, NULL, PRIVILEGE_ANONYMOUS, get_file_manager},
        {"guestWindowsRegistryManager", FORM_MOREF, NULL, PRIVILEGE_ANONYMOUS, property_unset},
        {"processManager", FORM_MOREF, NULL, PRIVILEGE_ANONYMOUS, get_process_manager},
};
PROPERTIES(GuestOperationsManager, guest_operations_manager);
