/* What a session has made: it alone finds it, it ends with it, and there is not too much of it. */

#include "base/test.h"
#include "property/test-site.h"
#include "property/view.h"

typedef struct Thing {
        OwnObject own;
        unsigned int told;
} Thing;

static unsigned int ended;

static void on_end(OwnObject *own)
{
        ended++;
        free(container_of(own, Thing, own));
}

static void on_change(OwnObject *own)
{
        container_of(own, Thing, own)->told++;
}

/* @type NULL: a token. Return: NULL where it is refused. */
static Thing *thing_make(Session *session, const char *type, size_t bytes, int *r)
{
        Thing *thing = calloc(1, sizeof(*thing));

        if (!thing)
                abort();
        thing->own = (OwnObject){
                .type = type ? managed_type_find(type) : NULL,
                .bytes = bytes,
                .end = on_end,
                .on_change = on_change,
        };
        *r = own_add(session, &thing->own);
        if (*r < 0) {
                free(thing);
                return NULL;
        }
        return thing;
}

static void test_find(Site *site)
{
        int r;
        Thing *view = thing_make(site->session, "ListView", 1, &r);
        Thing *token = thing_make(site->session, NULL, 1, &r);
        const struct {
                const char *about;
                const Session *session;
                const char *type, *moid;
                const OwnObject *found;
        } rows[] = {
                {"by its type", site->session, "ListView", view->own.moid, &view->own},
                {"by any type", site->session, NULL, view->own.moid, &view->own},
                {"not by another", site->session, "ContainerView", view->own.moid, NULL},
                {"nor by a base type", site->session, "View", view->own.moid, NULL},
                {"nor by another session", site->other, "ListView", view->own.moid, NULL},
                {"nor by nobody", NULL, "ListView", view->own.moid, NULL},
                {"nor by another id", site->session, "ListView", "session[x]", NULL},
                {"nor by none", site->session, "ListView", "", NULL},
                {"a token is not found", site->session, NULL, token->own.moid, NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT(rows[i].about,
                       own_find(rows[i].session, rows[i].type, rows[i].moid) == rows[i].found);
        EXPECT("it says whose it is",
               strncmp(view->own.moid, "session[", 8) == 0 &&
                       strncmp(view->own.moid + 8, site->session->key, 36) == 0);
        EXPECT_INT("a UUID is behind that", strlen(view->own.moid), 8 + 36 + 1 + 36);
        EXPECT("each has its own", strcmp(view->own.moid, token->own.moid) != 0);
        EXPECT("the first", own_first(site->session) == &view->own);
        EXPECT("the next", own_next(&view->own) == &token->own);
        EXPECT("no more", !own_next(&token->own) && !own_first(site->other) && !own_first(NULL));
        own_end(&view->own);
        own_end(&token->own);
        EXPECT("nothing is left", !own_first(site->session));
}

static void test_change(Site *site)
{
        int r;
        Thing *first = thing_make(site->session, "ListView", 1, &r), *second, *token;
        uint64_t generation = own_generation(site->session);

        EXPECT_INT("of itself, too", first->told, 1);
        second = thing_make(site->session, "ListView", 1, &r);
        EXPECT_INT("another comes", first->told, 2);
        EXPECT("that is a change", own_generation(site->session) > generation);
        generation = own_generation(site->session);
        token = thing_make(site->session, NULL, 1, &r);
        own_end(&token->own);
        EXPECT_INT("a token is nobody's matter", first->told, 2);
        EXPECT("nor a change", own_generation(site->session) == generation);
        (void)thing_make(site->other, "ListView", 1, &r);
        EXPECT_INT("another session's neither", first->told, 2);
        own_end(&second->own);
        EXPECT_INT("another goes", first->told, 3);
        EXPECT("that is a change", own_generation(site->session) > generation);
        own_end(&first->own);
        own_end(own_first(site->other));
}

static void test_count(Site *site)
{
        int r;

        for (unsigned int i = 0; i < OWN_OBJECTS_MAX; i++)
                if (!thing_make(site->session, "ListView", 1, &r))
                        EXPECT_INT("there is room", r, 0);
        EXPECT("one more", !thing_make(site->session, "ListView", 1, &r) && r == -EUSERS);
        EXPECT("for others there is room", thing_make(site->other, "ListView", 1, &r) && r == 0);
        own_end(own_first(site->session));
        EXPECT("in its place", thing_make(site->session, "ListView", 1, &r) && r == 0);
}

static void test_bytes(Site *site)
{
        int r;
        Thing *large = thing_make(site->session, "ListView", OWN_BYTES_MAX - 2, &r);

        EXPECT("a large one", large && r == 0);
        EXPECT("too much", !thing_make(site->session, "ListView", 3, &r) && r == -EUSERS);
        EXPECT("far too much",
               !thing_make(site->session, "ListView", SIZE_MAX, &r) && r == -EUSERS);
        EXPECT("what there is room for", thing_make(site->session, "ListView", 2, &r) && r == 0);
        EXPECT("no more", !thing_make(site->session, "ListView", 1, &r) && r == -EUSERS);
        EXPECT_INT("it cannot grow", own_resize(&large->own, OWN_BYTES_MAX - 1), -EUSERS);
        EXPECT_INT("nor by very much", own_resize(&large->own, SIZE_MAX), -EUSERS);
        EXPECT_INT("it shrinks", own_resize(&large->own, 10), 0);
        EXPECT("another", thing_make(site->session, "ListView", OWN_BYTES_MAX - 12, &r) && r == 0);
        EXPECT_INT("and is as small as it can be", own_resize(&large->own, 11), -EUSERS);
        own_end(&large->own);
        EXPECT("its place is free", thing_make(site->session, "ListView", 10, &r) && r == 0);
}

static void test_session_end(Site *site)
{
        unsigned int before = ended;
        int r;

        EXPECT("one", thing_make(site->viewer, "ListView", 1, &r));
        EXPECT("two", thing_make(site->viewer, NULL, 1, &r));
        session_enter(site->sessions, site->viewer, 1, 1);
        session_end(site->sessions, site->viewer);
        EXPECT_INT("all end with it", ended, before + 2);
        EXPECT("none is left", !own_first(site->viewer));
        EXPECT("and none comes: a call is still there",
               !thing_make(site->viewer, "ListView", 1, &r) && r == -ENOMEM);
        session_leave(site->sessions, site->viewer, 2);
}

/* views */

static void test_views(Site *site)
{
        static char *types[VIEW_TYPES_MAX + 1];
        static Moref references[OWN_BYTES_MAX / 1024];
        OwnObject *view = NULL;
        char name[512];
        size_t n = 0;
        int r;

        for (size_t i = 0; i < ELEMENTS(types); i++)
                types[i] = (char *)"VirtualMachine";
        EXPECT_INT("as many types as there may be",
                   view_new_container(site->session, inventory_root(site->inventory),
                                      &(WireStrings){types, VIEW_TYPES_MAX}, true, &view),
                   0);
        own_end(view);
        EXPECT_INT("one more",
                   view_new_container(site->session, inventory_root(site->inventory),
                                      &(WireStrings){types, VIEW_TYPES_MAX + 1}, true, &view),
                   -EINVAL);
        memset(name, 'x', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        for (size_t i = 0; i < ELEMENTS(references); i++)
                references[i] = (Moref){"VirtualMachine", name};
        EXPECT_INT("an empty list", view_new_list(site->session, &(WireMorefs){0}, &view), 0);
        own_end(view);
        do
                r = view_new_list(site->session, &(WireMorefs){references, 4096}, &view);
        while (r == 0);
        EXPECT_INT("long lists, until there are too many", r, -EUSERS);
        for (view = own_first(site->session); view; view = own_next(view))
                n++;
        EXPECT("not too early, nor too late", n >= 4 && n <= 16);
        EXPECT("longer than a list may be",
               view_new_list(site->other, &(WireMorefs){references, ELEMENTS(references)}, &view) <
                       0);
}

static void test_all_of(Site *site, void (*test)(Site *site))
{
        test(site);
        while (own_first(site->session))
                own_end(own_first(site->session));
        while (own_first(site->other))
                own_end(own_first(site->other));
}

int main(void)
{
        _cleanup_(site_done) Site site;
        int r;

        site_init(&site);
        test_all_of(&site, test_find);
        test_all_of(&site, test_change);
        test_all_of(&site, test_count);
        test_all_of(&site, test_bytes);
        test_all_of(&site, test_session_end);
        test_all_of(&site, test_views);
        site.viewer = NULL;
        EXPECT("left for the end", thing_make(site.session, "ListView", 1, &r));
        return test_end();
}
