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

Moref entity_reference(const Entity *entity)
{
        return (Moref){entity->type->name, entity->moid};
}
