/*
 * A client's filter spec, against a small inventory. The first byte says how the rest is spelled
 * and who asks. Whatever it is: objects are reached once, the walk ends, values can be written, and
 * what a filter has told is not told again.
 */

#include "base/utf8.h"
#include "property/filter.h"
#include "property/test-site.h"
#include "wire/read.h"
#include "wire/write.h"

#include "fuzz.h"

#define ARENA_MAX   ((size_t)8 << 20)
#define STEPS_MAX   20000U
#define ROOM        3U
#define OBJECTS_MAX 64U /* there are less in the inventory */

static Site site;

static void end_site(void)
{
        site_done(&site);
}

static void begin_site(void)
{
        site_init(&site);
        site_machines(&site, "abc");
        if (atexit(end_site) != 0)
                abort();
}

static const PropertyFilterSpec *read_spec(Arena *arena, const uint8_t *data, size_t size)
{
        void *spec = NULL;
        WireError error;
        int r;

        if (data[0] & 1)
                r = tlv_read(arena, data + 1, size - 1, &type_PropertyFilterSpec, &spec, &error);
        else
                r = json_read(arena, (const char *)data + 1, size - 1, &type_PropertyFilterSpec,
                              &spec, &error);
        return r < 0 ? NULL : spec;
}

static void check_written(WireForm form, const void *value)
{
        _cleanup_(buf_done) Buf text = {0};

        json_write(&text, form, value);
        MUST(!buf_error(&text) && utf8_is_valid(text.data, text.size));
}

static void check_selection(const PropertyContext *context, const PropertyFilterSpec *spec)
{
        PathSets sets = {.spec = spec, .arena = context->arena};
        size_t steps = STEPS_MAX;
        Selection selection = {0};
        const Moref *missing = NULL;
        int r;

        r = select_objects(context, spec, &steps, &selection, &missing);
        MUST(steps <= STEPS_MAX && selection.n < OBJECTS_MAX);
        MUST(r == 0 || r == -E2BIG || r == -ENOMEM || missing);
        for (size_t i = 0; r >= 0 && i < selection.n; i++) {
                ObjectContent *content = NULL;

                for (size_t k = 0; k < i; k++)
                        MUST(strcmp(selection.items[i].moid, selection.items[k].moid) != 0);
                r = retrieve_object(context, &sets, &selection.items[i], &content);
                MUST(r == 0 || r == -ENOMEM);
                if (content)
                        check_written(FORM_OBJECT, &content);
        }
}

/* Return: how many updates there are until there are no more, or negative. */
static int tell_all(Filter *filter, const PropertyContext *context)
{
        size_t n = 0, looks = 0;
        bool more = true;

        while (more) {
                size_t steps = STEPS_MAX, room = ROOM;
                WireObjects updates = {0};
                int r;

                more = false;
                r = filter_updates(filter, context, 0, &steps, &room, &updates, &more);
                MUST(r == 0 || r == -E2BIG || r == -ENOMEM);
                if (r < 0)
                        return r;
                MUST(updates.n + room == ROOM && (!more || updates.n > 0));
                MUST(++looks < OBJECTS_MAX);
                check_written(FORM_OBJECTS, &updates);
                n += updates.n;
        }
        return (int)n;
}

static void check_filter(const PropertyContext *context, const PropertyFilterSpec *spec)
{
        Filter *filter = filter_new(spec, false);
        int n;

        if (!filter)
                return;
        n = tell_all(filter, context);
        if (n >= 0)
                MUST(tell_all(filter, context) <= 0);
        entity_touch(&site_machine(&site, 'a')->entity);
        if (n >= 0)
                MUST(tell_all(filter, context) <= 0);
        changes_note_structure(inventory_changes(site.inventory));
        if (n >= 0)
                MUST(tell_all(filter, context) <= 0);
        filter_forget(filter);
        if (n >= 0) {
                int again = tell_all(filter, context);

                MUST(again < 0 || again == n);
        }
        filter_free(filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const PropertyFilterSpec *spec;
        PropertyContext context;
        Call call;

        if (!site.loop)
                begin_site();
        if (!arena || size < 1)
                return 0;
        context = site.context;
        context.arena = arena;
        context.session = data[0] & 2 ? site.viewer : data[0] & 4 ? NULL : site.session;
        call = (Call){.arena = arena, .session = (Session *)context.session};
        spec = read_spec(arena, data, size);
        if (!spec)
                return 0;
        if (retrieve_check(&call, spec) < 0) {
                MUST(call.fault.detail && call.fault.message);
                return 0;
        }
        check_selection(&context, spec);
        if (context.session) /* without one there are no filters */
                check_filter(&context, spec);
        return 0;
}
