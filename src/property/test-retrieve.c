/* Values: which paths are read of which object, what is refused, and what is no path. */

#include "base/test.h"
#include "property/page.h"
#include "property/retrieve.h"
#include "property/test-site.h"

#define HERE  OBJ(ROOT, "")
#define PAGER FILTER(PATHS("VirtualMachine", "\"name\""), VM_REFS)
#define VM_REFS                                                                                    \
        OBJ(VM("a"), "")                                                                           \
        "," OBJ(VM("b"), "") "," OBJ(VM("c"), "") "," OBJ(VM("d"), "") "," OBJ(VM("e"), "")

static const char *fault_of(const MissingProperty *missing)
{
        return missing->fault->fault->type->name;
}

/* Return: "name val", "!path fault", or "not reported". */
static const char *told(Site *site, const PropertyFilterSpec *spec, const Object *object)
{
        PathSets sets = {.spec = spec, .arena = site->arena};
        _cleanup_(buf_done) Buf text = {0};
        ObjectContent *content = NULL;

        EXPECT_INT("read", retrieve_object(&site->context, &sets, object, &content), 0);
        if (!content)
                return "not reported";
        EXPECT_STR("its type", content->obj.type, object->type->name);
        EXPECT_STR("its id", content->obj.value, object->moid);
        for (size_t i = 0; i < content->prop_set.n; i++)
                buf_putf(&text, "%s%s", text.size > 0 ? " " : "",
                         ((const DynamicProperty *)content->prop_set.items[i])->name);
        for (size_t i = 0; i < content->missing_set.n; i++) {
                const MissingProperty *missing = (const void *)content->missing_set.items[i];

                buf_putf(&text, "%s!%s %s", text.size > 0 ? " " : "", missing->path,
                         fault_of(missing));
        }
        return site_text(site, &text);
}

