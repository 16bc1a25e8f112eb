/* Folder. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static int get_child_entity(const PropertyContext *context, const Object *object, void *ret)
{
        int r = entity_references(context->arena, &object->entity->children, ret);

        return r < 0 ? r : 1;
}

/* What each folder may hold; by its id. */
static const struct {
        const char *moid;
        const char *types[4];
} child_types[] = {
        {"group-d1", {"Folder", "Datacenter"}},     {"group-h4", {"Folder", "ComputeResource"}},
        {"group-n6", {"Folder", "Network"}},        {"group-s5", {"Folder", "Datastore"}},
        {"group-v3", {"Folder", "VirtualMachine"}},
};

static int get_child_type(const PropertyContext *context, const Object *object, void *ret)
{
        WireStrings *types = ret;

        types->items =
                arena_array(context->arena, ELEMENTS(child_types[0].types), sizeof(*types->items));
        if (!types->items)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTS(child_types); i++)
                if (strcmp(child_types[i].moid, object->moid) == 0)
                        for (const char *const *type = child_types[i].types; *type; type++)
                                types->items[types->n++] = (char *)*type;
        return 1;
}

static const Property folder[] = {
        {"childEntity", FORM_MOREFS, NULL, PRIVILEGE_VIEW, get_child_entity},
        {"childType", FORM_STRINGS, NULL, PRIVILEGE_VIEW, get_child_type},
};
PROPERTIES(Folder, folder);
