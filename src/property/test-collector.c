/* Collectors: whose they are, what versions they tell, who is told that they change or end. */

#include "base/test.h"
#include "property/collector.h"
#include "property/test-site.h"
#include "property/view.h"

#define EVERYBODYS "propertyCollector"
#define MACHINES   OBJ(VM_FOLDER, SKIP SETS(STEP("Folder", "childEntity", "")))
#define BY_NAME    FILTER(PATHS("VirtualMachine", "\"name\""), MACHINES)

typedef struct Waiter {
        CollectorWait wait;
        unsigned int changes, ends;
} Waiter;

static void on_change(CollectorWait *wait)
{
        container_of(wait, Waiter, wait)->changes++;
}

static void on_end(CollectorWait *wait)
{
        container_of(wait, Waiter, wait)->ends++;
}

static Collector *collector_make(Session *session)
{
        Collector *collector = NULL;

        if (collector_new(session, &collector) < 0)
                abort();
        return collector;
}

static Collector *everybodys(Session *session)
{
        Collector *collector = NULL;

        if (collector_get(session, EVERYBODYS, &collector) < 0)
                abort();
        return collector;
}

/* Return: its id, or NULL with *@r. */
static const char *add_filter(Site *site, Collector *collector, const char *json, int *r)
{
        const char *moid = NULL;

        *r = collector_add_filter(collector, site_spec(site, json), false, &moid);
        return moid;
}

/* Return: "version: filters/objects", with "..." where there are more; or the error. */
static const char *told(Site *site, Collector *collector, const char *version, size_t room)
{
        _cleanup_(buf_done) Buf text = {0};
        UpdateSet *set = NULL;
        size_t n = 0;
        int r;

        r = collector_updates(collector, &site->context, version, room, &set);
        if (r < 0)
                return r == -ESTALE ? "stale" : strerror(-r);
        if (!set)
                return "";
        for (size_t i = 0; i < set->filter_set.n; i++)
                n += ((const PropertyFilterUpdate *)set->filter_set.items[i])->object_set.n;
        buf_putf(&text, "%s: %zu/%zu%s", set->version, set->filter_set.n, n,
                 set->truncated.set && set->truncated.value ? "..." : "");
        return site_text(site, &text);
}

static void end_all(Session *session)
{
        while (own_first(session))
                own_end(own_first(session));
}

static void test_versions(Site *site)
{
        static const struct {
                const char *about, *machines, *version;
                size_t room;
                const char *told;
        } rows[] = {
                {"before the first", "ab", "0", 10, "stale"},
                {"another", "ab", "1", 10, "stale"},
                {"the first", "ab", "", 10, "1: 1/2"},
                {"nothing new", "ab", "1", 10, ""},
                {"again", "ab", "1", 10, ""},
                {"one comes", "abc", "1", 10, "2: 1/1"},
                {"the last but one", "abc", "1", 10, "stale"},
                {"the next", "abc", "3", 10, "stale"},
                {"nonsense", "abc", "x", 10, "stale"},
                {"spelled otherwise", "abc", "02", 10, "stale"},
                {"nothing was lost by that", "abcd", "2", 10, "3: 1/1"},
                {"all anew", "abcd", "", 10, "4: 1/4"},
                {"all anew, without a version", "abcd", NULL, 10, "5: 1/4"},
                {"little room", "abcd", "", 3, "6: 1/3..."},
                {"the rest", "abcd", "6", 3, "7: 1/1"},
                {"no more", "abcd", "7", 3, ""},
                {"one goes", "abc", "7", 3, "8: 1/1"},
        };
        Collector *collector = collector_make(site->session);
        int r;

        (void)add_filter(site, collector, BY_NAME, &r);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                site_machines(site, rows[i].machines);
                EXPECT_STR(rows[i].about, told(site, collector, rows[i].version, rows[i].room),
                           rows[i].told);
        }
        end_all(site->session);
}

static void test_filters(Site *site)
{
        Collector *one = collector_make(site->session), *two = collector_make(site->session);
        const char *moid;
        int r;

        site_machines(site, "ab");
        EXPECT_STR("no filter", told(site, one, "", 10), "");
        moid = add_filter(site, one, BY_NAME, &r);
        (void)add_filter(site, one, BY_NAME, &r);
        (void)add_filter(site, two, BY_NAME, &r);
        EXPECT_STR("its own filters", told(site, one, "", 10), "1: 2/4");
        EXPECT_STR("the other's", told(site, two, "", 10), "1: 1/2");
        EXPECT_STR("they share the room", told(site, one, "", 3), "2: 2/3...");
        EXPECT_STR("and the rest", told(site, one, "2", 3), "3: 1/1");
        own_end(own_find(site->session, "PropertyFilter", moid));
        EXPECT_STR("one has gone", told(site, one, "", 10), "4: 1/2");
        (void)add_filter(site, one, BY_NAME, &r);
        EXPECT_STR("one has come", told(site, one, "4", 10), "5: 1/2");
        collector_end(one);
        EXPECT_STR("the other stays", told(site, two, "", 10), "2: 1/2");
        end_all(site->session);
}

