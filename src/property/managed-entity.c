/* ManagedEntity. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static int get_name(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        *(char **)ret = object->entity->name;
        return 1;
}

static int get_parent(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        return property_entity(object->entity->parent, ret);
}

/* Nothing here watches over health; the API's word for that is gray. */
static int get_status(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        *(char **)ret = (char *)STATUS_UNKNOWN;
        return 1;
}

static int get_recent_task(const PropertyContext *context, const Object *object, void *ret)
{
        const Inventory *inventory = context->inventory;
        const VmTask *task = NULL;
        WireMorefs tasks = {0};
        size_t n = 0;

        while ((task = inventory_next_task(inventory, task)))
                n += strcmp(task->vm_moid, object->moid) == 0;
        tasks.items = arena_array(context->arena, n + 1, sizeof(*tasks.items));
        if (!tasks.items)
                return -ENOMEM;
        while ((task = inventory_next_task(inventory, task)))
                if (strcmp(task->vm_moid, object->moid) == 0)
                        tasks.items[tasks.n++] = (Moref){"Task", task->moid};
        *(WireMorefs *)ret = tasks;
        return 1;
}

static const Property managed_entity[] = {
        {"alarmActionsEnabled", FORM_OPT_BOOL, NULL, PRIVILEGE_READ, property_unset},
        {"availableField", FORM_OBJECTS, NULL, PRIVILEGE_VIEW, property_unset},
        {"configIssue", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"configStatus", FORM_STRING, &type_ManagedEntityStatus, PRIVILEGE_READ, get_status},
        {"customValue", FORM_OBJECTS, &type_CustomFieldValue, PRIVILEGE_VIEW, property_empty},
        {"declaredAlarmState", FORM_OBJECTS, NULL, PRIVILEGE_VIEW, property_unset},
        {"disabledMethod", FORM_STRINGS, NULL, PRIVILEGE_READ, property_unset},
        {"effectiveRole", FORM_LONGS, NULL, PRIVILEGE_VIEW, property_unset},
        {"name", FORM_STRING, NULL, PRIVILEGE_VIEW, get_name},
        {"overallStatus", FORM_STRING, &type_ManagedEntityStatus, PRIVILEGE_READ, get_status},
        {"parent", FORM_MOREF, NULL, PRIVILEGE_VIEW, get_parent},
        {"permission", FORM_OBJECTS, NULL, PRIVILEGE_READ, property_unset},
        {"recentTask", FORM_MOREFS, NULL, PRIVILEGE_READ, get_recent_task},
        {"tag", FORM_OBJECTS, NULL, PRIVILEGE_VIEW, property_unset},
        {"triggeredAlarmState", FORM_OBJECTS, NULL, PRIVILEGE_VIEW, property_unset},
        {"value", FORM_OBJECTS, &type_CustomFieldValue, PRIVILEGE_VIEW, property_empty},
};
PROPERTIES(ManagedEntity, managed_entity);
