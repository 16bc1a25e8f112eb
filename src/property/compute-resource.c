/* ComputeResource and ResourcePool: the host and all that runs there. Source: vSphere Web Services
 * API, release 8.0.2.0. */

#include "property/tables.h"

static int get_host(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return property_reference(context, inventory_host(context->inventory), ret);
}

static int get_resource_pool(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        *(Moref *)ret = entity_reference(inventory_resource_pool(context->inventory));
        return 1;
}

static const Property compute_resource[] = {
        {"configurationEx", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"datastore", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"environmentBrowser", FORM_MOREF, NULL, PRIVILEGE_VIEW, property_unset},
        {"host", FORM_MOREFS, NULL, PRIVILEGE_VIEW, get_host},
        {"network", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"resourcePool", FORM_MOREF, NULL, PRIVILEGE_VIEW, get_resource_pool},
        {"summary", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
};
PROPERTIES(ComputeResource, compute_resource);

static int get_owner(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        *(Moref *)ret = entity_reference(inventory_compute_resource(context->inventory));
        return 1;
}

static const Property resource_pool[] = {
        {"childConfiguration", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"config", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"owner", FORM_MOREF, NULL, PRIVILEGE_VIEW, get_owner},
        {"resourcePool", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"runtime", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"summary", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"vm", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_all_vms},
};
PROPERTIES(ResourcePool, resource_pool);
