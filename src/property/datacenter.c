/* Datacenter. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static int get_folder(const PropertyContext *context, const char *name, void *ret)
{
        return property_entity(inventory_folder(context->inventory, name), ret);
}

static int get_datastore_folder(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return get_folder(context, "datastore", ret);
}

static int get_host_folder(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return get_folder(context, "host", ret);
}

static int get_network_folder(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return get_folder(context, "network", ret);
}

static int get_vm_folder(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return get_folder(context, "vm", ret);
}

static const Property datacenter[] = {
        {"configuration", FORM_OBJECT, NULL, PRIVILEGE_VIEW, property_unset},
        {"datastore", FORM_MOREFS, NULL, PRIVILEGE_READ, property_empty},
        {"datastoreFolder", FORM_MOREF, NULL, PRIVILEGE_VIEW, get_datastore_folder},
        {"hostFolder", FORM_MOREF, NULL, PRIVILEGE_VIEW, get_host_folder},
        {"network", FORM_MOREFS, NULL, PRIVILEGE_READ, property_empty},
        {"networkFolder", FORM_MOREF, NULL, PRIVILEGE_VIEW, get_network_folder},
        {"vmFolder", FORM_MOREF, NULL, PRIVILEGE_VIEW, get_vm_folder},
};
PROPERTIES(Datacenter, datacenter);
