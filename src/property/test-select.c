/* Selections: where traversal specs lead, and where they end. */

#include "base/test.h"
#include "property/select.h"
#include "property/test-site.h"
#include "property/view.h"

#define NONE PATHS("Folder", "")

/* as PowerCLI and govc walk: down all folders, with specs that name each other */
#define DOWN(sets)                                                                                 \
        STEP_NAMED("folders", "Folder", "childEntity", SETS(sets))                                 \
        "," STEP_NAMED("vms", "Datacenter", "vmFolder",                                            \
                       SETS(sets)) "," STEP_NAMED("hosts", "Datacenter", "hostFolder", SETS(sets))
#define DOWN_NAMES NAMED("folders") "," NAMED("vms") "," NAMED("hosts")
#define UP_NAMED   STEP_NAMED("up", "ManagedEntity", "parent", SETS(NAMED("up")))

/* Return: the names of what is selected, or of what is missing. */
static const char *names_of(const Site *site, const PropertyFilterSpec *spec, size_t *steps, int *r)
{
        _cleanup_(buf_done) Buf text = {0};
        const Moref *missing = NULL;
        Selection selection = {0};

        *r = select_objects(&site->context, spec, steps, &selection, &missing);
        for (size_t i = 0; *r >= 0 && i < selection.n; i++)
                buf_putf(&text, "%s%s", i > 0 ? " " : "", site_name(&selection.items[i]));
        if (*r == -ENOENT)
                buf_puts(&text, missing->value);
        return site_text(site, &text);
}

