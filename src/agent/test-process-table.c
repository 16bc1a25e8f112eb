/* Process table: hours of retention tested in no time, because time is an argument. */

#include "agent/process-table.h"
#include "base/test.h"

#include <signal.h>

#define MINUTE  (60 * USEC_PER_SEC)
#define NOON    INT64_C(1700000000000000) /* a wall clock */
#define CORE    0x80                      /* wait(2): it dumped core */
#define EXIT(n) ((n) << 8)

static ProcessTable *table_make(size_t max)
{
        ProcessTable *table = process_table_new(max, 5 * MINUTE);

        if (!table)
                abort();
        return table;
}

static int add(ProcessTable *table, pid_t pid)
{
        return process_table_add(table, pid, 1000, "alice", "/bin/true", "", NOON, 0);
}

static void test_retention(void)
{
        static const struct {
                const char *about;
                Usec ended, asked; /* ended 0: never */
                bool known;
                Usec next; /* when to reap before that */
        } rows[] = {
                {"runs for hours", 0, 600 * MINUTE, true, USEC_NEVER},
                {"has just ended", 1 * MINUTE, 1 * MINUTE, true, 6 * MINUTE + 1},
                {"last of the five minutes", 1 * MINUTE, 6 * MINUTE, true, 6 * MINUTE + 1},
                {"one microsecond late", 1 * MINUTE, 6 * MINUTE + 1, false, 6 * MINUTE + 1},
                {"hours later", 1 * MINUTE, 600 * MINUTE, false, 6 * MINUTE + 1},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(process_table_freep) ProcessTable *table = table_make(10);

                EXPECT_INT(rows[i].about, add(table, 42), 0);
                if (rows[i].ended)
                        EXPECT_INT(rows[i].about,
                                   process_table_end(table, 42, 0, NOON, rows[i].ended), 0);
                EXPECT_INT(rows[i].about, process_table_next_reap(table), rows[i].next);
                process_table_reap(table, rows[i].asked);
                EXPECT(rows[i].about, (process_table_find(table, 42) != NULL) == rows[i].known);
                EXPECT_INT(rows[i].about, process_table_count(table), rows[i].known);
        }
}

static void test_exit_codes(void)
{
        static const struct {
                const char *about;
                int status, code;
        } rows[] = {
                {"success", EXIT(0), 0},
                {"failure", EXIT(1), 1},
                {"7", EXIT(7), 7},
                {"not found, as a shell says it", EXIT(127), 127},
                {"looks like SIGKILL", EXIT(137), 137},
                {"the highest", EXIT(255), 255},
                {"killed", SIGKILL, 137},
                {"terminated", SIGTERM, 143},
                {"hung up", SIGHUP, 129},
                {"the last signal", 64, 192},
                {"dumped core", SIGSEGV | CORE, 139},
                {"aborted with a core", SIGABRT | CORE, 134},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(process_table_freep) ProcessTable *table = table_make(10);
                const ProcessRecord *record;

                add(table, 42);
                EXPECT_INT(rows[i].about, process_table_end(table, 42, rows[i].status, NOON + 1, 1),
                           0);
                record = process_table_find(table, 42);
                EXPECT_INT(rows[i].about, record ? record->exit_code : -1, rows[i].code);
                EXPECT(rows[i].about, record && !record->running);
        }
}

static void test_names(void)
{
        static const struct {
                const char *about, *path, *name, *program;
        } rows[] = {
                {"a path", "/bin/sleep", "sleep", "\"/bin/sleep\""},
                {"no slash", "sleep", "sleep", "\"sleep\""},
                {"blanks", "/opt/my tool/run it", "run it", "\"/opt/my tool/run it\""},
                {"a slash at the end", "/bin/", "", "\"/bin/\""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(process_table_freep) ProcessTable *table = table_make(10);
                const ProcessRecord *record;

                EXPECT_INT(rows[i].about,
                           process_table_add(table, 42, 7, "bob", rows[i].path, "a 'b c'", NOON,
                                             MINUTE),
                           0);
                record = process_table_find(table, 42);
                if (!record) {
                        EXPECT(rows[i].about, record != NULL);
                        continue;
                }
                EXPECT_STR(rows[i].about, record->name, rows[i].name);
                EXPECT_STR(rows[i].about, record->program, rows[i].program);
                EXPECT_STR(rows[i].about, record->owner, "bob");
                EXPECT_STR(rows[i].about, record->arguments, "a 'b c'");
                EXPECT_INT(rows[i].about, record->uid, 7);
                EXPECT_INT(rows[i].about, record->started, NOON);
                EXPECT_INT(rows[i].about, record->started_at, MINUTE);
                EXPECT(rows[i].about, record->running);
        }
}

static void test_clock_set_back(void)
{
        static const struct {
                const char *about;
                int64_t wall, ended;
        } rows[] = {
                {"later", NOON + 5, NOON + 5},
                {"at once", NOON, NOON},
                {"the clock was set back", NOON - 1, NOON},
                {"far back", 0, NOON},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(process_table_freep) ProcessTable *table = table_make(10);
                const ProcessRecord *record;

                add(table, 42);
                process_table_end(table, 42, 0, rows[i].wall, MINUTE);
                record = process_table_find(table, 42);
                EXPECT_INT(rows[i].about, record ? record->ended : -1, rows[i].ended);
                EXPECT_INT(rows[i].about, process_table_next_reap(table), 6 * MINUTE + 1);
        }
}

static void test_pid_used_again(void)
{
        _cleanup_(process_table_freep) ProcessTable *table = table_make(10);
        const ProcessRecord *record;

        add(table, 42);
        EXPECT_INT("the first ends", process_table_end(table, 42, EXIT(1), NOON, MINUTE), 0);
        EXPECT_INT("it cannot end twice", process_table_end(table, 42, EXIT(2), NOON, MINUTE),
                   -ESRCH);
        add(table, 42);
        record = process_table_find(table, 42);
        EXPECT("the newest is found", record && record->running);
        EXPECT_INT("both are there", process_table_count(table), 2);
        EXPECT_INT("the second ends", process_table_end(table, 42, EXIT(2), NOON, 2 * MINUTE), 0);
        record = process_table_find(table, 42);
        EXPECT_INT("each keeps its code", record ? record->exit_code : -1, 2);
        record = process_table_next(table, NULL);
        EXPECT_INT("each keeps its code", record ? record->exit_code : -1, 1);
        process_table_reap(table, 6 * MINUTE + 1);
        EXPECT_INT("each has its own time", process_table_count(table), 1);
        record = process_table_find(table, 42);
        EXPECT_INT("the second is left", record ? record->exit_code : -1, 2);
        EXPECT_INT("nobody has this pid", process_table_end(table, 43, 0, NOON, 0), -ESRCH);
        EXPECT("nobody has this pid", !process_table_find(table, 43));
}

/* The pids in order, as text. */
static const char *list(ProcessTable *table)
{
        static char text[256];
        size_t n = 0;

        text[0] = '\0';
        for (ProcessRecord *record = NULL; (record = process_table_next(table, record));)
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d", n ? " " : "",
                                      (int)record->pid);
        return text;
}

