#include "property/tables.h"

#define PROPERTY_TABLE_ROW(T) &properties_##T,
static const PropertyTable *const tables[] = {PROPERTY_TABLES(PROPERTY_TABLE_ROW)};
#undef PROPERTY_TABLE_ROW

static int compare_table(const void *key, const void *row)
{
        return strcmp(key, (*(const PropertyTable *const *)row)->type);
}

static int compare_property(const void *key, const void *row)
{
        return strcmp(key, ((const Property *)row)->name);
}

/* Return: the properties of the type's own, without inherited ones, or NULL. */
static const PropertyTable *find_table(const ManagedType *type)
{
        const PropertyTable *const *row =
                bsearch(type->name, tables, ELEMENTS(tables), sizeof(*tables), compare_table);

        return row ? *row : NULL;
}

const Property *property_find(const ManagedType *type, const char *name)
{
        const Property *property = NULL;

        for (; type && !property; type = type->base) {
                const PropertyTable *table = find_table(type);

                if (table)
                        property = bsearch(name, table->rows, table->n, sizeof(*table->rows),
                                           compare_property);
        }
        return property;
}

const Property *property_at(const ManagedType *type, size_t index)
{
        for (; type; type = type->base) {
                const PropertyTable *table = find_table(type);

                if (!table)
                        continue;
                if (index < table->n)
                        return &table->rows[index];
                index -= table->n;
        }
        return NULL;
}

int property_unset(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        (void)ret;
        return 0;
}

int property_empty(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        *(WireMorefs *)ret = (WireMorefs){0}; /* all arrays are alike; see schema/type.h */
        return 1;
}

int property_object(void *value, void *ret)
{
        *(void **)ret = value;
        return value ? 1 : -ENOMEM;
}

int property_entity(const Entity *entity, void *ret)
{
        if (!entity)
                return 0;
        *(Moref *)ret = entity_reference(entity);
        return 1;
}

int property_all_vms(const PropertyContext *context, const Object *object, void *ret)
{
        const Entity *folder = inventory_folder(context->inventory, "vm");
        int r = entity_references(context->arena, &folder->children, ret);

        (void)object;
        return r < 0 ? r : 1;
}

int property_resource_pool(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return property_entity(inventory_resource_pool(context->inventory), ret);
}

Moref entity_reference(const Entity *entity)
{
        return (Moref){entity->type->name, entity->moid};
}

int entity_references(Arena *arena, const struct Entities *entities, WireMorefs *ret)
{
        const Entity *entity;
        Moref *items;
        size_t n = 0;

        TAILQ_FOREACH (entity, entities, entry)
                n++;
        items = arena_array(arena, n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        n = 0;
        TAILQ_FOREACH (entity, entities, entry)
                items[n++] = entity_reference(entity);
        *ret = (WireMorefs){items, n};
        return 0;
}
