#include "property/object.h"

#include "property/tables.h"

/* The service's own objects, under vCenter's ids. */
static const Moref own_objects[] = {
        {"GuestAuthManager", "guestOperationsAuthManager"},
        {"GuestOperationsManager", "guestOperationsManager"},
        {"GuestProcessManager", "guestOperationsProcessManager"},
        {"ServiceInstance", "ServiceInstance"},
        {"SessionManager", "SessionManager"},
};

static const struct {
        const char *type;
        const Property *rows;
        const size_t *n;
} tables[] = {
        {"Datacenter", datacenter_properties, &n_datacenter_properties},
        {"Folder", folder_properties, &n_folder_properties},
        {"GuestOperationsManager", guest_operations_manager_properties,
         &n_guest_operations_manager_properties},
        {"ManagedEntity", managed_entity_properties, &n_managed_entity_properties},
        {"ServiceInstance", service_instance_properties, &n_service_instance_properties},
        {"SessionManager", session_manager_properties, &n_session_manager_properties},
        {"Task", task_properties, &n_task_properties},
        {"VirtualMachine", virtual_machine_properties, &n_virtual_machine_properties},
};

int object_find(const Inventory *inventory, const Moref *moref, Object *ret)
{
        const VmTask *task;
        Entity *entity;

        for (size_t i = 0; i < ELEMENTS(own_objects); i++)
                if (strcmp(own_objects[i].type, moref->type) == 0 &&
                    strcmp(own_objects[i].value, moref->value) == 0) {
                        *ret = (Object){
                                .type = managed_type_find(own_objects[i].type),
                                .moid = own_objects[i].value,
                        };
                        return 0;
                }
        task = strcmp(moref->type, "Task") == 0 ? inventory_find_task(inventory, moref->value)
                                                : NULL;
        if (task) {
                *ret = (Object){
                        .type = managed_type_find("Task"),
                        .moid = task->moid,
                        .task = task,
                };
                return 0;
        }
        entity = inventory_find(inventory, moref->type, moref->value);
        if (!entity)
                return -ENOENT;
        *ret = (Object){.type = entity->type, .moid = entity->moid, .entity = entity};
        return 0;
}

static const Property *find_own(const char *type, const char *name)
{
        for (size_t i = 0; i < ELEMENTS(tables); i++) {
                if (strcmp(tables[i].type, type) != 0)
                        continue;
                for (size_t k = 0; k < *tables[i].n; k++)
                        if (strcmp(tables[i].rows[k].name, name) == 0)
                                return &tables[i].rows[k];
        }
        return NULL;
}

const Property *property_find(const ManagedType *type, const char *name)
{
        const Property *property = NULL;

        for (; type && !property; type = type->base)
                property = find_own(type->name, name);
        return property;
}