static void test_identity(Site *site)
{
        Collector *one = collector_make(site->session), *found = NULL;
        Collector *mine = everybodys(site->session), *theirs = everybodys(site->other);
        const char *filter;
        int r;

        EXPECT("each session has one", mine != theirs && mine != one);
        EXPECT("and always the same", everybodys(site->session) == mine);
        EXPECT_STR("with everybody's name", collector_moid(mine), EVERYBODYS);
        EXPECT_INT("by its id", collector_get(site->session, collector_moid(one), &found), 0);
        EXPECT("that one", found == one);
        EXPECT_INT("not another session's", collector_get(site->other, collector_moid(one), &found),
                   -ENOENT);
        EXPECT_INT("nor any id", collector_get(site->session, "x", &found), -ENOENT);
        filter = add_filter(site, one, BY_NAME, &r);
        EXPECT_INT("nor a filter", collector_get(site->session, filter, &found), -ENOENT);
        collector_end(mine);
        EXPECT_STR("made anew", told(site, everybodys(site->session), "1", 10), "stale");
        end_all(site->session);
        end_all(site->other);
}

static void test_wait(Site *site)
{
        Waiter one = {.wait = {on_change, on_end}}, two = one, others = one;
        Collector *first = collector_make(site->session), *second = everybodys(site->session);
        Collector *foreign = everybodys(site->other);
        OwnObject *view = NULL;
        int r;

        collector_set_wait(first, &one.wait);
        collector_set_wait(second, &two.wait);
        collector_set_wait(foreign, &others.wait);
        EXPECT("who waits", collector_wait(first) == &one.wait);
        (void)view_new_list(site->session, &(WireMorefs){0}, &view);
        EXPECT("a view comes", one.changes == 1 && two.changes == 1);
        own_end(view);
        EXPECT("and goes", one.changes == 2 && two.changes == 2);
        (void)add_filter(site, second, BY_NAME, &r);
        EXPECT("a filter comes", one.changes == 3 && two.changes == 3);
        collector_set_wait(second, NULL);
        collector_end(second);
        EXPECT("nobody waits there", two.changes == 3 && two.ends == 0);
        collector_end(first);
        EXPECT("told once of the end", one.ends == 1);
        EXPECT("others are not concerned", others.changes == 0 && others.ends == 0);
        end_all(site->other);
        EXPECT("but by their own end", others.ends == 1);
        end_all(site->session);
}

static void test_session_end(Site *site)
{
        Waiter waiter = {.wait = {on_change, on_end}};
        Collector *collector = collector_make(site->viewer);
        int r;

        collector_set_wait(collector, &waiter.wait);
        for (unsigned int i = 0; i < 3; i++)
                (void)add_filter(site, collector, BY_NAME, &r);
        session_end(site->sessions, site->viewer);
        EXPECT_INT("told once", waiter.ends, 1);
}

static void test_limits(Site *site)
{
        Collector *one = collector_make(site->session), *two = collector_make(site->session);
        Collector *three = NULL;
        OwnObject *view = NULL;
        int r;

        for (unsigned int i = 0; i < FILTERS_MAX; i++) {
                (void)add_filter(site, i % 2 ? one : two, BY_NAME, &r);
                EXPECT_INT("there is room", r, 0);
        }
        (void)add_filter(site, one, BY_NAME, &r);
        EXPECT_INT("one filter too many", r, -EUSERS);
        EXPECT_STR("all are told", told(site, one, "", 1000), "1: 32/64");
        (void)add_filter(site, everybodys(site->other), BY_NAME, &r);
        EXPECT_INT("others have their own", r, 0);
        collector_end(one);
        (void)add_filter(site, two, BY_NAME, &r);
        EXPECT_INT("there is room again", r, 0);
        do
                r = view_new_list(site->session, &(WireMorefs){0}, &view);
        while (r == 0);
        EXPECT_INT("as many as there may be", r, -EUSERS);
        EXPECT_INT("no collector", collector_new(site->session, &three), -EUSERS);
        EXPECT_INT("nor everybody's", collector_get(site->session, EVERYBODYS, &three), -EUSERS);
        (void)add_filter(site, two, BY_NAME, &r);
        EXPECT_INT("nor a filter", r, -EUSERS);
        end_all(site->session);
        end_all(site->other);
}

