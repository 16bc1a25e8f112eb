/* Files that come to be, in a directory of the test's own. */

#include "loop/loop.h"

#include "base/test-file.h"
#include "base/test.h"

#include <sys/stat.h>

#define PATIENCE (30 * USEC_PER_SEC)

typedef struct Site {
        Loop *loop;
        LoopTimer guard;
        bool fired;
} Site;

typedef struct Waiter {
        Site *site;
        LoopPath path;
        char name[256];
        unsigned int n;
        LoopPath *unwatch; /* when told */
        bool again;        /* watches again when told */
} Waiter;

static int on_guard(LoopTimer *timer, Usec now)
{
        Site *site = container_of(timer, Site, guard);

        (void)now;
        site->fired = true;
        loop_quit(site->loop);
        return 0;
}

static void site_open(Site *site)
{
        *site = (Site){.guard.on_due = on_guard};
        test_directory_make();
        if (loop_new(&site->loop) < 0)
                abort();
}

static void site_done(Site *site)
{
        loop_free(site->loop);
        test_directory_remove();
}

static void run_until(Site *site, const Waiter *waiter, unsigned int n)
{
        (void)loop_timer_set(site->loop, &site->guard, loop_now(site->loop) + PATIENCE);
        while (waiter->n < n && !site->fired)
                EXPECT_INT("loop", loop_run(site->loop), 0);
        EXPECT("in time", !site->fired);
        loop_timer_clear(&site->guard);
}

static int on_appear(LoopPath *path, Usec now)
{
        Waiter *waiter = container_of(path, Waiter, path);

        (void)now;
        waiter->n++;
        if (waiter->unwatch)
                loop_path_unwatch(waiter->unwatch);
        if (waiter->again)
                EXPECT_INT("again", loop_path_watch(waiter->site->loop, path, waiter->name), 0);
        loop_quit(waiter->site->loop);
        return 0;
}

static void wait_for(Waiter *waiter, Site *site, const char *name)
{
        *waiter = (Waiter){.site = site, .path.on_appear = on_appear};
        (void)snprintf(waiter->name, sizeof(waiter->name), "%s", test_path(name));
        EXPECT_INT("watch", loop_path_watch(site->loop, &waiter->path, waiter->name), 0);
}

static void make_directory(const char *name)
{
        EXPECT_INT("mkdir", mkdir(test_path(name), 0700), 0);
}

static void move(const char *from, const char *to)
{
        EXPECT_INT("rename", rename(test_path(from), test_path(to)), 0);
}

static void test_comes(void)
{
        Waiter a, longer, shorter, same;
        Site site;

        site_open(&site);
        wait_for(&a, &site, "agent");
        wait_for(&longer, &site, "agent.sock");
        wait_for(&shorter, &site, "age");
        wait_for(&same, &site, "agent");
        test_write("agent", "");
        run_until(&site, &a, 1);
        run_until(&site, &same, 1);
        EXPECT("told once", !a.path.loop && !same.path.loop);
        EXPECT_INT("not of another name", longer.n + shorter.n, 0);
        test_write("new", "");
        move("new", "agent.sock");
        run_until(&site, &longer, 1);
        EXPECT_INT("not told again", a.n, 1);
        loop_path_unwatch(&shorter.path);
        loop_path_unwatch(&shorter.path);
        test_write("age", "");
        wait_for(&a, &site, "other");
        test_write("other", "");
        run_until(&site, &a, 1);
        EXPECT_INT("not after its end", shorter.n, 0);
        site_done(&site);
}

static void test_way(void)
{
        Waiter deep, beside;
        Site site;

        site_open(&site);
        wait_for(&deep, &site, "a/b//agent");
        wait_for(&beside, &site, "c/agent");
        deep.again = true;
        make_directory("a");
        run_until(&site, &deep, 1);
        make_directory("a/b");
        run_until(&site, &deep, 2);
        test_write("a/b/agent", "");
        run_until(&site, &deep, 3);
        EXPECT_INT("another way", beside.n, 0);

        /* The directory goes, and another one comes. */
        move("a/b", "gone");
        run_until(&site, &deep, 4);
        make_directory("a/b");
        run_until(&site, &deep, 5);
        test_write("a/b/agent", "");
        run_until(&site, &deep, 6);
        site_done(&site);
}

static void test_file_on_the_way(void)
{
        Waiter waiter;
        Site site;

        site_open(&site);
        test_write("a", "");
        wait_for(&waiter, &site, "a/agent");
        move("a", "b");
        make_directory("a");
        run_until(&site, &waiter, 1);
        site_done(&site);
}

static void test_callback_unwatches(void)
{
        Waiter a, b;
        Site site;

        site_open(&site);
        wait_for(&a, &site, "agent");
        wait_for(&b, &site, "agent");
        a.unwatch = &b.path;
        b.unwatch = &a.path;
        test_write("agent", "");
        while (a.n + b.n == 0)
                EXPECT_INT("loop", loop_run(site.loop), 0);
        wait_for(a.n ? &a : &b, &site, "other");
        test_write("other", "");
        run_until(&site, a.path.loop ? &a : &b, 1);
        EXPECT("one of them", a.n == 0 || b.n == 0);
        site_done(&site);
}

static void test_many(void)
{
        enum { N = 3000 };
        static Waiter waiters[N];
        char name[32];
        Site site;

        site_open(&site);
        for (size_t i = 0; i < N; i++) {
                (void)snprintf(name, sizeof(name), "%zu", i);
                wait_for(&waiters[i], &site, name);
        }
        for (size_t i = 0; i < N; i += 2) {
                (void)snprintf(name, sizeof(name), "%zu", i);
                test_write(name, "");
        }
        for (size_t i = 0; i < N; i += 2)
                run_until(&site, &waiters[i], 1);
        for (size_t i = 1; i < N; i += 2) {
                EXPECT_INT("none", waiters[i].n, 0);
                if (i % 3 == 0)
                        loop_path_unwatch(&waiters[i].path);
        }
        site_done(&site); /* the rest still waits */
}

static void test_errors(void)
{
        static const struct {
                const char *what, *name;
                int r;
        } rows[] = {
                {"nothing", "", -ENOENT},
                {"the root", "/", -ENOENT},
                {"here", "guestops-no-such-file", 0},
                {"below here", "guestops-no-such-directory/file", 0},
        };
        char name[5000];
        Waiter waiter = {.path.on_appear = on_appear};
        Site site;

        site_open(&site);
        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT_INT(rows[i].what, loop_path_watch(site.loop, &waiter.path, rows[i].name),
                           rows[i].r);
        memset(name, 'x', sizeof(name) - 1);
        name[0] = '/';
        name[sizeof(name) - 1] = '\0';
        EXPECT_INT("long", loop_path_watch(site.loop, &waiter.path, name), -ENAMETOOLONG);
        EXPECT("not watched", !waiter.path.loop);
        site_done(&site);
}

int main(void)
{
        test_comes();
        test_way();
        test_file_on_the_way();
        test_callback_unwatches();
        test_many();
        test_errors();
        return test_end();
}
