/*
 * PropertyCollector: reading. Waiting for changes is in property-updates.c.
 * Source: vSphere Web Services API, release 8.0.2.0.
 */

#include "api/handlers.h"
#include "property/page.h"
#include "schema/tables.h"

#define SPECS_MAX 64U /* filter specs of one call */

/* Objects that specs have found, with the spec of each. */
typedef struct Found {
        PathSets *specs;
        PageItem *items;
        size_t n, size;
} Found;

static int make_room(Arena *arena, Found *found)
{
        size_t size = found->size ? 2 * found->size : 64;
        PageItem *items = arena_array(arena, size, sizeof(*items));

        if (!items)
                return -ENOMEM;
        if (found->n > 0)
                memcpy(items, found->items, found->n * sizeof(*items));
        found->items = items;
        found->size = size;
        return 0;
}

static int add_found(Call *call, size_t spec, const Selection *selection, Found *found)
{
        for (size_t i = 0; i < selection->n; i++) {
                const Object *object = &selection->items[i];
                const PathSet *paths = retrieve_paths(&found->specs[spec], object->type);

                if (!paths || (found->n == found->size && make_room(call->arena, found) < 0))
                        return -ENOMEM;
                if (paths->covered)
                        found->items[found->n++] =
                                (PageItem){spec, {object->type->name, object->moid}};
        }
        return 0;
}

static int find(Call *call, const PropertyContext *context, size_t spec, size_t *steps,
                Found *found)
{
        const PropertyFilterSpec *filter = found->specs[spec].spec;
        Selection selection = {0};
        const Moref *missing;
        int r;

        r = retrieve_check(call, filter);
        if (r < 0)
                return r;
        r = select_objects(context, filter, steps, &selection, &missing);
        if (r < 0)
                return retrieve_fault(call, r, missing);
        return add_found(call, spec, &selection, found);
}

static int find_all(Service *service, Call *call, const WireObjects *specs, Found *found)
{
        const PropertyContext context = service_property_context(service, call);
        size_t steps = SELECT_STEPS_MAX;
        int r = 0;

        if (specs->n > SPECS_MAX)
                return call_fault(call, FAULT_INVALID_ARGUMENT, "specSet",
                                  "A call has at most %u filter specs.", SPECS_MAX);
        found->specs = arena_array(call->arena, specs->n + 1, sizeof(*found->specs));
        if (!found->specs)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < specs->n; i++) {
                found->specs[i].spec = (const void *)specs->items[i];
                found->specs[i].arena = call->arena;
                r = find(call, &context, i, &steps, found);
        }
        return r;
}

/* Reads the values of the first @n that were found. */
static int read_found(Service *service, Call *call, const Found *found, size_t n, WireObjects *ret)
{
        const PropertyContext context = service_property_context(service, call);

        ret->items = arena_array(call->arena, n + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                ObjectContent *content = NULL;
                Object object;
                int r;

                if (object_find_for(context.inventory, context.session, &found->items[i].object,
                                    &object) < 0)
                        continue;
                r = retrieve_object(&context, &found->specs[found->items[i].spec], &object,
                                    &content);
                if (r < 0)
                        return r;
                if (content)
                        ret->items[ret->n++] = (WireObject *)content;
        }
        return 0;
}

static int retrieve_properties(Service *service, Call *call, Usec now)
{
        const RetrievePropertiesRequestType *args = call->params;
        WireObjects contents = {0};
        Found found = {0};
        int r;

        r = find_all(service, call, &args->spec_set, &found);
        if (r >= 0)
                r = read_found(service, call, &found, found.n, &contents);
        if (r >= 0)
                call_reply(call, &contents, now);
        return r;
}

/* Return: how many objects the first answer has, all of them where the client sets no limit. */
static int take_limit(Call *call, const RetrieveOptions *options, size_t n, size_t *ret)
{
        *ret = n;
        if (!options || !options->max_objects.set)
                return 0;
        if (options->max_objects.value <= 0)
                return call_fault(call, FAULT_INVALID_ARGUMENT, "options.maxObjects",
                                  "A specified parameter was not correct: options.maxObjects");
        if ((size_t)options->max_objects.value < n)
                *ret = (size_t)options->max_objects.value;
        return 0;
}

