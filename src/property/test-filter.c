/* Filters: who enters, who changes, who leaves; and that nothing is told twice, or not at all. */

#include "base/test.h"
#include "property/filter.h"
#include "property/test-site.h"
#include "property/view.h"

#define MACHINES OBJ(VM_FOLDER, SKIP SETS(STEP("Folder", "childEntity", "")))
#define READY    PATHS("VirtualMachine", "\"guest.guestOperationsReady\"")
#define BY_READY FILTER(READY, MACHINES)
#define ALL_ROOM SIZE_MAX

static bool is_unset(const PropertyChange *change)
{
        return change->val.form == FORM_NONE;
}

static void put_update(Buf *text, const Site *site, const ObjectUpdate *update)
{
        Object object = {.type = managed_type_find(update->obj.type)};
        const char *kind = strcmp(update->kind, "enter") == 0   ? "+"
                           : strcmp(update->kind, "leave") == 0 ? "-"
                                                                : "";

        (void)object_find_for(site->inventory, site->session, &update->obj, &object);
        /* Of a machine that is gone, the last character of its id is its name. */
        buf_putf(text, "%s%s%s", text->size > 0 ? " " : "", kind,
                 object.entity || strcmp(update->obj.type, "VirtualMachine") != 0
                         ? site_name(&object)
                         : strchr(update->obj.value, '\0') - 1);
        for (size_t i = 0; i < update->change_set.n; i++) {
                const PropertyChange *change = (const void *)update->change_set.items[i];

                EXPECT_STR("assigned", change->op, "assign");
                buf_putf(text, ":%s%s", change->name, is_unset(change) ? "?" : "");
        }
        for (size_t i = 0; i < update->missing_set.n; i++)
                buf_putf(text, ":!%s",
                         ((const MissingProperty *)update->missing_set.items[i])->path);
}

/* Return: what is told, and "..." where there was no room for all. */
static const char *told(Site *site, Filter *filter, size_t room)
{
        size_t steps = SELECT_STEPS_MAX;
        _cleanup_(buf_done) Buf text = {0};
        WireObjects updates = {0};
        bool more = false;

        EXPECT_INT("told",
                   filter_updates(filter, &site->context, own_generation(site->session), &steps,
                                  &room, &updates, &more),
                   0);
        for (size_t i = 0; i < updates.n; i++)
                put_update(&text, site, (const void *)updates.items[i]);
        buf_puts(&text, more ? "..." : "");
        return site_text(site, &text);
}

static Filter *filter_make(Site *site, const char *json)
{
        Filter *filter = filter_new(site_spec(site, json), false);

        if (!filter)
                abort();
        return filter;
}

static void set_ready(const Site *site, char name, bool ready)
{
        Vm *vm = site_machine(site, name);

        vm->facts.ready = ready;
        entity_touch(&vm->entity);
}

/* a story, line by line */

static void test_story(Site *site)
{
        static const struct {
                const char *about, *machines;
                const char *ready; /* these are, the others are not */
                const char *told;
        } rows[] = {
                {"all enter", "ab", "",
                 "+a:guest.guestOperationsReady +b:guest.guestOperationsReady"},
                {"nothing", "ab", "", ""},
                {"one changes", "ab", "b", "b:guest.guestOperationsReady"},
                {"nothing again", "ab", "b", ""},
                {"and back", "ab", "", "b:guest.guestOperationsReady"},
                {"both", "ab", "ab", "a:guest.guestOperationsReady b:guest.guestOperationsReady"},
                {"one comes", "abc", "ab", "+c:guest.guestOperationsReady"},
                {"it goes, and comes", "ab", "ab", "-c"},
                {"again", "abc", "ab", "+c:guest.guestOperationsReady"},
                {"one goes, another changes", "bc", "abc", "c:guest.guestOperationsReady -a"},
                {"one comes, one goes, one changes", "ab", "a",
                 "b:guest.guestOperationsReady +a:guest.guestOperationsReady -c"},
                {"all go", "", "", "-a -b"},
                {"nobody is there", "", "", ""},
        };
        _cleanup_(filter_freep) Filter *filter = NULL;

        site_machines(site, rows[0].machines);
        filter = filter_make(site, BY_READY);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                site_machines(site, rows[i].machines);
                for (const char *name = rows[i].machines; *name; name++)
                        set_ready(site, *name, strchr(rows[i].ready, *name) != NULL);
                EXPECT_STR(rows[i].about, told(site, filter, ALL_ROOM), rows[i].told);
                EXPECT_STR(rows[i].about, told(site, filter, ALL_ROOM), "");
        }
}

/* A machine that goes and comes between two looks is the same object, with other values. */
static void test_gone_and_back(Site *site)
{
        _cleanup_(filter_freep) Filter *filter = NULL;

        site_machines(site, "ab");
        set_ready(site, 'a', true);
        filter = filter_make(site, BY_READY);
        (void)told(site, filter, ALL_ROOM);
        site_machines(site, "b");
        site_machines(site, "ab");
        EXPECT_STR("it is not ready any more", told(site, filter, ALL_ROOM),
                   "a:guest.guestOperationsReady");
        site_machines(site, "");
        site_machines(site, "ab");
        EXPECT_STR("as before", told(site, filter, ALL_ROOM), "");
}

