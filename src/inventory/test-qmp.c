/* Provider "qmp": what it tells of a machine, and its conversations with the monitor. */

#include "inventory/test-qmp.h"

#include <fcntl.h>

static void test_run_states(void)
{
        static const struct {
                const char *name, *told;
        } rows[] = {
                {"colo", "on;"},           {"debug", "on;"},           {"finish-migrate", "on;"},
                {"guest-panicked", "on;"}, {"inmigrate", "on;"},       {"internal-error", "on;"},
                {"io-error", "on;"},       {"paused", "on;"},          {"postmigrate", "on;"},
                {"prelaunch", "on;"},      {"restore-vm", "on;"},      {"running", "on and runs;"},
                {"save-vm", "on;"},        {"shutdown", "off;"},       {"suspended", "suspended;"},
                {"watchdog", "on;"},       {"of-another-time", "on;"}, {"", "on;"},
                {"Running", "on;"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char status[128];
                Step steps[] = {BEGINS, {.says = status, .tells = rows[i].told}, {0}};

                (void)snprintf(status, sizeof(status), STATUS("%s"), rows[i].name);
                play(rows[i].name, steps);
        }
}

static void test_conversations(void)
{
        static const struct {
                const char *about;
                Step steps[STEPS_MAX];
        } rows[] = {
                {"events ask for the status",
                 {BEGINS,
                  {.says = STATUS("running"), .tells = "on and runs;"},
                  {.says = EVENT("STOP")},
                  {.hears = ASKS_DUMP QUERY, .says = STATUS("paused"), .tells = "on;"},
                  {.says = EVENT("RESUME")},
                  {.hears = QUERY, .says = STATUS("running"), .tells = "on and runs;"},
                  {.says = EVENT("SUSPEND")},
                  {.hears = QUERY, .says = STATUS("suspended"), .tells = "suspended;"},
                  {.says = EVENT("WAKEUP")},
                  {.hears = QUERY, .says = STATUS("running"), .tells = "on and runs;"},
                  {.says = EVENT("SHUTDOWN")},
                  {.hears = QUERY, .says = STATUS("shutdown"), .tells = "off;"}}},
                {"a reset is told, and asks for nothing",
                 {BEGINS,
                  {.says = STATUS("running"), .tells = "on and runs;"},
                  {.says = EVENT("RESET"), .tells = "guest changed;"},
                  {.says = STATUS("running"), .tells = "on and runs;"}}},
                {"other events do nothing",
                 {BEGINS,
                  {.says = EVENT("RTC_CHANGE") EVENT("POWERDOWN") EVENT("stop") STATUS("running"),
                   .tells = "on and runs;"}}},
                {"several events at once",
                 {BEGINS,
                  {.says = EVENT("STOP") EVENT("RESET") EVENT("RESUME"), .tells = "guest changed;"},
                  {.hears = ASKS_DUMP QUERY QUERY,
                   .says = STATUS("running"),
                   .tells = "on and runs;"}}},
                {"a line in pieces",
                 {BEGINS,
                  {.says = "{\"return\": {\"sta"},
                  {.says = EVENT("RESET") + sizeof(EVENT("RESET")) - 1},
                  {.says = "tus\": \"running\"}, \"id\""},
                  {.says = ": \"status\"}\n", .tells = "on and runs;"}}},
                {"answers to nobody, and what is no object",
                 {BEGINS,
                  {.says = DONE "[]\n{}\n{\"id\": 7}\n"
                                "{\"return\": {\"status\": \"paused\"}, \"id\": \"other\"}\n"
                                "{\"error\": {\"class\": \"GenericError\"}}\n" STATUS("running"),
                   .tells = "on and runs;"}}},
                {"it ends, and comes again",
                 {BEGINS,
                  {.says = STATUS("running"), .tells = "on and runs;"},
                  {.hangs_up = true, .tells = "off;"},
                  {.says = GREETING},
                  {.hears = HELLO, .says = DONE STATUS("paused"), .tells = "on;"}}},
                {"it ends at once",
                 {{.tells = "off;"}, {.says = ""}, {.hangs_up = true, .tells = "off;"}}},
                {"it ends within a line",
                 {BEGINS,
                  {.says = STATUS("running") "{\"return\"", .tells = "on and runs;"},
                  {.hangs_up = true, .tells = "off;"}}},
                {"garbage", {BEGINS, {.says = "Hello!\n", .tells = "off;"}}},
                {"garbage instead of a greeting",
                 {{.tells = "off;"}, {.says = "SSH-2.0-OpenSSH\r\n", .tells = "off;"}}},
                {"a number", {BEGINS, {.says = "5\n", .tells = "off;"}}},
                {"an empty line", {BEGINS, {.says = "\n", .tells = "off;"}}},
                {"half a line of JSON", {BEGINS, {.says = "{\"return\": {}\n", .tells = "off;"}}},
                {"a status that is a number",
                 {BEGINS,
                  {.says = "{\"return\": {\"status\": 1}, \"id\": \"status\"}\n", .tells = "on;"}}},
                {"no status",
                 {BEGINS, {.says = "{\"return\": {}, \"id\": \"status\"}\n", .tells = "on;"}}},
                {"an error instead of a status",
                 {BEGINS,
                  {.says = "{\"error\": {\"class\": \"GenericError\"}, \"id\": "
                           "\"status\"}\n" STATUS("running"),
                   .tells = "on and runs;"}}},
                {"a job comes and goes",
                 {BEGINS,
                  {.says = STATUS("running"), .tells = "on and runs;"},
                  {.says = EVENT("JOB_STATUS_CHANGE")},
                  {.hears = ASKS_JOBS,
                   .says = JOBS(JOB("snapshot-save", "running")),
                   .tells = "on and runs, snapshot;"},
                  {.says = EVENT("STOP")},
                  {.hears = ASKS_DUMP QUERY, .says = STATUS("save-vm"), .tells = "on, snapshot;"},
                  {.says = EVENT("RESUME")},
                  {.hears = QUERY, .says = STATUS("running"), .tells = "on and runs, snapshot;"},
                  {.says = EVENT("JOB_STATUS_CHANGE")},
                  {.hears = ASKS_JOBS, .says = JOBS(""), .tells = "on and runs;"}}},
                {"a migration",
                 {BEGINS,
                  {.says = STATUS("running"), .tells = "on and runs;"},
                  {.says = EVENT("MIGRATION")},
                  {.hears = ASKS_MIGRATE QUERY,
                   .says = MIGRATE("setup") STATUS("running"),
                   .tells = "on and runs, migration;on and runs, migration;"},
                  {.says = EVENT("MIGRATION")},
                  {.hears = ASKS_MIGRATE QUERY,
                   .says = MIGRATE("completed") STATUS("postmigrate"),
                   .tells = "on and runs;on;"}}},
                {"the end of a migration is told before it is there",
                 {BEGINS,
                  {.says = STATUS("running"), .tells = "on and runs;"},
                  {.says = EVENT("MIGRATION")},
                  {.hears = ASKS_MIGRATE QUERY,
                   .says = MIGRATE("completed") STATUS("finish-migrate"),
                   .tells = "on and runs;on;"},
                  {.hears = QUERY, .says = STATUS("finish-migrate"), .tells = "on;"},
                  {.hears = QUERY, .says = STATUS("postmigrate"), .tells = "on;"}}},
                {"a dump",
                 {BEGINS,
                  {.says = DUMP("active") STATUS("paused"), .tells = "off;on, dump of its memory;"},
                  {.says = EVENT("DUMP_COMPLETED")},
                  {.hears = ASKS_DUMP, .says = DUMP("completed"), .tells = "on;"}}},
                {"who is off has no job",
                 {BEGINS,
                  {.says = STATUS("shutdown") JOBS(JOB("backup", "running")),
                   .tells = "off;off;"}}},
                {"jobs end with the connection",
                 {BEGINS,
                  {.says = STATUS("running") JOBS(JOB("backup", "running")),
                   .tells = "on and runs;on and runs, backup;"},
                  {.hangs_up = true, .tells = "off;"},
                  {.says = GREETING},
                  {.hears = HELLO, .says = STATUS("running"), .tells = "on and runs;"}}},
                {"what is good before the garbage counts",
                 {BEGINS, {.says = STATUS("running") "!\n", .tells = "on and runs;off;"}}},
                {"a line without end",
                 {BEGINS,
                  {.says = STATUS("running"), .tells = "on and runs;"},
                  {.says = "{", .flood = (size_t)2 << 20, .tells = "off;"}}},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                play(rows[i].about, rows[i].steps);
}

static void test_size(void)
{
        static const Step steps[] = {
                BEGINS,
                {.says = "{\"return\": [{}, {}, {}], \"id\": \"cpus\"}\n"
                         "{\"return\": {\"base-memory\": 4294967296, \"plugged-memory\": 1048576}, "
                         "\"id\": \"memory\"}\n" STATUS("running"),
                 .tells = "on and runs, 3 and 4097;"},
                {.hangs_up = true, .tells = "off, 3 and 4097;"},
                {0},
        };

        play("processors and memory", steps);
}

/* Nobody is there; that is no error: it is powered off. */
static void test_not_there(void)
{
        static const Step steps[] = {
                {.tells = "off;"}, {.asks_channel = true, .tells = "no channel;"}, {0}};

        play_nowhere("nobody is there", steps);
}

int main(void)
{
        test_directory_make();
        test_run_states();
        test_conversations();
        test_size();
        test_not_there();
        test_directory_remove();
        return test_end();
}
