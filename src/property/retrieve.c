#include "property/retrieve.h"

#include "property/path.h"
#include "schema/tables.h"

static const PropertySpec *spec_at(const PropertyFilterSpec *spec, size_t index)
{
        return (const void *)spec->prop_set.items[index];
}

static bool has_too_many_paths(const PropertyFilterSpec *spec)
{
        size_t n = spec->prop_set.n;

        for (size_t i = 0; n <= PATHS_MAX && i < spec->prop_set.n; i++)
                n += spec_at(spec, i)->path_set.n;
        return n > PATHS_MAX;
}

/* JSON has empty arrays. The other spellings do not, and what is kept of a spec is a copy by one.
 */
static int check_presence(Call *call, const PropertyFilterSpec *spec)
{
        const char *missing = spec->prop_set.n == 0 ? "propSet" : "objectSet";

        if (spec->prop_set.n > 0 && spec->object_set.n > 0)
                return 0;
        return call_fault(call, FAULT_INVALID_ARGUMENT, missing,
                          "A specified parameter was not correct: %s (is required)", missing);
}

int retrieve_check(Call *call, const PropertyFilterSpec *spec)
{
        int r = check_presence(call, spec);

        if (r < 0)
                return r;
        if (has_too_many_paths(spec))
                return call_fault(call, FAULT_INVALID_ARGUMENT, "propSet",
                                  "A filter spec has at most %u property specs and paths.",
                                  PATHS_MAX);
        for (size_t i = 0; i < spec->prop_set.n; i++) {
                const PropertySpec *property = spec_at(spec, i);
                const ManagedType *type = managed_type_find(property->managed_type);

                /* A type that we do not have has no objects here, whatever is asked of them. */
                for (size_t k = 0; type && k < property->path_set.n; k++)
                        if (!property_check(type, property->path_set.items[k]))
                                return call_fault(call, FAULT_INVALID_PROPERTY,
                                                  property->path_set.items[k],
                                                  "%s has no property '%s'", type->name,
                                                  property->path_set.items[k]);
        }
        return 0;
}

int retrieve_fault(Call *call, int r, const Moref *missing)
{
        /* Which objects exist is for those who are logged in. */
        if (r == -ENOENT && !call->session)
                return call_authorize(call, "System.View", missing);
        if (r == -ENOENT)
                return call_fault_no_object(call, missing);
        if (r == -EPERM)
                return call_authorize(call, "System.View", missing);
        if (r == -E2BIG)
                return call_fault(call, FAULT_INVALID_ARGUMENT, "objectSet.selectSet",
                                  "There are too many traversal specs, or ways to follow them.");
        return r;
}

/* which paths */

static void add_path(PathSet *set, const char *path)
{
        for (size_t i = 0; i < set->n; i++)
                if (strcmp(set->items[i], path) == 0)
                        return;
        set->items[set->n++] = path;
}

static size_t count_properties(const ManagedType *type)
{
        size_t n = 0;

        while (property_at(type, n))
                n++;
        return n;
}

static bool covers(const PropertySpec *spec, const ManagedType *type)
{
        const ManagedType *declared = managed_type_find(spec->managed_type);

        return declared && managed_type_is(type, declared);
}

static bool wants_all(const PropertySpec *spec)
{
        return spec->all.set && spec->all.value;
}

static int find_paths(Arena *arena, const PropertyFilterSpec *spec, PathSet *set)
{
        size_t n_all = 0, n = 0;

        for (size_t i = 0; i < spec->prop_set.n; i++) {
                const PropertySpec *property = spec_at(spec, i);

                if (!covers(property, set->type))
                        continue;
                n += property->path_set.n;
                if (wants_all(property) && n_all == 0)
                        n_all = count_properties(set->type);
        }
        set->items = arena_array(arena, n + n_all + 1, sizeof(*set->items));
        if (!set->items)
                return -ENOMEM;
        for (size_t i = 0; i < spec->prop_set.n; i++) {
                const PropertySpec *property = spec_at(spec, i);

                if (!covers(property, set->type))
                        continue;
                set->covered = true;
                for (size_t k = 0; wants_all(property) && k < n_all; k++)
                        add_path(set, property_at(set->type, k)->name);
                for (size_t k = 0; k < property->path_set.n; k++)
                        add_path(set, property->path_set.items[k]);
        }
        return 0;
}