/* A folder is not touched when a machine joins it: its list is another all the same. */
static void test_lists(Site *site)
{
        _cleanup_(filter_freep) Filter *filter = NULL;

        site_machines(site, "a");
        filter = filter_make(
                site,
                FILTER(PATHS("Folder", "\"childEntity\"") "," PATHS("HostSystem", "\"vm\""),
                       OBJ(VM_FOLDER, "") "," OBJ(
                               REF("Folder", "group-h4"),
                               SKIP SETS(STEP("Folder", "childEntity",
                                              SKIP SETS(STEP("ComputeResource", "host", "")))))));
        EXPECT_STR("they enter", told(site, filter, ALL_ROOM), "+vm:childEntity +host.example:vm");
        site_machines(site, "ab");
        EXPECT_STR("one comes", told(site, filter, ALL_ROOM), "vm:childEntity host.example:vm");
        set_ready(site, 'b', true);
        EXPECT_STR("it changes", told(site, filter, ALL_ROOM), "");
        site_machines(site, "a");
        EXPECT_STR("it goes", told(site, filter, ALL_ROOM), "vm:childEntity host.example:vm");
}

static void test_room(Site *site)
{
        static const struct {
                const char *about;
                size_t room;
                const char *told[7];
        } rows[] = {
                {"none", 0, {"...", "..."}},
                {"for one", 1, {"+a...", "+b...", "+c...", "+d", ""}},
                {"for two", 2, {"+a +b...", "+c +d", ""}},
                {"for three", 3, {"+a +b +c...", "+d", ""}},
                {"for all", 4, {"+a +b +c +d", ""}},
                {"for more", 5, {"+a +b +c +d", ""}},
        };

        site_machines(site, "abcd");
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(filter_freep) Filter *filter =
                        filter_make(site, FILTER(PATHS("VirtualMachine", ""), MACHINES));

                for (const char *const *line = rows[i].told; *line; line++)
                        EXPECT_STR(rows[i].about, told(site, filter, rows[i].room), *line);
        }
}

/* Who has no room now is told the next time, in whatever way things are then. */
static void test_room_and_changes(Site *site)
{
        _cleanup_(filter_freep) Filter *filter = NULL;

        site_machines(site, "abcd");
        filter = filter_make(site, BY_READY);
        (void)told(site, filter, ALL_ROOM);
        for (const char *name = "abcd"; *name; name++)
                set_ready(site, *name, true);
        EXPECT_STR("two changes", told(site, filter, 2),
                   "a:guest.guestOperationsReady b:guest.guestOperationsReady...");
        set_ready(site, 'a', false);
        site_machines(site, "abd");
        EXPECT_STR("the first again", told(site, filter, 2),
                   "a:guest.guestOperationsReady d:guest.guestOperationsReady...");
        EXPECT_STR("who has gone", told(site, filter, 2), "-c");
        EXPECT_STR("that is all", told(site, filter, 2), "");
        site_machines(site, "");
        EXPECT_STR("two leave", told(site, filter, 2), "-a -b...");
        EXPECT_STR("the last", told(site, filter, 2), "-d");
        EXPECT_STR("nobody is left", told(site, filter, 2), "");
}

static void test_forget(Site *site)
{
        _cleanup_(filter_freep) Filter *filter = NULL;
        size_t empty, full;

        site_machines(site, "ab");
        filter = filter_make(site, FILTER(PATHS("VirtualMachine", "\"name\""), MACHINES));
        EXPECT_STR("they enter", told(site, filter, ALL_ROOM), "+a:name +b:name");
        full = filter_bytes(filter);
        filter_forget(filter);
        empty = filter_bytes(filter);
        EXPECT_STR("and again", told(site, filter, ALL_ROOM), "+a:name +b:name");
        EXPECT("what it has told takes memory", full > empty && filter_bytes(filter) == full);
        filter_forget(filter);
        site_machines(site, "b");
        EXPECT_STR("who has gone is not told", told(site, filter, ALL_ROOM), "+b:name");
        site_machines(site, "");
        (void)told(site, filter, ALL_ROOM);
        EXPECT_INT("nothing is kept of those who left", filter_bytes(filter), empty);
}

