/*
 * PropertyCollector: waiting for changes. A call that waits is parked, and looked at again when
 * something has changed. Source: vSphere Web Services API, release 8.0.2.0.
 */

#include "api/handlers.h"
#include "inventory/changes.h"
#include "property/collector.h"
#include "schema/tables.h"

#define UPDATES_MAX 1000U /* object updates of one answer; the client asks for the rest */

typedef struct Wait {
        CollectorWait collector_wait;
        Service *service;
        Call *call;
        Collector *collector;
        const char *version;
        size_t room;
        ChangesWatch watch;
        LoopTask task; /* to look again, at the end of this turn */
        LoopTimer timer;
} Wait;

/* collectors and filters */

static int get_collector(Call *call, Collector **ret)
{
        int r = collector_get(call->session, call->receiver.value, ret);

        if (r == -EUSERS)
                return call_fault_too_many(call);
        return r == -ENOENT ? call_fault_no_object(call, &call->receiver) : r;
}

static int create_property_collector(Service *service, Call *call, Usec now)
{
        Collector *collector;
        Moref reference;
        int r;

        (void)service;
        r = collector_new(call->session, &collector);
        if (r == -EUSERS)
                return call_fault_too_many(call);
        if (r < 0)
                return r;
        reference = (Moref){"PropertyCollector", collector_moid(collector)};
        call_reply(call, &reference, now);
        return 0;
}

/* All of a method that does one thing to its collector. */
static int apply(Call *call, void (*act)(Collector *collector), Usec now)
{
        Collector *collector;
        int r;

        r = get_collector(call, &collector);
        if (r < 0)
                return r;
        act(collector);
        call_reply(call, NULL, now);
        return 0;
}

static int destroy_property_collector(Service *service, Call *call, Usec now)
{
        (void)service;
        return apply(call, collector_end, now);
}

static int create_filter(Service *service, Call *call, Usec now)
{
        const PropertyContext context = service_property_context(service, call);
        const CreateFilterRequestType *args = call->params;
        size_t steps = SELECT_STEPS_MAX;
        Selection selection = {0};
        const Moref *missing;
        Collector *collector;
        Moref reference;
        int r;

        r = get_collector(call, &collector);
        if (r >= 0)
                r = retrieve_check(call, args->spec);
        if (r < 0)
                return r;
        r = select_objects(&context, args->spec, &steps, &selection, &missing);
        if (r < 0)
                return retrieve_fault(call, r, missing);
        r = collector_add_filter(collector, args->spec, args->partial_updates, &reference.value);
        if (r == -EUSERS)
                return call_fault_too_many(call);
        if (r < 0)
                return r;
        reference.type = "PropertyFilter";
        call_reply(call, &reference, now);
        return 0;
}

static int destroy_property_filter(Service *service, Call *call, Usec now)
{
        (void)service;
        own_end(own_find(call->session, call->receiver.type, call->receiver.value));
        call_reply(call, NULL, now);
        return 0;
}

/* waiting */

static void stop_waiting(Wait *wait)
{
        changes_unwatch(inventory_changes(wait->service->inventory), &wait->watch);
        loop_task_cancel(&wait->task);
        loop_timer_clear(&wait->timer);
        if (wait->collector)
                collector_set_wait(wait->collector, NULL);
}

/* Return: 0, with NULL in *@ret where there is nothing new; or negative. */
static int look(const Wait *wait, Arena *arena, UpdateSet **ret)
{
        PropertyContext context = service_property_context(wait->service, wait->call);
        int r;

        context.arena = arena; /* the call may be looked at many times before it is answered */
        r = collector_updates(wait->collector, &context, wait->version, wait->room, ret);
        if (r == -ESTALE)
                return call_fault(wait->call, FAULT_INVALID_COLLECTOR_VERSION, NULL,
                                  "Version '%.64s' is not that of the last update set.",
                                  wait->version);
        if (r == -EUSERS)
                return call_fault_too_many(wait->call);
        return r < 0 ? retrieve_fault(wait->call, r, NULL) : 0;
}

static void look_again(Wait *wait, Usec now)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(wait->service->arena_bytes_max);
        Call *call = wait->call;
        UpdateSet *set = NULL;
        int r = arena ? look(wait, arena, &set) : -ENOMEM;

        if (r >= 0 && !set)
                return;
        stop_waiting(wait);
        if (r < 0)
                call_fail(call, now);
        else
                call_reply(call, &set, now);
}

static void on_change(ChangesWatch *watch, Usec now)
{
        look_again(container_of(watch, Wait, watch), now);
}

static int on_task(LoopTask *task, Usec now)
{
        look_again(container_of(task, Wait, task), now);
        return 0;
}

static void on_own_change(CollectorWait *collector_wait)
{
        Wait *wait = container_of(collector_wait, Wait, collector_wait);

        loop_defer(wait->service->loop, &wait->task);
}