/* What counts as told and has not arrived is told anew: the client has to begin again. */
static void test_lost(Site *site)
{
        Collector *collector = collector_make(site->session);
        Arena *arena = site->context.arena;
        int r;

        site_machines(site, "ab");
        (void)add_filter(site, collector, BY_NAME, &r);
        (void)add_filter(site, collector, FILTER(ALL_PATHS("VirtualMachine"), MACHINES), &r);
        EXPECT_STR("both", told(site, collector, "", 10), "1: 2/4");
        site_machines(site, "abcdef");
        site->context.arena = arena_new(16 << 10); /* enough for the first */
        if (!site->context.arena)
                abort();
        EXPECT_STR("no memory", told(site, collector, "1", 10), strerror(ENOMEM));
        arena_free(site->context.arena);
        site->context.arena = arena;
        EXPECT_STR("it may not go on", told(site, collector, "1", 10), "stale");
        EXPECT_STR("it begins again", told(site, collector, "", 20), "3: 2/12");
        end_all(site->session);
}

/* A session's filters may know so much, and no more. */
static void test_bytes(Site *site)
{
        Collector *collector = collector_make(site->session);
        Waiter waiter = {.wait = {on_change, on_end}};
        OwnObject *view = NULL;
        int r;

        site_machines(site, "ab");
        (void)add_filter(site, collector, BY_NAME, &r);
        if (view_new_list(site->session, &(WireMorefs){0}, &view) < 0)
                abort();
        EXPECT_INT("hardly any room is left",
                   own_resize(view, OWN_BYTES_MAX - own_first(site->session)->bytes -
                                            own_next(own_first(site->session))->bytes),
                   0);
        collector_set_wait(collector, &waiter.wait);
        EXPECT_STR("too much", told(site, collector, "", 10), strerror(EUSERS));
        own_end(view);
        EXPECT_STR("there is room again", told(site, collector, "", 10), "2: 1/2");
        end_all(site->session);
}

/* Eight walks along 255 ways at each object. */
static const char *long_walks(Site *site)
{
        _cleanup_(buf_done) Buf json = {0};

        buf_puts(&json, "{\"propSet\":[" PATHS("Folder", "") "],\"objectSet\":[");
        for (unsigned int walk = 0; walk < 8; walk++) {
                buf_puts(&json, walk > 0 ? "," : "");
                buf_puts(&json, "{\"obj\":" ROOT ",\"selectSet\":[");
                for (unsigned int i = 0; i < 85; i++) {
                        buf_puts(&json,
                                 STEP_NAMED("n", "Datacenter", "vmFolder", SETS(NAMED("n"))));
                        buf_puts(&json, ",");
                        buf_puts(&json, STEP_NAMED("n", "Folder", "childEntity", SETS(NAMED("n"))));
                        buf_puts(&json, ",");
                        buf_puts(&json,
                                 STEP_NAMED("n", "ManagedEntity", "parent", SETS(NAMED("n"))));
                        buf_puts(&json, ",");
                }
                buf_puts(&json, NAMED("n") "]}");
        }
        buf_puts(&json, "]}");
        return site_text(site, &json);
}

static void test_steps(Site *site)
{
        Collector *one = collector_make(site->session), *two = collector_make(site->session);
        Collector *other = collector_make(site->other);
        const char *json = long_walks(site);
        size_t n = 0;
        int r;

        site_machines(site, "abcdef");
        (void)add_filter(site, one, BY_NAME, &r);
        EXPECT_STR("a short one", told(site, one, "", 10), "1: 1/6");
        while (n < FILTERS_MAX - 1 && strcmp(told(site, two, "", 1000), strerror(E2BIG)) != 0) {
                (void)add_filter(site, two, json, &r);
                n++;
        }
        EXPECT("many long ones, but not very many", n >= 10 && n < FILTERS_MAX - 1);
        EXPECT_STR("the short one has its share", told(site, one, "", 10), "2: 1/6");
        (void)add_filter(site, other, json, &r);
        site->context.session = site->other;
        EXPECT_STR("others have their own", told(site, other, "", 10), "1: 1/2");
        site->context.session = site->session;
        collector_end(two);
        (void)add_filter(site, one, json, &r);
        EXPECT_STR("there is room again", told(site, one, "", 10), "3: 2/8");
        end_all(site->session);
        end_all(site->other);
}

int main(void)
{
        _cleanup_(site_done) Site site;

        site_init(&site);
        test_versions(&site);
        test_filters(&site);
        test_identity(&site);
        test_wait(&site);
        test_session_end(&site);
        test_limits(&site);
        test_lost(&site);
        test_bytes(&site);
        test_steps(&site);
        return test_end();
}