const PathSet *retrieve_paths(PathSets *sets, const ManagedType *type)
{
        PathSet *set;

        for (set = sets->first; set; set = set->next)
                if (set->type == type)
                        return set;
        set = arena_new_object(sets->arena, PathSet);
        if (!set)
                return NULL;
        *set = (PathSet){.type = type, .next = sets->first};
        if (find_paths(sets->arena, sets->spec, set) < 0)
                return NULL;
        return sets->first = set;
}

/* values */

static LocalizedMethodFault *refuse(const PropertyContext *context, const Object *object,
                                    const char *privilege)
{
        LocalizedMethodFault *localized = arena_new_object(context->arena, LocalizedMethodFault);
        NoPermission *fault = arena_new_object(context->arena, NoPermission);

        if (!localized || !fault)
                return NULL;
        fault->base.type = context->session ? &type_NoPermission : &type_NotAuthenticated;
        fault->object = (Moref){object->type->name, object->moid};
        fault->privilege_id = (char *)privilege;
        *localized = (LocalizedMethodFault){
                .type = &type_LocalizedMethodFault,
                .fault = &fault->base,
                .localized_message =
                        (char *)(context->session
                                         ? "Permission to perform this operation was denied."
                                         : "The session is not authenticated."),
        };
        return localized;
}

int retrieve_property(const PropertyContext *context, const Object *object, const char *path,
                      WireAny *ret, LocalizedMethodFault **fault)
{
        const Property *property = property_check(object->type, path);

        if (!property)
                return -ENOENT;
        if (session_may(context->session, property->privilege))
                return property_read(context, object, path, ret);
        *fault = refuse(context, object, property->privilege);
        return *fault ? -EPERM : -ENOMEM;
}

static int add_missing(const PropertyContext *context, ObjectContent *content, const char *path,
                       LocalizedMethodFault *fault)
{
        MissingProperty *missing = arena_new_object(context->arena, MissingProperty);

        if (!missing)
                return -ENOMEM;
        *missing = (MissingProperty){
                .type = &type_MissingProperty,
                .path = (char *)path,
                .fault = fault,
        };
        content->missing_set.items[content->missing_set.n++] = (WireObject *)missing;
        return 0;
}

static int add_value(const PropertyContext *context, ObjectContent *content, const char *path,
                     const WireAny *value)
{
        DynamicProperty *property = arena_new_object(context->arena, DynamicProperty);

        if (!property)
                return -ENOMEM;
        *property = (DynamicProperty){
                .type = &type_DynamicProperty,
                .name = (char *)path,
                .val = *value,
        };
        content->prop_set.items[content->prop_set.n++] = (WireObject *)property;
        return 0;
}

int retrieve_object(const PropertyContext *context, PathSets *sets, const Object *object,
                    ObjectContent **ret)
{
        const PathSet *paths = retrieve_paths(sets, object->type);
        ObjectContent *content;

        *ret = NULL;
        if (!paths)
                return -ENOMEM;
        if (!paths->covered)
                return 0;
        content = arena_new_object(context->arena, ObjectContent);
        if (!content)
                return -ENOMEM;
        *content = (ObjectContent){
                .type = &type_ObjectContent,
                .obj = {object->type->name, object->moid},
                .prop_set.items = arena_array(context->arena, paths->n + 1, sizeof(WireObject *)),
                .missing_set.items =
                        arena_array(context->arena, paths->n + 1, sizeof(WireObject *)),
        };
        if (!content->prop_set.items || !content->missing_set.items)
                return -ENOMEM;
        for (size_t i = 0; i < paths->n; i++) {
                LocalizedMethodFault *fault = NULL;
                WireAny value;
                int r;

                r = retrieve_property(context, object, paths->items[i], &value, &fault);
                if (r == -EPERM)
                        r = add_missing(context, content, paths->items[i], fault);
                else if (r > 0)
                        r = add_value(context, content, paths->items[i], &value);
                if (r == -ENOMEM)
                        return r;
        }
        *ret = content;
        return 0;
}