static void test_full(void)
{
        _cleanup_(process_table_freep) ProcessTable *table = table_make(3);

        EXPECT_STR("empty", list(table), "");
        EXPECT_INT("nothing has ended", process_table_next_reap(table), USEC_NEVER);
        add(table, 30);
        add(table, 10);
        EXPECT("room for one", process_table_has_room(table));
        add(table, 20);
        EXPECT_STR("in the order of their start", list(table), "30 10 20");
        EXPECT("no room: all run", !process_table_has_room(table));
        EXPECT_INT("no room: all run", add(table, 40), -EUSERS);
        EXPECT_STR("nothing has changed", list(table), "30 10 20");

        process_table_end(table, 10, 0, NOON, 2 * MINUTE);
        process_table_end(table, 30, 0, NOON, 3 * MINUTE);
        EXPECT_INT("the first that ended is first", process_table_next_reap(table), 7 * MINUTE + 1);
        EXPECT("room: one has ended", process_table_has_room(table));
        EXPECT_INT("it gives way", add(table, 40), 0);
        EXPECT_STR("it was the one that ended first", list(table), "30 20 40");
        EXPECT_INT("so does the next", add(table, 50), 0);
        EXPECT_STR("what runs stays", list(table), "20 40 50");
        EXPECT_INT("no room again", add(table, 60), -EUSERS);
        EXPECT_INT("never more than that", process_table_count(table), 3);
}

static void test_running(void)
{
        _cleanup_(process_table_freep) ProcessTable *table = table_make(10);

        EXPECT_INT("empty", process_table_running(table, 1000), 0);
        process_table_add(table, 1, 1000, "alice", "/bin/true", "", NOON, 0);
        process_table_add(table, 2, 1000, "ALICE", "/bin/true", "", NOON, 0);
        process_table_add(table, 3, 1001, "bob", "/bin/true", "", NOON, 0);
        EXPECT_INT("two of alice, by her uid", process_table_running(table, 1000), 2);
        EXPECT_INT("one of bob", process_table_running(table, 1001), 1);
        process_table_end(table, 2, 0, NOON, MINUTE);
        EXPECT_INT("what has ended does not count", process_table_running(table, 1000), 1);
        EXPECT_INT("nobody", process_table_running(table, 0), 0);
}

static void test_configure(void)
{
        _cleanup_(process_table_freep) ProcessTable *table = table_make(2);

        add(table, 1);
        add(table, 2);
        process_table_end(table, 1, 0, NOON, MINUTE);
        process_table_configure(table, 3, MINUTE);
        EXPECT_INT("what has ended keeps its time", process_table_next_reap(table), 6 * MINUTE + 1);
        EXPECT_INT("there is more room", add(table, 3), 0);
        EXPECT_STR("nobody had to give way", list(table), "1 2 3");
        process_table_end(table, 2, 0, NOON, MINUTE);
        EXPECT_INT("what ends now has the other", process_table_next_reap(table), 2 * MINUTE + 1);
        process_table_reap(table, 2 * MINUTE + 1);
        EXPECT_STR("and is forgotten first", list(table), "1 3");
        process_table_end(table, 3, 0, NOON, 3 * MINUTE);
        process_table_configure(table, 1, MINUTE);
        EXPECT_INT("less room: nothing is lost", process_table_count(table), 2);
        EXPECT("who asks finds room, as some have ended", process_table_has_room(table));
}

static void test_many(void)
{
        _cleanup_(process_table_freep) ProcessTable *table = table_make(1000);

        for (int i = 1; i <= 1000; i++)
                add(table, i);
        for (int i = 1; i <= 1000; i += 2)
                process_table_end(table, i, 0, NOON, (Usec)i);
        process_table_reap(table, 5 * MINUTE + 501);
        EXPECT_INT("a quarter has been reaped", process_table_count(table), 1000 - 250);
        EXPECT_INT("the next is due", process_table_next_reap(table), 5 * MINUTE + 501 + 1);
        EXPECT("process_table_free(NULL)", process_table_free(NULL) == NULL);
}

int main(void)
{
        test_retention();
        test_exit_codes();
        test_names();
        test_clock_set_back();
        test_pid_used_again();
        test_full();
        test_running();
        test_configure();
        test_many();
        return test_end();
}