static void test_paths(Site *site)
{
        static const struct {
                const char *about, *type, *moid, *paths, *told;
        } rows[] = {
                {"one path", "Folder", "group-v3", PATHS("Folder", "\"name\""), "name"},
                {"in their order", "Folder", "group-v3", PATHS("Folder", "\"parent\",\"name\""),
                 "parent name"},
                {"twice", "Folder", "group-v3", PATHS("Folder", "\"name\",\"parent\",\"name\""),
                 "name parent"},
                {"twice in two specs", "Folder", "group-v3",
                 PATHS("Folder", "\"name\"") "," PATHS("Folder", "\"parent\",\"name\""),
                 "name parent"},
                {"no path", "Folder", "group-v3", PATHS("Folder", ""), ""},
                {"neither all nor paths", "Folder", "group-v3", "{\"type\":\"Folder\"}", ""},
                {"all", "ServiceInstance", "ServiceInstance", ALL_PATHS("ServiceInstance"),
                 "content serverClock"},
                {"all of a base type is all that the object has", "ServiceInstance",
                 "ServiceInstance", ALL_PATHS("ManagedObject"), "content serverClock"},
                {"not all", "ServiceInstance", "ServiceInstance",
                 "{\"type\":\"ServiceInstance\",\"all\":false}", ""},
                {"all, and paths besides", "ServiceInstance", "ServiceInstance",
                 "{\"type\":\"ServiceInstance\",\"all\":true,"
                 "\"pathSet\":[\"content.about.name\",\"content\"]}",
                 "content serverClock content.about.name"},
                {"all twice", "ServiceInstance", "ServiceInstance",
                 ALL_PATHS("ServiceInstance") "," ALL_PATHS("ManagedObject"),
                 "content serverClock"},
                {"of a base type", "Folder", "group-v3", PATHS("ManagedEntity", "\"name\""),
                 "name"},
                {"of a base type and the object's own", "Folder", "group-v3",
                 PATHS("ManagedEntity", "\"name\"") "," PATHS("Folder", "\"parent\""),
                 "name parent"},
                {"of both, the same", "Folder", "group-v3",
                 PATHS("Folder", "\"name\"") "," PATHS("ManagedEntity", "\"name\""), "name"},
                {"of another type", "Folder", "group-v3", PATHS("VirtualMachine", "\"name\""),
                 "not reported"},
                {"of another type, too", "Folder", "group-v3",
                 PATHS("VirtualMachine", "\"runtime\"") "," PATHS("Folder", "\"name\""), "name"},
                {"of a type that there is not", "Folder", "group-v3",
                 PATHS("VirtualApp", "\"name\""), "not reported"},
                {"of no type", "Folder", "group-v3", "", "not reported"},
                {"unset", "Folder", "group-d1", PATHS("Folder", "\"parent\",\"name\""), "name"},
                {"only that", "Folder", "group-d1", PATHS("Folder", "\"parent\""), ""},
                {"below a value", "VirtualMachine", VM_ID("a"),
                 PATHS("VirtualMachine", "\"runtime.powerState\",\"guest.hostName\""),
                 "runtime.powerState"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Object object = site_object(site, rows[i].type, rows[i].moid);
                char json[1024];

                (void)snprintf(json, sizeof(json), FILTER("%s", HERE), rows[i].paths);
                EXPECT_STR(rows[i].about, told(site, site_spec(site, json), &object), rows[i].told);
        }
}

/* Paths are found once for each type, and are right for each. */
static void test_path_sets(Site *site)
{
        const PropertyFilterSpec *spec = site_spec(
                site,
                FILTER(PATHS("ManagedEntity", "\"name\"") "," PATHS("Folder", "\"childType\""),
                       HERE));
        PathSets sets = {.spec = spec, .arena = site->arena};
        const PathSet *folder = retrieve_paths(&sets, managed_type_find("Folder"));
        const PathSet *vm = retrieve_paths(&sets, managed_type_find("VirtualMachine"));
        const PathSet *service = retrieve_paths(&sets, managed_type_find("ServiceInstance"));

        EXPECT("a folder", folder && folder->covered && folder->n == 2);
        EXPECT("a machine", vm && vm->covered && vm->n == 1);
        EXPECT("no entity", service && !service->covered && service->n == 0);
        EXPECT("found again", folder == retrieve_paths(&sets, managed_type_find("Folder")));
        EXPECT("found again", vm == retrieve_paths(&sets, managed_type_find("VirtualMachine")));
}

static void test_refused(Site *site)
{
        static const char json[] =
                FILTER(PATHS("VirtualMachine", "\"name\",\"runtime.powerState\"") "," PATHS(
                               "SessionManager", "\"currentSession\"") "," PATHS("ViewManager",
                                                                                 "\"viewList\""),
                       HERE);
        const struct {
                const char *about;
                const Session *session;
                const char *type, *moid, *told;
        } rows[] = {
                {"who may do all", site->session, "VirtualMachine", VM_ID("a"),
                 "name runtime.powerState"},
                {"who may only look", site->viewer, "VirtualMachine", VM_ID("a"),
                 "name !runtime.powerState NoPermission"},
                {"nobody", NULL, "VirtualMachine", VM_ID("a"),
                 "!name NotAuthenticated !runtime.powerState NotAuthenticated"},
                {"nobody, where it takes a session", NULL, "ViewManager", "ViewManager",
                 "!viewList NotAuthenticated"},
                {"nobody, where that is unset", NULL, "SessionManager", "SessionManager", ""},
                {"somebody", site->viewer, "SessionManager", "SessionManager", "currentSession"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Object object = site_object(site, rows[i].type, rows[i].moid);

                site->context.session = rows[i].session;
                EXPECT_STR(rows[i].about, told(site, site_spec(site, json), &object), rows[i].told);
        }
        site->context.session = site->session;
}

static void test_refusal(Site *site)
{
        Object object = site_object(site, "VirtualMachine", VM_ID("a"));
        LocalizedMethodFault *fault = NULL;
        const NoPermission *refusal;
        WireAny value;

        site->context.session = site->viewer;
        EXPECT_INT("refused", retrieve_property(&site->context, &object, "runtime", &value, &fault),
                   -EPERM);
        refusal = (const void *)fault->fault;
        EXPECT_STR("its privilege", refusal->privilege_id, "System.Read");
        EXPECT_STR("its object", refusal->object.value, VM_ID("a"));
        EXPECT("it says so", fault->localized_message != NULL);
        EXPECT_INT("no such path",
                   retrieve_property(&site->context, &object, "nonsense", &value, &fault), -ENOENT);
        site->context.session = site->session;
}

/* what may be asked */

static void test_check(Site *site)
{
        static const struct {
                const char *about, *paths;
                const char *fault, *what; /* its property; NULL: there is none */
        } rows[] = {
                {"a path", PATHS("Folder", "\"name\""), NULL, NULL},
                {"an inherited one", PATHS("VirtualMachine", "\"name\""), NULL, NULL},
                {"none", PATHS("Folder", "\"nonsense\""), "InvalidProperty", "nonsense"},
                {"a derived type's", PATHS("ManagedEntity", "\"runtime\""), "InvalidProperty",
                 "runtime"},
                {"the second", PATHS("Folder", "\"name\",\"x\""), "InvalidProperty", "x"},
                {"in the second spec", PATHS("Folder", "\"name\"") "," PATHS("Datacenter", "\"x\""),
                 "InvalidProperty", "x"},
                {"below a value", PATHS("VirtualMachine", "\"runtime.x\""), "InvalidProperty",
                 "runtime.x"},
                {"empty", PATHS("Folder", "\"\""), "InvalidProperty", ""},
                {"beside all", "{\"type\":\"Folder\",\"all\":true,\"pathSet\":[\"x\"]}",
                 "InvalidProperty", "x"},
                {"of a type that there is not", PATHS("StoragePod", "\"nonsense\""), NULL, NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Call call = {.arena = site->arena, .session = site->session};
                char json[512];
                int r;

                (void)snprintf(json, sizeof(json), FILTER("%s", HERE), rows[i].paths);
                r = retrieve_check(&call, site_spec(site, json));
                EXPECT(rows[i].about, rows[i].fault ? r < 0 : r == 0);
                EXPECT_STR(rows[i].about, call.fault.detail ? call.fault.detail->type->name : NULL,
                           rows[i].fault);
                if (call.fault.detail)
                        EXPECT_STR(rows[i].about, ((InvalidProperty *)call.fault.detail)->name,
                                   rows[i].what);
        }
}

static void test_presence(Site *site)
{
        static const struct {
                const char *about, *json;
                const char *missing; /* NULL: nothing */
        } rows[] = {
                {"both", FILTER(PATHS("Folder", ""), HERE), NULL},
                {"no property spec", FILTER("", HERE), "propSet"},
                {"no object spec", FILTER(PATHS("Folder", ""), ""), "objectSet"},
                {"neither", FILTER("", ""), "propSet"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Call call = {.arena = site->arena, .session = site->session};
                const InvalidArgument *fault;

                EXPECT(rows[i].about, (retrieve_check(&call, site_spec(site, rows[i].json)) < 0) ==
                                              (rows[i].missing != NULL));
                fault = (const void *)call.fault.detail;
                EXPECT_STR(rows[i].about, fault ? fault->invalid_property : NULL, rows[i].missing);
        }
}

static void test_many_paths(Site *site)
{
        static const struct {
                const char *about;
                size_t specs, paths; /* of each */
                bool refused;
        } rows[] = {
                {"as many paths as there may be", 1, 1023, false},
                {"one more", 1, 1024, true},
                {"as many specs", 1024, 0, false},
                {"one more", 1025, 0, true},
                {"both together", 64, 15, false},
                {"both, and one more", 64, 16, true},
                {"very many", 1, 60000, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Call call = {.arena = site->arena, .session = site->session};
                _cleanup_(buf_done) Buf json = {0};
                int r;

                buf_puts(&json, "{\"objectSet\":[" HERE "],\"propSet\":[");
                for (size_t k = 0; k < rows[i].specs; k++) {
                        buf_putf(&json, "%s{\"type\":\"Folder\",\"pathSet\":[", k > 0 ? "," : "");
                        for (size_t n = 0; n < rows[i].paths; n++)
                                buf_puts(&json, n > 0 ? ",\"name\"" : "\"name\"");
                        buf_puts(&json, "]}");
                }
                buf_puts(&json, "]}");
                r = retrieve_check(&call, site_spec(site, buf_text(&json)));
                EXPECT(rows[i].about, (r < 0) == rows[i].refused);
                EXPECT_STR(rows[i].about, call.fault.detail ? call.fault.detail->type->name : NULL,
                           rows[i].refused ? "InvalidArgument" : NULL);
        }
}

static void test_faults(Site *site)
{
        static const Moref missing = {"VirtualMachine", "vm-1"};
        const struct {
                const char *about;
                Session *session;
                int result;
                const char *fault;
        } rows[] = {
                {"missing", site->session, -ENOENT, "ManagedObjectNotFound"},
                {"nobody may know", NULL, -EPERM, "NotAuthenticated"},
                {"too much", site->session, -E2BIG, "InvalidArgument"},
                {"no memory", site->session, -ENOMEM, NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Call call = {.arena = site->arena, .session = rows[i].session};

                EXPECT(rows[i].about, retrieve_fault(&call, rows[i].result, &missing) < 0);
                EXPECT_STR(rows[i].about, call.fault.detail ? call.fault.detail->type->name : NULL,
                           rows[i].fault);
        }
}

/* pages */

static Page *page_make(Site *site, Session *session, size_t size)
{
        static const PageItem items[] = {
                {0, {"VirtualMachine", VM_ID("a")}}, {0, {"VirtualMachine", VM_ID("b")}},
                {0, {"VirtualMachine", VM_ID("c")}}, {0, {"VirtualMachine", VM_ID("d")}},
                {0, {"VirtualMachine", VM_ID("e")}},
        };
        WireObject *spec = (WireObject *)site_spec(site, PAGER);
        Page *page = NULL;

        if (page_new(session, &(WireObjects){&spec, 1}, items, ELEMENTS(items), size, &page) < 0)
                abort();
        return page;
}

/* Return: the names of the machines of the next page, and "+" where there are more. */
static const char *turn_page(Site *site, Page *page)
{
        _cleanup_(buf_done) Buf text = {0};
        WireObjects contents = {0};
        bool more = false;

        EXPECT_INT("next", page_next(page, &site->context, &contents, &more), 0);
        for (size_t i = 0; i < contents.n; i++) {
                const ObjectContent *content = (const void *)contents.items[i];
                const DynamicProperty *property = (const void *)content->prop_set.items[0];

                buf_puts(&text, *(char *const *)property->val.value);
        }
        buf_puts(&text, more ? "+" : "");
        return site_text(site, &text);
}

static void test_pages(Site *site)
{
        static const struct {
                const char *about;
                size_t size;
                const char *machines; /* that there are then */
                const char *told[4];  /* ended by one without "+" */
        } rows[] = {
                {"one by one", 1, "abcde", {"a+", "b+", "c+"}},
                {"in twos", 2, "abcde", {"ab+", "cd+", "e"}},
                {"exactly", 5, "abcde", {"abcde"}},
                {"all at once", 100, "abcde", {"abcde"}},
                {"some are gone", 2, "ace", {"ac+", "e"}},
                {"the last are gone", 2, "abc", {"ab+", "c"}},
                {"all are gone", 2, "", {""}},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const char *const *told = rows[i].told;
                Page *page = page_make(site, site->session, rows[i].size);

                site_machines(site, rows[i].machines);
                for (; told < rows[i].told + ELEMENTS(rows[i].told) && *told; told++)
                        EXPECT_STR(rows[i].about, turn_page(site, page), *told);
                page_end(page);
        }
        site_machines(site, "abcde");
}

static void test_tokens(Site *site)
{
        Page *first = page_make(site, site->session, 1), *page = first;
        char token[128];

        (void)snprintf(token, sizeof(token), "%s", page_token(first));
        EXPECT("found", page_find(site->session, token) == first);
        EXPECT("not by others", !page_find(site->other, token));
        EXPECT("nor by nobody", !page_find(NULL, token));
        EXPECT("nor another", !page_find(site->session, "") && !page_find(site->session, "x"));
        EXPECT("a token is no object", !own_find(site->session, NULL, token));
        for (size_t i = 1; i < PAGES_MAX; i++)
                page = page_make(site, site->session, 1);
        EXPECT("the oldest is there", page_find(site->session, token) == first);
        (void)page_make(site, site->other, 1);
        EXPECT("whatever others do", page_find(site->session, token) == first);
        (void)page_make(site, site->session, 1);
        EXPECT("until there is one more", !page_find(site->session, token));
        EXPECT_STR("the others are there", turn_page(site, page), "a+");
        (void)snprintf(token, sizeof(token), "%s", page_token(page));
        page_end(page);
        EXPECT("ended", !page_find(site->session, token));
}

/* A page that could not be read for want of memory can be asked for again. */
static void test_page_memory(Site *site)
{
        Page *page = page_make(site, site->session, 5);
        Arena *arena = site->context.arena;
        int r = -ENOMEM;

        for (size_t size = 0; r < 0; size += 1024) {
                _cleanup_(arena_freep) Arena *small = arena_new(size);
                WireObjects contents = {0};
                bool more = false;

                site->context.arena = small;
                r = page_next(page, &site->context, &contents, &more);
                EXPECT("all or nothing", r == 0 ? contents.n == 5 && !more : r == -ENOMEM);
        }
        site->context.arena = arena;
        page_end(page);
}

int main(void)
{
        _cleanup_(site_done) Site site;

        site_init(&site);
        site_machines(&site, "abcde");
        test_paths(&site);
        test_path_sets(&site);
        test_refused(&site);
        test_refusal(&site);
        test_check(&site);
        test_presence(&site);
        test_many_paths(&site);
        test_faults(&site);
        test_pages(&site);
        test_tokens(&site);
        test_page_memory(&site);
        return test_end();
}