static void test_walks(Site *site)
{
        static const struct {
                const char *about;
                const char *objects;
                const char *names;
        } rows[] = {
                {"nothing", "", ""},
                {"an object", OBJ(ROOT, ""), "Datacenters"},
                {"it is skipped", OBJ(ROOT, SKIP), ""},
                {"one step", OBJ(ROOT, SETS(STEP("Folder", "childEntity", ""))), "Datacenters dc"},
                {"without where it began", OBJ(ROOT, SKIP SETS(STEP("Folder", "childEntity", ""))),
                 "dc"},
                {"a step skips what it leads to",
                 OBJ(ROOT, SETS(STEP("Folder", "childEntity",
                                     SKIP SETS(STEP("Datacenter", "vmFolder", ""))))),
                 "Datacenters vm"},
                {"a list", OBJ(VM_FOLDER, SKIP SETS(STEP("Folder", "childEntity", ""))), "a b"},
                {"an empty list",
                 OBJ(REF("Folder", "group-n6"), SETS(STEP("Folder", "childEntity", ""))),
                 "network"},
                {"a name leads on",
                 OBJ(ROOT, SETS(STEP_NAMED("f", "Folder", "childEntity",
                                           SETS(NAMED("f") "," STEP("Datacenter", "vmFolder",
                                                                    SETS(NAMED("f"))))))),
                 "Datacenters dc vm a b"},
                {"names beside each other", OBJ(ROOT, SETS(DOWN(DOWN_NAMES))),
                 "Datacenters dc vm host a b host.example"},
                {"names before what they name", OBJ(ROOT, SETS(DOWN_NAMES "," DOWN(DOWN_NAMES))),
                 "Datacenters dc vm host a b host.example"},
                {"a name twice",
                 OBJ(ROOT,
                     SETS(STEP_NAMED("x", "Folder", "childEntity", SETS(NAMED("x"))) "," STEP_NAMED(
                             "x", "Datacenter", "vmFolder", SETS(NAMED("x"))))),
                 "Datacenters dc vm a b"},
                {"a name that nothing has",
                 OBJ(ROOT, SETS(STEP("Folder", "childEntity", SETS(NAMED("nobody"))))),
                 "Datacenters dc"},
                {"nothing but that", OBJ(ROOT, SETS(NAMED("nobody"))), "Datacenters"},
                {"a selection spec without a name",
                 OBJ(ROOT, SETS(STEP("Folder", "childEntity", SETS("{}")))), "Datacenters dc"},
                {"a name of another object spec",
                 OBJ(ROOT, SETS(STEP_NAMED("x", "Folder", "childEntity", ""))) "," OBJ(
                         VM_FOLDER, SETS(NAMED("x"))),
                 "Datacenters dc vm"},
                {"a name is no type", OBJ(ROOT, SETS(NAMED("Folder"))), "Datacenters"},

                {"up", OBJ(VM("a"), SETS(UP_NAMED)), "a vm dc Datacenters"},
                {"up and down again",
                 OBJ(VM("a"), SETS(UP_NAMED "," STEP_NAMED("up", "Folder", "childEntity",
                                                           SETS(NAMED("up"))))),
                 "a vm dc b Datacenters"},
                {"a step that leads to itself",
                 OBJ(REF("GuestOperationsManager", "guestOperationsManager"),
                     SETS(STEP("GuestOperationsManager", "processManager", ""))),
                 "GuestOperationsManager GuestProcessManager"},
                {"below a value",
                 OBJ(SERVICE, SKIP SETS(STEP("ServiceInstance", "content.rootFolder",
                                             SETS(STEP("Folder", "childEntity", ""))))),
                 "Datacenters dc"},

                {"a base type", OBJ(VM_FOLDER, SETS(STEP("ManagedEntity", "parent", ""))), "vm dc"},
                {"the type of all", OBJ(VM_FOLDER, SETS(STEP("ManagedObject", "parent", ""))),
                 "vm dc"},
                {"a derived type", OBJ(VM_FOLDER, SETS(STEP("VirtualMachine", "parent", ""))),
                 "vm"},
                {"a type that there is not",
                 OBJ(ROOT, SETS(STEP("VirtualApp", "vm", "") "," STEP("Nonsense", "x", "") "," STEP(
                                   "Folder", "childEntity", ""))),
                 "Datacenters dc"},
                {"a path that there is not", OBJ(ROOT, SETS(STEP("Folder", "nonsense", ""))),
                 "Datacenters"},
                {"no path", OBJ(ROOT, SETS(STEP("Folder", "", ""))), "Datacenters"},
                {"a path to a string", OBJ(ROOT, SETS(STEP("Folder", "name", ""))), "Datacenters"},
                {"to strings", OBJ(ROOT, SETS(STEP("Folder", "childType", ""))), "Datacenters"},
                {"to an object", OBJ(VM("a"), SETS(STEP("VirtualMachine", "runtime", ""))), "a"},
                {"to what is unset", OBJ(ROOT, SETS(STEP("Folder", "parent", ""))), "Datacenters"},

                {"several objects", OBJ(VM("b"), "") "," OBJ(VM("a"), ""), "b a"},
                {"one of them twice", OBJ(VM("b"), "") "," OBJ(VM("a"), "") "," OBJ(VM("b"), ""),
                 "b a"},
                {"reached by two ways",
                 OBJ(VM("b"), "") "," OBJ(VM_FOLDER, SETS(STEP("Folder", "childEntity", ""))),
                 "b vm a"},
                {"the same way from two objects",
                 OBJ(VM("a"), SETS(STEP("ManagedEntity", "parent", ""))) "," OBJ(
                         VM("b"), SETS(STEP("ManagedEntity", "parent", ""))),
                 "a vm b"},
                {"two steps to the same",
                 OBJ(VM("a"), SETS(STEP("ManagedEntity", "parent", "") "," STEP("VirtualMachine",
                                                                                "parent", ""))),
                 "a vm"},
                {"skipped here, and selected there",
                 OBJ(VM("a"), SKIP) "," OBJ(VM("b"), "") "," OBJ(VM("a"), ""), "a b"},
                {"selected here, and skipped there", OBJ(VM("a"), "") "," OBJ(VM("a"), SKIP), "a"},
                {"steps of one object spec, then of another",
                 OBJ(ROOT, SETS(STEP("Folder", "childEntity", ""))) "," OBJ(
                         ROOT, SETS(STEP("Folder", "childEntity",
                                         SETS(STEP("Datacenter", "vmFolder", ""))))),
                 "Datacenters dc vm"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                size_t steps = SELECT_STEPS_MAX;
                const PropertyFilterSpec *spec;
                char json[4096];
                int r;

                (void)snprintf(json, sizeof(json), FILTER(NONE, "%s"), rows[i].objects);
                spec = site_spec(site, json);
                EXPECT_STR(rows[i].about, names_of(site, spec, &steps, &r), rows[i].names);
                EXPECT_INT(rows[i].about, r, 0);
                EXPECT(rows[i].about, SELECT_STEPS_MAX - steps < 100);
        }
}

static void test_missing(Site *site)
{
        static const struct {
                const char *about, *json;
                int result;
                const char *names;
        } rows[] = {
                {"missing", FILTER(NONE, OBJ(VM("f"), "")), -ENOENT, VM_ID("f")},
                {"among others", FILTER(NONE, OBJ(VM("a"), "") "," OBJ(VM("f"), "")), -ENOENT,
                 VM_ID("f")},
                {"of another type", FILTER(NONE, OBJ(REF("Folder", VM_ID("a")), "")), -ENOENT,
                 VM_ID("a")},
                {"of a base type", FILTER(NONE, OBJ(REF("ManagedEntity", VM_ID("a")), "")), -ENOENT,
                 VM_ID("a")},
                {"of no type", FILTER(NONE, OBJ(REF("", ""), "")), -ENOENT, ""},
                {"reported", FILTER_MISSING(NONE, OBJ(VM("f"), "")), 0, ""},
                {"the others stay",
                 FILTER_MISSING(NONE, OBJ(VM("f"), "") "," OBJ(VM("a"), "") "," OBJ(VM("e"), "")),
                 0, "a"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                size_t steps = SELECT_STEPS_MAX;
                int r;

                EXPECT_STR(rows[i].about, names_of(site, site_spec(site, rows[i].json), &steps, &r),
                           rows[i].names);
                EXPECT_INT(rows[i].about, r, rows[i].result);
        }
}

/* who may go where */

static void test_sessions(Site *site)
{
        static const char down[] = FILTER_MISSING(
                NONE, OBJ(SERVICE, SETS(STEP("ServiceInstance", "content.rootFolder",
                                             SETS(STEP("Folder", "childEntity", ""))))));
        static const char machine[] = FILTER_MISSING(NONE, OBJ(VM("a"), ""));
        static const char missing[] = FILTER_MISSING(NONE, OBJ(VM("f"), ""));
        static const char host[] =
                FILTER(NONE, OBJ(VM("a"), SETS(STEP("VirtualMachine", "runtime.host", ""))));
        const struct {
                const char *about;
                const Session *session;
                const char *json;
                int result;
                const char *names;
        } rows[] = {
                {"all", site->session, down, 0, "ServiceInstance Datacenters dc"},
                {"one who sees", site->viewer, down, 0, "ServiceInstance Datacenters dc"},
                {"nobody", NULL, down, 0, "ServiceInstance"},
                {"who may read", site->session, host, 0, "a host.example"},
                {"who may not", site->viewer, host, 0, "a"},
                {"nobody sees a machine", NULL, machine, -EPERM, ""},
                {"nor that there is none", NULL, missing, -EPERM, ""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                size_t steps = SELECT_STEPS_MAX;
                int r;

                site->context.session = rows[i].session;
                EXPECT_STR(rows[i].about, names_of(site, site_spec(site, rows[i].json), &steps, &r),
                           rows[i].names);
                EXPECT_INT(rows[i].about, r, rows[i].result);
        }
        site->context.session = site->session;
}

/* Views are for the session that made them, and a step leads into them. */
static void test_view(Site *site)
{
        size_t steps = SELECT_STEPS_MAX;
        OwnObject *view = NULL;
        const PropertyFilterSpec *spec;
        char json[1024];
        int r;

        EXPECT_INT("a view",
                   view_new_container(site->session, inventory_root(site->inventory),
                                      &(WireStrings){(char *[]){(char *)"VirtualMachine"}, 1}, true,
                                      &view),
                   0);
        (void)snprintf(json, sizeof(json),
                       FILTER(NONE, OBJ(REF("ContainerView", "%s"),
                                        SKIP SETS(STEP("ContainerView", "view", "")))),
                       view->moid);
        spec = site_spec(site, json);
        EXPECT_STR("what it holds", names_of(site, spec, &steps, &r), "a b");
        site->context.session = site->other;
        EXPECT_STR("for others it is missing", names_of(site, spec, &steps, &r), view->moid);
        EXPECT_INT("so it is", r, -ENOENT);
        site->context.session = NULL;
        (void)names_of(site, spec, &steps, &r);
        EXPECT_INT("and for nobody", r, -EPERM);
        site->context.session = site->session;
        own_end(view);
        (void)names_of(site, spec, &steps, &r);
        EXPECT_INT("and when it has ended", r, -ENOENT);
}

/* limits */

/* Return: @n traversal specs beside each other, or, where @depth > 1, below each other. */
static const PropertyFilterSpec *many_steps(Site *site, size_t n, size_t depth)
{
        _cleanup_(buf_done) Buf json = {0};

        buf_puts(&json, "{\"propSet\":[],\"objectSet\":[{\"obj\":" ROOT ",\"selectSet\":[");
        for (size_t i = 0; i < n; i++) {
                bool below = i % depth != 0;

                if (i > 0 && !below)
                        for (size_t k = 0; k < depth; k++)
                                buf_puts(&json, "]}");
                buf_putf(&json,
                         "%s"
                         "{\"_typeName\":\"TraversalSpec\",\"name\":\"n\","
                         "\"type\":\"Folder\",\"path\":\"childEntity\",\"selectSet\":[",
                         i > 0 && !below ? "," : "");
        }
        for (size_t k = 0; n > 0 && k <= (n - 1) % depth; k++)
                buf_puts(&json, "]}");
        buf_puts(&json, "]}]}");
        return site_spec(site, buf_text(&json));
}

static void test_many_steps(Site *site)
{
        static const struct {
                const char *about;
                size_t n, depth;
                int result;
        } rows[] = {
                {"none", 0, 1, 0},
                {"one", 1, 1, 0},
                {"as many as there may be", 256, 1, 0},
                {"one more", 257, 1, -E2BIG},
                {"as many, nested", 256, 8, 0},
                {"one more, nested", 257, 8, -E2BIG},
                {"very many", 5000, 1, -E2BIG},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                size_t steps = SELECT_STEPS_MAX;
                int r;

                (void)names_of(site, many_steps(site, rows[i].n, rows[i].depth), &steps, &r);
                EXPECT_INT(rows[i].about, r, rows[i].result);
        }
}

static void test_steps_left(Site *site)
{
        static const char down[] = FILTER(NONE, OBJ(ROOT, SETS(DOWN(DOWN_NAMES))));
        const PropertyFilterSpec *spec = site_spec(site, down);
        size_t steps = SELECT_STEPS_MAX, taken;
        int r;

        (void)names_of(site, spec, &steps, &r);
        taken = SELECT_STEPS_MAX - steps;
        EXPECT("some were taken", taken > 5);
        for (size_t n = 0; n <= taken; n++) {
                steps = n;
                (void)names_of(site, spec, &steps, &r);
                EXPECT_INT("exactly as many are needed", r, n < taken ? -E2BIG : 0);
                EXPECT_INT("all are spent", steps, 0);
        }
        steps = 2 * taken + 1;
        (void)names_of(site, spec, &steps, &r);
        (void)names_of(site, spec, &steps, &r);
        EXPECT_INT("two looks share them", steps, 1);
        (void)names_of(site, spec, &steps, &r);
        EXPECT_INT("the third finds too few", r, -E2BIG);
}

/* Less than what the selection needs, at every size: it ends, and that is all. */
static void test_memory(Site *site)
{
        const PropertyFilterSpec *spec =
                site_spec(site, FILTER(NONE, OBJ(ROOT, SETS(DOWN(DOWN_NAMES)))));
        Arena *arena = site->context.arena;

        for (size_t size = 0; size < 64 << 10; size += 1024) {
                _cleanup_(arena_freep) Arena *small = arena_new(size);
                size_t steps = SELECT_STEPS_MAX;
                const Moref *missing = NULL;
                Selection selection = {0};
                int r;

                site->context.arena = small;
                r = select_objects(&site->context, spec, &steps, &selection, &missing);
                EXPECT("all or nothing", r == 0 ? selection.n == 7 : r == -ENOMEM && !selection.n);
        }
        site->context.arena = arena;
}

int main(void)
{
        _cleanup_(site_done) Site site;

        site_init(&site);
        site_machines(&site, "ab");
        test_walks(&site);
        test_missing(&site);
        test_sessions(&site);
        test_view(&site);
        test_many_steps(&site);
        test_steps_left(&site);
        test_memory(&site);
        return test_end();
}