static int on_timeout(LoopTimer *timer, Usec now)
{
        Wait *wait = container_of(timer, Wait, timer);
        Call *call = wait->call;

        stop_waiting(wait);
        call_reply(call, NULL, now);
        return 0;
}

/* The collector or its session has ended, or another call waits in this one's place. */
static void on_end(CollectorWait *collector_wait)
{
        Wait *wait = container_of(collector_wait, Wait, collector_wait);
        Call *call = wait->call;

        wait->collector = NULL; /* it is being freed */
        stop_waiting(wait);
        (void)call_fault(call, FAULT_REQUEST_CANCELED, NULL, "The wait for updates was canceled.");
        call_fail(call, loop_now(wait->service->loop));
}

static void on_abandon(Call *call, Usec now)
{
        (void)now;
        stop_waiting(call->parked);
}

static void cancel_wait(Collector *collector)
{
        CollectorWait *wait = collector_wait(collector);

        if (!wait)
                return;
        collector_set_wait(collector, NULL);
        wait->on_end(wait);
}

static int park(Wait *wait, int64_t seconds, Usec now)
{
        Service *service = wait->service;
        int r = 0;

        if (seconds > 0)
                r = loop_timer_set(service->loop, &wait->timer, now + (Usec)seconds * USEC_PER_SEC);
        if (r < 0)
                return r;
        collector_set_wait(wait->collector, &wait->collector_wait);
        changes_watch(inventory_changes(service->inventory), &wait->watch);
        wait->call->parked = wait;
        wait->call->abandon = on_abandon;
        return 0;
}

/* @seconds: negative for no limit; 0 does not wait */
static int wait_for_updates(Service *service, Call *call, const char *version, int64_t seconds,
                            size_t room, Usec now)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(service->arena_bytes_max);
        Wait *wait = arena_new_object(call->arena, Wait);
        UpdateSet *set = NULL;
        int r;

        if (!arena || !wait)
                return -ENOMEM;
        *wait = (Wait){
                .collector_wait = {on_own_change, on_end},
                .service = service,
                .call = call,
                .version = version,
                .room = room,
                .watch.on_change = on_change,
                .task.run = on_task,
                .timer.on_due = on_timeout,
        };
        r = get_collector(call, &wait->collector);
        if (r < 0)
                return r;
        cancel_wait(wait->collector);
        r = look(wait, arena, &set);
        if (r < 0)
                return r;
        if (!set && seconds != 0)
                return park(wait, seconds, now);
        call_reply(call, set ? &set : NULL, now);
        return 0;
}

static int check_for_updates(Service *service, Call *call, Usec now)
{
        const CheckForUpdatesRequestType *args = call->params;

        return wait_for_updates(service, call, args->version, 0, SIZE_MAX, now);
}

static int wait_for_updates_old(Service *service, Call *call, Usec now)
{
        const WaitForUpdatesRequestType *args = call->params;

        return wait_for_updates(service, call, args->version, -1, SIZE_MAX, now);
}

static int wait_for_updates_ex(Service *service, Call *call, Usec now)
{
        const WaitForUpdatesExRequestType *args = call->params;
        const WaitOptions *options = args->options;
        int64_t seconds = -1, room = UPDATES_MAX;

        if (options && options->max_wait_seconds.set)
                seconds = options->max_wait_seconds.value;
        if (options && options->max_object_updates.set)
                room = options->max_object_updates.value;
        if (options && options->max_wait_seconds.set && seconds < 0)
                return call_fault(call, FAULT_INVALID_ARGUMENT, "options.maxWaitSeconds",
                                  "A specified parameter was not correct: options.maxWaitSeconds");
        if (room <= 0)
                return call_fault(call, FAULT_INVALID_ARGUMENT, "options.maxObjectUpdates",
                                  "A specified parameter was not correct: "
                                  "options.maxObjectUpdates");
        return wait_for_updates(service, call, args->version, seconds, (size_t)room, now);
}

static int cancel_wait_for_updates(Service *service, Call *call, Usec now)
{
        (void)service;
        return apply(call, cancel_wait, now);
}

const Handler property_updates_handlers[] = {
        {"CancelWaitForUpdates", cancel_wait_for_updates},
        {"CheckForUpdates", check_for_updates},
        {"CreateFilter", create_filter},
        {"CreatePropertyCollector", create_property_collector},
        {"DestroyPropertyCollector", destroy_property_collector},
        {"WaitForUpdates", wait_for_updates_old},
        {"WaitForUpdatesEx", wait_for_updates_ex},
};
const size_t n_property_updates_handlers = ELEMENTS(property_updates_handlers);

const Handler property_filter_handlers[] = {
        {"DestroyPropertyFilter", destroy_property_filter},
};
const size_t n_property_filter_handlers = ELEMENTS(property_filter_handlers);
