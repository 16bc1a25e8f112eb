#include "property/object.h"

#include "property/tables.h"

/* The service's own objects, under vCenter's ids. */
static const Moref own_objects[] = {
        {"GuestAuthManager", "guestOperationsAuthManager"},
        {"GuestFileManager", "guestOperationsFileManager"},
        {"GuestOperationsManager", "guestOperationsManager"},
        {"GuestProcessManager", "guestOperationsProcessManager"},
        {"PropertyCollector", "propertyCollector"},
        {"SearchIndex", "SearchIndex"},
        {"ServiceInstance", "ServiceInstance"},
        {"SessionManager", "SessionManager"},
        {"ViewManager", "ViewManager"},
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
