/* ManagedEntity. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static int get_name(const PropertyContext *context, const Object *object, void *ret)
{
        *(char **)ret = arena_strdup(context->arena, object->entity->name);
        return *(void **)ret ? 1 : -ENOMEM;
}

static int get_parent(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        if (!object->entity->parent)
                return 0;
        *(Moref *)ret = entity_reference(object->entity->parent);
        return 1;
}

static const Property managed_entity[] = {
        {"name", FORM_STRING, NULL, PRIVILEGE_VIEW, get_name},
        {"parent", FORM_MOREF, NULL, PRIVILEGE_VIEW, get_parent},
};
PROPERTIES(ManagedEntity, managed_entity);
