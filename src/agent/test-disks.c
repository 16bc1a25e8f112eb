/* Disks: workers of the test's own, that tell what they are told to, end well or hang. */

#include "agent/disks.h"
#include "schema/tables.h"
#include "wire/write.h"

#include "base/test.h"

#include <sys/mman.h>

#define PATIENCE_USEC (300 * USEC_PER_SEC) /* never reached */

typedef struct Site {
        Loop *loop;
        Disks disks;
        LoopTimer timer;
        const char *wanted; /* the loop ends when this is told */
        unsigned int changes;
} Site;

static const char *text_of(const WireObjects *told, Buf *out)
{
        for (size_t i = 0; i < told->n; i++) {
                const AgentDisk *disk = (const AgentDisk *)told->items[i];

                buf_putf(out, "%s %lld;", disk->path, (long long)disk->free_space);
        }
        return buf_text(out);
}

static void on_change(Disks *disks, Usec now)
{
        Site *site = container_of(disks, Site, disks);
        _cleanup_(buf_done) Buf text = {0};

        (void)now;
        site->changes++;
        if (strcmp(text_of(&disks->told, &text), site->wanted) == 0) {
                loop_timer_clear(&disks->timer);
                loop_quit(site->loop);
        }
}

static int on_patience(LoopTimer *timer, Usec now)
{
        (void)timer;
        (void)now;
        return -ETIMEDOUT;
}

static void site_open(Site *site, void (*read)(const void *, Arena *, Buf *))
{
        *site = (Site){.timer.on_due = on_patience};
        if (loop_new(&site->loop) < 0 ||
            loop_timer_set(site->loop, &site->timer, loop_now(site->loop) + PATIENCE_USEC) < 0)
                abort();
        disks_init(&site->disks, site->loop, on_change);
        site->disks.read = read;
}

static void site_close(Site *site)
{
        disks_done(&site->disks);
        loop_timer_clear(&site->timer);
        loop_free(site->loop);
}

static void tell(Buf *answer, const char *path, int64_t free_space)
{
        AgentDisk disk = {&type_AgentDisk, (char *)path, (char *)"ext4", 1000, free_space};
        WireObject *items[] = {(WireObject *)&disk};
        const AgentFacts facts = {.type = &type_AgentFacts, .disks = {items, 1}};

        tlv_write(answer, &facts);
        worker_flush(answer);
}

/* shared with the children: how many there have been */
static unsigned int *children;

static void tell_number(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        tell(answer, "/", ++*children);
}

static void tell_alike(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        tell(answer, "/", ++*children < 3 ? 1 : 2);
}

static void tell_nothing_at_last(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        if (++*children == 1)
                tell(answer, "/", 1);
}

/* Every other one hangs in its second disk, and the rest find that gone. */
static void hang(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        tell(answer, "/", 1);
        if (++*children % 2 == 1)
                for (;;)
                        pause();
        tell(answer, "/other", 2);
}

static void die_first(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        tell(answer, "/", ++*children);
        if (*children == 1)
                _exit(EXIT_FAILURE);
}

static void tell_nonsense_first(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        if (++*children == 1) {
                buf_puts(answer, "nonsense");
                return;
        }
        tell(answer, "/", *children);
}

static void run(Site *site, const char *about, const char *wanted)
{
        _cleanup_(buf_done) Buf text = {0};

        site->wanted = wanted;
        EXPECT_INT(about, loop_run(site->loop), 0);
        EXPECT_STR(about, text_of(&site->disks.told, &text), wanted);
}

static void test_changes(void)
{
        static const struct {
                const char *about;
                void (*read)(const void *argument, Arena *arena, Buf *answer);
                const char *wanted;
                unsigned int changes, children;
        } rows[] = {
                {"one", tell_number, "/ 1;", 1, 1},
                {"several", tell_number, "/ 3;", 3, 3},
                {"what is as before is no change", tell_alike, "/ 2;", 2, 3},
                {"all are gone", tell_nothing_at_last, "", 2, 2},
                {"what one says that dies does not count", die_first, "/ 2;", 1, 2},
                {"nor what cannot be read", tell_nonsense_first, "/ 2;", 1, 2},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Site site;

                *children = 0;
                site_open(&site, rows[i].read);
                site.disks.interval_usec = USEC_PER_MSEC;
                disks_read(&site.disks, loop_now(site.loop));
                run(&site, rows[i].about, rows[i].wanted);
                EXPECT_INT(rows[i].about, site.changes, rows[i].changes);
                EXPECT_INT(rows[i].about, *children, rows[i].children);
                site_close(&site);
        }
}

/* What came before it counts; it is killed, and the next one asks again. */
static void test_hanging(void)
{
        Site site;

        *children = 0;
        site_open(&site, hang);
        site.disks.interval_usec = USEC_PER_MSEC;
        site.disks.deadline_usec = 100 * USEC_PER_MSEC;
        disks_read(&site.disks, loop_now(site.loop));
        run(&site, "hangs", "/ 1;");
        EXPECT_INT("is known", site.disks.error, -ETIMEDOUT);
        disks_read(&site.disks, loop_now(site.loop));
        run(&site, "does not", "/ 1;/other 2;");
        EXPECT_INT("is well again", site.disks.error, 0);
        site_close(&site);
}

static void test_one_at_a_time(void)
{
        Site site;

        *children = 0;
        site_open(&site, tell_number);
        for (size_t i = 0; i < 5; i++)
                disks_read(&site.disks, loop_now(site.loop));
        run(&site, "five times", "/ 1;");
        EXPECT_INT("children", *children, 1);
        site_close(&site);
}

int main(void)
{
        children = mmap(NULL, sizeof(*children), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);
        if (children == MAP_FAILED)
                abort();
        test_changes();
        test_hanging();
        test_one_at_a_time();
        return test_end();
}
