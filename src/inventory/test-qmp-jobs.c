/* Provider "qmp": jobs of QEMU's, and how they end. */

#include "inventory/test-qmp.h"

static void test_jobs(void)
{
        static const struct {
                const char *about, *says, *job; /* job "": none */
        } rows[] = {
                {"none", JOBS(""), ""},
                {"a snapshot", JOBS(JOB("snapshot-save", "created")), ", snapshot"},
                {"back to one", JOBS(JOB("snapshot-load", "running")), ", return to a snapshot"},
                {"no more of one", JOBS(JOB("snapshot-delete", "paused")),
                 ", deletion of a snapshot"},
                {"a backup", JOBS(JOB("backup", "ready")), ", backup"},
                {"another kind", JOBS(JOB("mirror", "running")), ""},
                {"the second", JOBS(JOB("mirror", "running") "," JOB("backup", "running")),
                 ", backup"},
                {"has ended", JOBS(JOB("backup", "concluded")), ""},
                {"is being given up", JOBS(JOB("backup", "aborting")), ""},
                {"is nothing any more", JOBS(JOB("backup", "null")), ""},
                {"one has ended, one has not",
                 JOBS(JOB("backup", "running") "," JOB("snapshot-save", "concluded")), ", backup"},
                {"no jobs but numbers", JOBS("1,2"), ""},
                {"a job of no kind", JOBS("{\"status\": \"running\"}"), ""},
                {"a job in no state", JOBS("{\"type\": \"backup\"}"), ""},
                {"no list", "{\"return\": {}, \"id\": \"jobs\"}\n", ""},
                {"migration begins", MIGRATE("setup"), ", migration"},
                {"migration", MIGRATE("active"), ", migration"},
                {"migration, afterwards", MIGRATE("postcopy-active"), ", migration"},
                {"migration is given up", MIGRATE("cancelling"), ", migration"},
                {"migration was given up", MIGRATE("cancelled"), ""},
                {"migration has ended", MIGRATE("completed"), ""},
                {"migration has failed", MIGRATE("failed"), ""},
                {"migration of another time", MIGRATE("of-another-time"), ""},
                {"no migration", "{\"return\": {}, \"id\": \"migrate\"}\n", ""},
                {"a dump", DUMP("active"), ", dump of its memory"},
                {"no dump", DUMP("none"), ""},
                {"a dump has failed", DUMP("failed"), ""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char told[128];
                Step steps[] = {
                        BEGINS,
                        {.says = STATUS("running"), .tells = "on and runs;"},
                        {.says = rows[i].says, .tells = told},
                        {0},
                };

                (void)snprintf(told, sizeof(told), "on and runs%s;", rows[i].job);
                play(rows[i].about, steps);
        }
}

/* How jobs end, told together with their end. */
static void test_ends_of_jobs(void)
{
        static const char aborting[] =
                "{\"event\": \"JOB_STATUS_CHANGE\", \"data\": {\"id\": \"j\", "
                "\"status\": \"aborting\"}, \"timestamp\": {}}\r\n";
        static const char another[] =
                "{\"event\": \"JOB_STATUS_CHANGE\", \"data\": {\"id\": \"k\", "
                "\"status\": \"aborting\"}, \"timestamp\": {}}\r\n";
        static const char dumped[] = "{\"event\": \"DUMP_COMPLETED\", \"data\": {\"result\": {}, "
                                     "\"error\": \"disk full\"}, \"timestamp\": {}}\r\n";
        static const char failed_job[] =
                JOBS("{\"id\": \"j\", \"type\": \"snapshot-save\", \"status\": \"concluded\", "
                     "\"error\": \"no room\"}");
        static const char other_failed[] =
                JOBS("{\"id\": \"k\", \"type\": \"snapshot-save\", \"status\": \"concluded\", "
                     "\"error\": \"no room\"}");
        static const char failed_migration[] =
                "{\"return\": {\"status\": \"failed\", \"error-desc\": \"no route\"}, "
                "\"id\": \"migrate\"}\r\n";
        static const struct {
                const char *about, *begins, *job, *event, *asks, *ends, *told;
        } rows[] = {
                {"a job ends well", JOBS(JOB("snapshot-save", "running")), "snapshot",
                 EVENT("JOB_STATUS_CHANGE"), ASKS_JOBS, JOBS(JOB("snapshot-save", "concluded")),
                 ""},
                {"it is listed with its error", JOBS(JOB("snapshot-save", "running")), "snapshot",
                 EVENT("JOB_STATUS_CHANGE"), ASKS_JOBS, failed_job, ", the job failed: no room"},
                {"it is gone from the list", JOBS(JOB("backup", "running")), "backup", aborting,
                 ASKS_JOBS, JOBS(""), ", the job failed"},
                {"the list says more", JOBS(JOB("snapshot-save", "running")), "snapshot", aborting,
                 ASKS_JOBS, failed_job, ", the job failed: no room"},
                {"another job failed", JOBS(JOB("backup", "running")), "backup", another, ASKS_JOBS,
                 other_failed, ""},
                {"a migration fails", MIGRATE("active"), "migration", EVENT("MIGRATION"),
                 ASKS_MIGRATE QUERY, failed_migration, ", the migration failed: no route"},
                {"without a word why", MIGRATE("active"), "migration", EVENT("MIGRATION"),
                 ASKS_MIGRATE QUERY, MIGRATE("failed"), ", the migration failed"},
                {"a migration is canceled", MIGRATE("active"), "migration", EVENT("MIGRATION"),
                 ASKS_MIGRATE QUERY, MIGRATE("cancelled"), ", canceled at QEMU's monitor"},
                {"a migration ends well", MIGRATE("active"), "migration", EVENT("MIGRATION"),
                 ASKS_MIGRATE QUERY, MIGRATE("completed"), ""},
                {"a dump fails", DUMP("active"), "dump of its memory", dumped, ASKS_DUMP,
                 DUMP("failed"), ", the dump failed: disk full"},
                {"a dump fails, silently", DUMP("active"), "dump of its memory",
                 EVENT("DUMP_COMPLETED"), ASKS_DUMP, DUMP("failed"), ", the dump failed"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char busy[128], told[128];
                const Step steps[] = {
                        BEGINS,
                        {.says = STATUS("running"), .tells = "on and runs;"},
                        {.says = rows[i].begins, .tells = busy},
                        {.says = rows[i].event},
                        {.hears = rows[i].asks, .says = rows[i].ends, .tells = told},
                        /* The next one is not blamed. */
                        {.says = DUMP("active"), .tells = "on and runs, dump of its memory;"},
                        {.says = DUMP("none"), .tells = "on and runs;"},
                        {0},
                };

                (void)snprintf(busy, sizeof(busy), "on and runs, %s;", rows[i].job);
                (void)snprintf(told, sizeof(told), "on and runs%s;", rows[i].told);
                play(rows[i].about, steps);
        }
}

int main(void)
{
        test_directory_make();
        test_jobs();
        test_ends_of_jobs();
        test_directory_remove();
        return test_end();
}
