/* Changes: who watches is told once in a turn, whoever goes or comes while the others are told. */

#include "base/test.h"
#include "inventory/changes.h"

#define WATCHERS 4

typedef struct Site Site;

typedef struct Watcher {
        ChangesWatch watch;
        Site *site;
        char name;
        bool watches;
        const char *does; /* once, when it is told: "-a" a goes, "+a" a comes, "!" a change */
} Watcher;

struct Site {
        Loop *loop;
        Changes changes;
        Watcher watchers[WATCHERS];
        char told[32];
        LoopTask quit;
};

static void go(Watcher *watcher)
{
        changes_unwatch(&watcher->site->changes, &watcher->watch);
        watcher->watches = false;
}

static void come(Watcher *watcher)
{
        changes_watch(&watcher->site->changes, &watcher->watch);
        watcher->watches = true;
}

static void on_change(ChangesWatch *watch, Usec now)
{
        Watcher *watcher = container_of(watch, Watcher, watch);
        const char *does = watcher->does ? watcher->does : "";
        Site *site = watcher->site;

        (void)now;
        EXPECT("only who watches is told", watcher->watches);
        (void)snprintf(site->told + strlen(site->told), sizeof(site->told) - strlen(site->told),
                       "%c", watcher->name);
        watcher->does = NULL;
        for (; *does; does++) {
                if (*does == '!')
                        (void)changes_note(&site->changes);
                else if (*does == '-')
                        go(&site->watchers[*++does - 'a']);
                else
                        come(&site->watchers[*++does - 'a']);
        }
}

static int on_quit(LoopTask *task, Usec now)
{
        (void)now;
        loop_quit(container_of(task, Site, quit)->loop);
        return 0;
}

/* Return: who was told in this turn, in that order. */
static const char *turn(Site *site)
{
        site->told[0] = '\0';
        loop_defer(site->loop, &site->quit);
        EXPECT_INT("the loop", loop_run(site->loop), 0);
        return site->told;
}

static void site_init(Site *site, const char *watching)
{
        *site = (Site){.quit.run = on_quit};
        if (loop_new(&site->loop) < 0)
                abort();
        changes_init(&site->changes, site->loop);
        for (size_t i = 0; i < WATCHERS; i++) {
                site->watchers[i] = (Watcher){
                        .watch.on_change = on_change,
                        .site = site,
                        .name = (char)('a' + i),
                };
                if (strchr(watching, (char)('a' + i)))
                        come(&site->watchers[i]);
        }
}

static void site_done(Site *site)
{
        changes_done(&site->changes);
        loop_free(site->loop);
}

static void test_tell(void)
{
        static const struct {
                const char *about, *watching;
                const char *does[WATCHERS];
                const char *told, *next; /* after the next change */
        } rows[] = {
                {"nobody", "", {NULL}, "", ""},
                {"one", "a", {NULL}, "a", "a"},
                {"all", "abcd", {NULL}, "abcd", "abcd"},
                {"one goes when it is told", "abc", {"-a"}, "abc", "bc"},
                {"the last goes", "abc", {[2] = "-c"}, "abc", "ab"},
                {"all go", "abc", {"-a", "-b", "-c"}, "abc", ""},
                {"one goes and comes again", "abc", {"-a+a"}, "abc", "abc"},
                {"all do", "abc", {"-a+a", "-b+b", "-c+c"}, "abc", "abc"},
                {"it takes the next away", "abc", {"-b"}, "ac", "ac"},
                {"it takes the last away", "abc", {"-c"}, "ab", "ab"},
                {"it takes all others away", "abcd", {"-b-c-d"}, "a", "a"},
                {"it takes all away", "abc", {"-a-b-c"}, "a", ""},
                {"it takes one away that has been told", "abc", {[1] = "-a"}, "abc", "bc"},
                {"one that has been told comes again", "abc", {[1] = "-a+a"}, "abc", "bac"},
                {"one that has not comes again", "abc", {"-b+b"}, "ac", "abc"},
                {"another comes", "abc", {"+d"}, "abc", "adbc"},
                {"another comes in its place", "abc", {"-a+d"}, "abc", "dbc"},
                {"the next goes, another comes", "abc", {"-b+d"}, "ac", "adc"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(site_done) Site site;

                site_init(&site, rows[i].watching);
                for (size_t k = 0; k < WATCHERS; k++)
                        site.watchers[k].does = rows[i].does[k];
                EXPECT_STR(rows[i].about, turn(&site), "");
                (void)changes_note(&site.changes);
                changes_note_structure(&site.changes);
                EXPECT_STR(rows[i].about, turn(&site), rows[i].told);
                EXPECT_STR(rows[i].about, turn(&site), "");
                (void)changes_note(&site.changes);
                EXPECT_STR(rows[i].about, turn(&site), rows[i].next);
        }
}

static void test_change_while_telling(void)
{
        _cleanup_(site_done) Site site;

        site_init(&site, "ab");
        site.watchers[0].does = "!";
        (void)changes_note(&site.changes);
        EXPECT_STR("once in this turn", turn(&site), "ab");
        EXPECT_STR("and in the next", turn(&site), "ab");
        EXPECT_STR("that is all", turn(&site), "");
}

static void test_numbers(void)
{
        _cleanup_(site_done) Site site;

        site_init(&site, "");
        EXPECT_INT("the first", changes_note(&site.changes), 1);
        EXPECT_INT("no object has come", site.changes.structure, 0);
        changes_note_structure(&site.changes);
        EXPECT_INT("that is a change, too", site.changes.structure, 2);
        EXPECT_INT("the last", site.changes.last, 2);
        EXPECT_INT("the next", changes_note(&site.changes), 3);
        EXPECT_INT("objects are the same", site.changes.structure, 2);
        come(&site.watchers[0]);
        EXPECT_STR("what was before is not told", turn(&site), "");
}

int main(void)
{
        test_tell();
        test_change_while_telling();
        test_numbers();
        return test_end();
}
