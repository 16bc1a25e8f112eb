/* ComputeResource and ResourcePool: the host and all that runs there. Source: vSphere Web Services
 * API, release 8.0.2.0. */

#include "property/tables.h"

static int get_host(const PropertyContext *context, const Object *object, void *ret)
{
        Moref *host = arena_array(context->arena, 1, sizeof(*host));

        (void)object;
        if (!host)
                return -ENOMEM;
        *host = entity_reference(inventory_host(context->inventory));
        *(WireMorefs *)ret = (WireMorefs){host, 1};
        return 1;
}

static const Property compute_resource[] = {
        {"configurationEx", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
        {"datastore", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"environmentBrowser", FORM_MOREF, NULL, PRIVILEGE_VIEW, property_unset},
        {"host", FORM_MOREFS, NULL, PRIVILEGE_VIEW, get_host},
        {"network", FORM_MOREFS, NULL, PRIVILEGE_VIEW, property_empty},
        {"resourcePool", FORM_MOREF, NULL, PRIVILEGE_VIEW, property_resource_pool},
        {"summary", FORM_OBJECT, NULL, PRIVILEGE_READ, property_unset},
};
PROPERTIES(ComputeResource, compute_resource);

static int get_owner(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return property_entity(inventory_compute_resource(context->inventory), ret);
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
