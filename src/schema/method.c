#include "schema/method-tables.h"

const WireType *const no_faults[] = {NULL};

static int compare_managed(const void *key, const void *row)
{
        return strcmp(key, (*(const ManagedType *const *)row)->name);
}

const ManagedType *managed_type_find(const char *name)
{
        const ManagedType *const *row = bsearch(name, managed_types, n_managed_types,
                                                sizeof(*managed_types), compare_managed);

        return row ? *row : NULL;
}

static int compare_method(const void *key, const void *row)
{
        return strcmp(key, ((const Method *)row)->name);
}

bool managed_type_is(const ManagedType *type, const ManagedType *base)
{
        while (type && type != base)
                type = type->base;
        return type;
}

const Method *method_find(const ManagedType *type, const char *name)
{
        const Method *method;

        for (; type; type = type->base) {
                if (type->n_methods == 0)
                        continue;
                method = bsearch(name, type->methods, type->n_methods, sizeof(*type->methods),
                                 compare_method);
                if (method)
                        return method;
        }
        return NULL;
}

const Method *method_find_guest(const char *name)
{
        const Method *channel = bsearch(name, channel_methods, n_channel_methods,
                                        sizeof(*channel_methods), compare_method);

        if (channel)
                return channel;
        for (size_t i = 0; i < n_managed_types; i++) {
                const Method *method = method_find(managed_types[i], name);

                if (method && method->flags & METHOD_GUEST)
                        return method;
        }
        return NULL;
}
