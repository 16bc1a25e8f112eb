#include "property/collector.h"

#include "property/tables.h"

#include <inttypes.h>
#include <stdio.h>

#define EVERYBODYS "propertyCollector"

typedef struct OwnFilter {
        OwnObject own;
        Collector *collector;
        Filter *filter;
} OwnFilter;

struct Collector {
        OwnObject own; /* without a type, and so not to be called, where it is everybody's */
        Session *session;
        uint64_t version; /* of the last update set */
        CollectorWait *wait;
};

/* filters */

static void on_filter_end(OwnObject *own)
{
        OwnFilter *filter = container_of(own, OwnFilter, own);

        filter_free(filter->filter);
        free(filter);
}

static OwnFilter *filter_of(OwnObject *own)
{
        return own->end == on_filter_end ? container_of(own, OwnFilter, own) : NULL;
}

static size_t count_filters(const Session *session)
{
        size_t n = 0;

        for (OwnObject *own = own_first(session); own; own = own_next(own))
                n += own->end == on_filter_end;
        return n;
}

int collector_add_filter(Collector *collector, const PropertyFilterSpec *spec, bool partial_updates,
                         const char **ret_moid)
{
        OwnFilter *filter;
        int r;

        if (count_filters(collector->session) >= FILTERS_MAX)
                return -EUSERS;
        filter = calloc(1, sizeof(*filter));
        if (!filter)
                return -ENOMEM;
        *filter = (OwnFilter){
                .own = {.type = managed_type_find("PropertyFilter"), .end = on_filter_end},
                .collector = collector,
                .filter = filter_new(spec, partial_updates),
        };
        if (filter->filter)
                filter->own.bytes = sizeof(*filter) + filter_bytes(filter->filter);
        r = filter->filter ? own_add(collector->session, &filter->own) : -ENOMEM;
        if (r < 0) {
                on_filter_end(&filter->own);
                return r;
        }
        *ret_moid = filter->own.moid;
        return 0;
}

/* collectors */

static void end_filters(const Collector *collector)
{
        OwnObject *own, *next;

        for (own = own_first(collector->session); own; own = next) {
                OwnFilter *filter = filter_of(own);

                next = own_next(own);
                if (filter && filter->collector == collector)
                        own_end(own);
        }
}

static void on_collector_change(OwnObject *own)
{
        CollectorWait *wait = container_of(own, Collector, own)->wait;

        if (wait)
                wait->on_change(wait);
}

static void on_collector_end(OwnObject *own)
{
        Collector *collector = container_of(own, Collector, own);
        CollectorWait *wait = moved(collector->wait);

        if (wait)
                wait->on_end(wait);
        free(collector);
}

static int make(Session *session, const char *type, Collector **ret)
{
        Collector *collector = calloc(1, sizeof(*collector));
        int r;

        if (!collector)
                return -ENOMEM;
        collector->own = (OwnObject){
                .type = type ? managed_type_find(type) : NULL,
                .end = on_collector_end,
                .on_change = on_collector_change,
        };
        collector->session = session;
        r = own_add(session, &collector->own);
        if (r < 0) {
                free(collector);
                return r;
        }
        *ret = collector;
        return 0;
}

int collector_new(Session *session, Collector **ret)
{
        return make(session, "PropertyCollector", ret);
}

int collector_get(Session *session, const char *moid, Collector **ret)
{
        bool everybodys = strcmp(moid, EVERYBODYS) == 0;

        for (OwnObject *own = own_first(session); own; own = own_next(own)) {
                if (own->end != on_collector_end ||
                    (everybodys ? own->type != NULL : strcmp(own->moid, moid) != 0))
                        continue;
                *ret = container_of(own, Collector, own);
                return 0;
        }
        return everybodys ? make(session, NULL, ret) : -ENOENT;
}

void collector_end(Collector *collector)
{
        end_filters(collector);
        own_end(&collector->own);
}

const char *collector_moid(const Collector *collector)
{
        return collector->own.type ? collector->own.moid : EVERYBODYS;
}

void collector_set_wait(Collector *collector, CollectorWait *wait)
{
        collector->wait = wait;
}

CollectorWait *collector_wait(const Collector *collector)
{
        return collector->wait;
}

/* updates */

static int add_filter_update(const PropertyContext *context, const OwnFilter *filter,
                             const WireObjects *updates, UpdateSet *set)
{
        PropertyFilterUpdate *update = arena_new_object(context->arena, PropertyFilterUpdate);

        if (!update)
                return -ENOMEM;
        *update = (PropertyFilterUpdate){
                .type = &type_PropertyFilterUpdate,
                .filter = {"PropertyFilter", filter->own.moid},
                .object_set = *updates,
        };
        set->filter_set.items[set->filter_set.n++] = (WireObject *)update;
        return 0;
}