static void test_values(Site *site)
{
        static const struct {
                const char *about, *paths;
                const char *enters; /* and then nothing */
        } rows[] = {
                {"no path", PATHS("VirtualMachine", ""), "+a"},
                {"unset", PATHS("VirtualMachine", "\"guest.hostName\""), "+a"},
                {"unset and set", PATHS("VirtualMachine", "\"guest.hostName\",\"name\""),
                 "+a:name"},
                {"a base type", PATHS("ManagedEntity", "\"name\""), "+a:name"},
                {"another type", PATHS("Folder", "\"name\""), ""},
                {"twice", PATHS("VirtualMachine", "\"name\",\"name\""), "+a:name"},
        };
        _cleanup_(filter_freep) Filter *filter = NULL;
        Vm *vm;

        site_machines(site, "a");
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(filter_freep) Filter *one = NULL;
                char json[512];

                (void)snprintf(json, sizeof(json), FILTER("%s", MACHINES), rows[i].paths);
                one = filter_make(site, json);
                EXPECT_STR(rows[i].about, told(site, one, ALL_ROOM), rows[i].enters);
                EXPECT_STR(rows[i].about, told(site, one, ALL_ROOM), "");
        }
        filter = filter_make(site, FILTER(PATHS("VirtualMachine", "\"guest.hostName\""), MACHINES));
        EXPECT_STR("unset", told(site, filter, ALL_ROOM), "+a");
        vm = site_machine(site, 'a');
        (void)snprintf(vm->facts.host_name, sizeof(vm->facts.host_name), "a.example");
        vm->facts.known = true;
        entity_touch(&vm->entity);
        EXPECT_STR("set", told(site, filter, ALL_ROOM), "a:guest.hostName");
        vm->facts.known = false;
        entity_touch(&vm->entity);
        EXPECT_STR("unset again", told(site, filter, ALL_ROOM), "a:guest.hostName?");
}

/* What is refused is told once, and told when it is not refused any more. */
static void test_refused(Site *site)
{
        static const char json[] =
                FILTER(PATHS("VirtualMachine", "\"name\",\"runtime.powerState\""), MACHINES);
        _cleanup_(filter_freep) Filter *filter = NULL;

        site_machines(site, "a");
        filter = filter_make(site, json);
        site->context.session = site->viewer;
        EXPECT_STR("one path", told(site, filter, ALL_ROOM), "+a:name:!runtime.powerState");
        entity_touch(&site_machine(site, 'a')->entity);
        EXPECT_STR("not again", told(site, filter, ALL_ROOM), "");
        site->context.session = site->session; /* as with another role */
        entity_touch(&site_machine(site, 'a')->entity);
        EXPECT_STR("its value", told(site, filter, ALL_ROOM), "a:runtime.powerState");
}

static void test_view(Site *site)
{
        _cleanup_(filter_freep) Filter *filter = NULL;
        OwnObject *view = NULL;
        char json[1024];

        site_machines(site, "ab");
        if (view_new_container(site->session, inventory_folder(site->inventory, "vm"),
                               &(WireStrings){0}, false, &view) < 0)
                abort();
        (void)snprintf(
                json, sizeof(json),
                FILTER(PATHS("VirtualMachine", "\"name\"") "," PATHS("ContainerView", "\"view\""),
                       OBJ(REF("ContainerView", "%s"), SETS(STEP("ContainerView", "view", "")))),
                view->moid);
        filter = filter_make(site, json);
        EXPECT_STR("the view, and what it holds", told(site, filter, ALL_ROOM),
                   "+ContainerView:view +a:name +b:name");
        site_machines(site, "b");
        EXPECT_STR("one goes", told(site, filter, ALL_ROOM), "ContainerView:view -a");
        own_end(view);
        EXPECT_STR("the view goes", told(site, filter, ALL_ROOM), "-ContainerView -b");
        EXPECT_STR("that is all", told(site, filter, ALL_ROOM), "");
}

/* Less memory than it takes, at every size: after each failure all is told anew. */
static void test_memory(Site *site)
{
        _cleanup_(filter_freep) Filter *filter = NULL;
        Arena *arena = site->context.arena;
        int r = -ENOMEM;

        site_machines(site, "abcd");
        filter = filter_make(site, FILTER(ALL_PATHS("VirtualMachine"), MACHINES));
        for (size_t size = 0; r < 0; size += 1024) {
                _cleanup_(arena_freep) Arena *small = arena_new(size);
                size_t steps = SELECT_STEPS_MAX, room = 100;
                WireObjects updates = {0};
                bool more = false;

                site->context.arena = small;
                filter_forget(filter);
                r = filter_updates(filter, &site->context, 0, &steps, &room, &updates, &more);
                EXPECT("all or nothing", r == 0 ? updates.n == 4 && !more : r == -ENOMEM);
        }
        site->context.arena = arena;
}

static void test_steps(Site *site)
{
        _cleanup_(filter_freep) Filter *filter = NULL;
        size_t steps = 3, room = 100;
        WireObjects updates = {0};
        bool more = false;

        site_machines(site, "abcd");
        filter = filter_make(site, BY_READY);
        EXPECT_INT("too few",
                   filter_updates(filter, &site->context, 0, &steps, &room, &updates, &more),
                   -E2BIG);
}

int main(void)
{
        _cleanup_(site_done) Site site;

        site_init(&site);
        test_story(&site);
        test_gone_and_back(&site);
        test_lists(&site);
        test_room(&site);
        test_room_and_changes(&site);
        test_forget(&site);
        test_values(&site);
        test_refused(&site);
        test_view(&site);
        test_memory(&site);
        test_steps(&site);
        EXPECT("filter_free(NULL)", filter_free(NULL) == NULL);
        return test_end();
}