/* A page for what does not fit into the first answer. */
static int keep_rest(Call *call, const WireObjects *specs, const Found *found, size_t limit,
                     RetrieveResult *result)
{
        Page *page;
        int r;

        if (limit == found->n)
                return 0;
        if (!call->session) /* it is asked for with a session only */
                return call_authorize(call, "System.Read", &call->receiver);
        r = page_new(call->session, specs, found->items + limit, found->n - limit, limit, &page);
        if (r == -EUSERS)
                return call_fault_too_many(call);
        if (r < 0)
                return r;
        result->token = arena_strdup(call->arena, page_token(page));
        return result->token ? 0 : -ENOMEM;
}

static int retrieve_properties_ex(Service *service, Call *call, Usec now)
{
        const RetrievePropertiesExRequestType *args = call->params;
        RetrieveResult *result = arena_new_object(call->arena, RetrieveResult);
        Found found = {0};
        size_t limit;
        int r;

        if (!result)
                return -ENOMEM;
        result->type = &type_RetrieveResult;
        r = find_all(service, call, &args->spec_set, &found);
        if (r >= 0)
                r = take_limit(call, args->options, found.n, &limit);
        if (r >= 0)
                r = read_found(service, call, &found, limit, &result->objects);
        if (r >= 0)
                r = keep_rest(call, &args->spec_set, &found, limit, result);
        if (r >= 0)
                call_reply(call, result->objects.n > 0 ? &result : NULL, now);
        return r;
}

static int find_page(Call *call, const char *token, Page **ret)
{
        *ret = page_find(call->session, token);
        if (*ret)
                return 0;
        return call_fault(call, FAULT_INVALID_ARGUMENT, "token",
                          "A specified parameter was not correct: token");
}

static int continue_retrieve(Service *service, Call *call, Usec now)
{
        const PropertyContext context = service_property_context(service, call);
        const ContinueRetrievePropertiesExRequestType *args = call->params;
        RetrieveResult *result = arena_new_object(call->arena, RetrieveResult);
        bool more = false;
        Page *page;
        int r;

        if (!result)
                return -ENOMEM;
        result->type = &type_RetrieveResult;
        r = find_page(call, args->token, &page);
        if (r >= 0)
                r = page_next(page, &context, &result->objects, &more);
        if (r < 0)
                return r;
        if (more)
                result->token = args->token;
        call_reply(call, &result, now); /* the paths that it names are the page's */
        if (!more)
                page_end(page);
        return 0;
}

static int cancel_retrieve(Service *service, Call *call, Usec now)
{
        const CancelRetrievePropertiesExRequestType *args = call->params;
        Page *page;
        int r;

        (void)service;
        r = find_page(call, args->token, &page);
        if (r < 0)
                return r;
        page_end(page);
        call_reply(call, NULL, now);
        return 0;
}

const Handler property_collector_handlers[] = {
        {"CancelRetrievePropertiesEx", cancel_retrieve},
        {"ContinueRetrievePropertiesEx", continue_retrieve},
        {"RetrieveProperties", retrieve_properties},
        {"RetrievePropertiesEx", retrieve_properties_ex},
};
const size_t n_property_collector_handlers = ELEMENTS(property_collector_handlers);

/* Every object has it. */
static int fetch(Service *service, Call *call, Usec now)
{
        const PropertyContext context = service_property_context(service, call);
        const FetchRequestType *args = call->params;
        LocalizedMethodFault *fault = NULL;
        WireAny value = {0};
        Object object;
        int r;

        if (object_find_for(context.inventory, context.session, &call->receiver, &object) < 0)
                return call_fault_no_object(call, &call->receiver);
        r = retrieve_property(&context, &object, args->prop, &value, &fault);
        if (r == -ENOENT)
                return call_fault(call, FAULT_INVALID_PROPERTY, args->prop,
                                  "%s has no property '%s'", call->receiver.type, args->prop);
        if (r == -EPERM) {
                call->fault = (Fault){fault->fault, fault->localized_message};
                return r;
        }
        if (r >= 0)
                call_reply(call, r > 0 ? &value : NULL, now);
        return r;
}

const Handler managed_object_handlers[] = {
        {"Fetch", fetch},
};
const size_t n_managed_object_handlers = ELEMENTS(managed_object_handlers);