/* All filters of a session share the steps of one look: when objects come or go, all take them. */
static size_t steps_left(const Session *session, const OwnFilter *but)
{
        size_t steps = SELECT_STEPS_MAX;

        for (OwnObject *own = own_first(session); own; own = own_next(own)) {
                const OwnFilter *filter = filter_of(own);
                size_t taken = filter && filter != but ? filter_steps(filter->filter) : 0;

                steps -= taken < steps ? taken : steps;
        }
        return steps;
}

static int collect_updates(const Collector *collector, const PropertyContext *context, size_t room,
                           UpdateSet *set)
{
        for (OwnObject *own = own_first(collector->session); own; own = own_next(own)) {
                OwnFilter *filter = filter_of(own);
                WireObjects updates = {0};
                bool more = false;
                size_t steps;
                int r;

                if (!filter || filter->collector != collector)
                        continue;
                steps = steps_left(collector->session, filter);
                r = filter_updates(filter->filter, context, own_generation(collector->session),
                                   &steps, &room, &updates, &more);
                if (r >= 0)
                        r = own_resize(own, sizeof(*filter) + filter_bytes(filter->filter));
                if (r >= 0 && updates.n > 0)
                        r = add_filter_update(context, filter, &updates, set);
                if (r < 0)
                        return r;
                if (more)
                        set->truncated = (WireBool){true, true};
        }
        return 0;
}

static void forget(const Collector *collector)
{
        for (OwnObject *own = own_first(collector->session); own; own = own_next(own)) {
                OwnFilter *filter = filter_of(own);

                if (!filter || filter->collector != collector)
                        continue;
                filter_forget(filter->filter);
                (void)own_resize(own, sizeof(*filter) + filter_bytes(filter->filter));
        }
}

static UpdateSet *update_set_new(Arena *arena)
{
        UpdateSet *set = arena_new_object(arena, UpdateSet);

        if (!set)
                return NULL;
        set->type = &type_UpdateSet;
        set->filter_set.items = arena_array(arena, FILTERS_MAX, sizeof(WireObject *));
        return set->filter_set.items ? set : NULL;
}

static bool has_told(const Collector *collector, const char *version)
{
        char last[24];

        (void)snprintf(last, sizeof(last), "%" PRIu64, collector->version);
        return collector->version > 0 && strcmp(version, last) == 0;
}

int collector_updates(Collector *collector, const PropertyContext *context, const char *version,
                      size_t room, UpdateSet **ret)
{
        UpdateSet *set;
        int r;

        *ret = NULL;
        if (str_is_empty(version))
                forget(collector);
        else if (!has_told(collector, version))
                return -ESTALE;
        set = update_set_new(context->arena);
        if (!set)
                return -ENOMEM;
        r = collect_updates(collector, context, room, set);
        if (r >= 0 && set->filter_set.n == 0)
                return 0;
        collector->version++; /* after a failure, too: what counts as told has not been */
        set->version = arena_printf(context->arena, "%" PRIu64, collector->version);
        if (r >= 0 && !set->version)
                r = -ENOMEM;
        if (r < 0) {
                forget(collector);
                return r;
        }
        *ret = set;
        return 0;
}

/* properties */

static int get_filters(const PropertyContext *context, const Object *object, void *value)
{
        size_t n = count_filters(context->session);
        WireMorefs *ret = value;

        ret->items = arena_array(context->arena, n + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (OwnObject *own = own_first(context->session); own; own = own_next(own)) {
                OwnFilter *filter = filter_of(own);

                if (filter && strcmp(collector_moid(filter->collector), object->moid) == 0)
                        ret->items[ret->n++] = (Moref){"PropertyFilter", own->moid};
        }
        return 1;
}

static const Property property_collector[] = {
        {"filter", FORM_MOREFS, NULL, "System.View", get_filters},
};
PROPERTIES(PropertyCollector, property_collector);

static int get_partial_updates(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        *(bool *)ret = filter_has_partial_updates(filter_of(object->own)->filter);
        return 1;
}

static int get_spec(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        *(const PropertyFilterSpec **)ret = filter_spec(filter_of(object->own)->filter);
        return 1;
}

static const Property property_filter[] = {
        {"partialUpdates", FORM_BOOL, NULL, "System.View", get_partial_updates},
        {"spec", FORM_OBJECT, &type_PropertyFilterSpec, "System.View", get_spec},
};
PROPERTIES(PropertyFilter, property_filter);
