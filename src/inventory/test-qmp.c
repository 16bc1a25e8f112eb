/*
 * Provider "qmp" against a monitor of our own, which lives in the same loop: a socket that waits
 * for what it expects to be told and then says the next thing of its script.
 */

#include "base/buf.h"
#include "base/test-file.h"
#include "base/test.h"
#include "inventory/qmp-private.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define UUID              "4c4c4544-0031-4210-8031-b2c04f4d4d32"
#define GREETING          "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define DONE              "{\"return\": {}}\r\n"
#define STATUS(name)      "{\"return\": {\"status\": \"" name "\"}, \"id\": \"status\"}\r\n"
#define EVENT(name)       "{\"event\": \"" name "\", \"timestamp\": {\"seconds\": 1}}\r\n"
#define CAPABILITIES      "{\"execute\":\"qmp_capabilities\"}\n"
#define QUERY             "{\"execute\":\"query-status\",\"id\":\"status\"}\n"
#define JOBS(list)        "{\"return\": [" list "], \"id\": \"jobs\"}\r\n"
#define JOB(type, status) "{\"id\": \"j\", \"type\": \"" type "\", \"status\": \"" status "\"}"
#define MIGRATE(status)   "{\"return\": {\"status\": \"" status "\"}, \"id\": \"migrate\"}\r\n"
#define DUMP(status)      "{\"return\": {\"status\": \"" status "\"}, \"id\": \"dump\"}\r\n"
#define ASKS_JOBS         "{\"execute\":\"query-jobs\",\"id\":\"jobs\"}\n"
#define ASKS_MIGRATE      "{\"execute\":\"query-migrate\",\"id\":\"migrate\"}\n"
#define ASKS_DUMP         "{\"execute\":\"query-dump\",\"id\":\"dump\"}\n"
#define WANTS_EVENTS                                                                               \
        "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":"               \
        "[{\"capability\":\"events\",\"state\":true}]}}\n"
#define ASKS_CPUS   "{\"execute\":\"query-cpus-fast\",\"id\":\"cpus\"}\n"
#define ASKS_MEMORY "{\"execute\":\"query-memory-size-summary\",\"id\":\"memory\"}\n"
#define HELLO       CAPABILITIES WANTS_EVENTS ASKS_CPUS ASKS_MEMORY ASKS_JOBS ASKS_MIGRATE ASKS_DUMP QUERY
#define STEPS_MAX   16
#define PATIENCE    (30 * USEC_PER_SEC) /* until a test is declared hung */

/* Power actions and what is heard of them. */
#define ORDER(command) "{\"execute\":\"" command "\",\"id\":\"power\"}\n"
#define ON_SHUTDOWN(what, id)                                                                      \
        "{\"execute\":\"set-action\",\"arguments\":{\"shutdown\":\"" what "\"},\"id\":\"" id "\"}" \
        "\n"
#define STAY   ON_SHUTDOWN("pause", "power")
#define LEAVE  ON_SHUTDOWN("poweroff", "action")
#define LOOK   "{\"execute\":\"query-status\",\"id\":\"power-status\"}\n"
#define OBEYED "{\"return\": {}, \"id\": \"power\"}\r\n"
#define REFUSED(class, why)                                                                        \
        "{\"id\": \"power\", \"error\": {\"class\": \"" class "\", \"desc\": \"" why "\"}}\r\n"
#define LOOKED(name) "{\"return\": {\"status\": \"" name "\"}, \"id\": \"power-status\"}\r\n"
#define BY(whom, name)                                                                             \
        "{\"event\": \"" name "\", \"data\": {\"guest\": " whom "}, \"timestamp\": {}}\r\n"
#define BY_GUEST(name) BY("true", name)
#define BY_HOST(name)  BY("false", name)

/* What is asked of the provider, and its answer. */
typedef struct Ask {
        PowerAction action;
        int error;
} Ask;

/*
 * One step: wait until @hears has come, ask for @asks, say @says, and wait until @tells has been
 * told.
 */
typedef struct Step {
        const char *hears, *says, *tells;
        const Ask *asks;
        bool hangs_up;
        bool loses_patience; /* with a guest that was asked to reboot */
        size_t flood;        /* so many bytes without an end, behind what it says */
} Step;

typedef struct Monitor {
        Loop *loop;
        LoopIo listener, io;
        LoopTask task;
        LoopTimer patience;
        Provider *provider;
        Buf heard, out, told;
        const Step *steps; /* ended by one that is empty */
        size_t step;
        bool has_said;
} Monitor;

static int monitor_go_on(Monitor *monitor);

/* Only a whole step counts, so that the rest of what is heard or told belongs to the next. */
static bool take(Buf *from, const char *wanted)
{
        size_t n = wanted ? strlen(wanted) : 0;

        if (from->size < n)
                return false;
        if (n == 0)
                return true;
        if (memcmp(from->data, wanted, n) != 0)
                return false;
        buf_drop(from, n);
        return true;
}

static void hang_up(Monitor *monitor)
{
        loop_io_remove(&monitor->io);
        monitor->io.fd = fd_close(monitor->io.fd);
}

static int monitor_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        Monitor *monitor = container_of(io, Monitor, io);
        char data[4096];
        ssize_t n;

        (void)now;
        if (events & EPOLLOUT && monitor->out.size) {
                n = send(io->fd, monitor->out.data, monitor->out.size, MSG_NOSIGNAL);
                buf_drop(&monitor->out, n > 0 ? (size_t)n : 0);
                if (n < 0 && errno != EAGAIN)
                        hang_up(monitor);
        } else if (events & EPOLLIN) {
                n = recv(io->fd, data, sizeof(data), 0);
                if (n > 0)
                        buf_put(&monitor->heard, data, (size_t)n);
                else
                        hang_up(monitor);
        } else {
                hang_up(monitor);
        }
        if (io->loop)
                loop_io_set(io, EPOLLIN | (monitor->out.size ? EPOLLOUT : 0));
        return monitor_go_on(monitor);
}

static int monitor_on_connect(LoopIo *io, uint32_t events, Usec now)
{
        Monitor *monitor = container_of(io, Monitor, listener);

        (void)events;
        (void)now;
        hang_up(monitor);
        buf_clear(&monitor->out);
        monitor->io.fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (monitor->io.fd < 0)
                return -errno;
        if (loop_add_io(monitor->loop, &monitor->io, EPOLLIN) < 0)
                return -EIO;
        return monitor_go_on(monitor);
}

static void ask(Monitor *monitor, const Ask *asks)
{
        ProviderResult result =
                provider_qmp.power(monitor->provider, UUID, asks->action, loop_now(monitor->loop));

        EXPECT_INT("asked for a power action", result.error, asks->error);
        EXPECT("a reason, where it cannot", result.error != -EOPNOTSUPP || result.why);
}

static void say(Monitor *monitor, const Step *step)
{
        char *flood;

        if (step->asks)
                ask(monitor, step->asks);
        if (step->loses_patience)
                EXPECT_INT("patience",
                           loop_timer_set(monitor->loop, &monitor->provider->power.patience,
                                          loop_now(monitor->loop)),
                           0);
        if (step->says)
                buf_puts(&monitor->out, step->says);
        flood = step->flood ? buf_grow(&monitor->out, step->flood) : NULL;
        if (flood)
                memset(flood, 'x', step->flood);
        if (step->hangs_up)
                hang_up(monitor);
        else if (monitor->out.size && monitor->io.loop)
                loop_io_set(&monitor->io, EPOLLIN | EPOLLOUT);
}

static bool is_empty(const Step *step)
{
        return !step->hears && !step->asks && !step->says && !step->tells && !step->hangs_up &&
               !step->loses_patience;
}

static int monitor_go_on(Monitor *monitor)
{
        for (;;) {
                const Step *step = &monitor->steps[monitor->step];

                if (is_empty(step)) {
                        loop_quit(monitor->loop);
                        return 0;
                }
                if (!monitor->has_said) {
                        if ((step->hears || step->says) && !monitor->io.loop)
                                return 0;
                        if (!take(&monitor->heard, step->hears))
                                return 0;
                        say(monitor, step);
                        monitor->has_said = true;
                }
                if (!take(&monitor->told, step->tells))
                        return 0;
                monitor->has_said = false;
                monitor->step++;
        }
}

static int run_monitor(LoopTask *task, Usec now)
{
        (void)now;
        return monitor_go_on(container_of(task, Monitor, task));
}

static int on_patience(LoopTimer *timer, Usec now)
{
        Monitor *monitor = container_of(timer, Monitor, patience);

        (void)now;
        (void)fprintf(stderr, "hung at step %zu, heard '%s', was told '%s'\n", monitor->step,
                      buf_text(&monitor->heard), buf_text(&monitor->told));
        return -ETIME;
}

/* what the provider tells */

static void on_vm(void *user, const ProviderVm *vm, Usec now)
{
        static const char *const names[] = {"off", "on", "suspended"};
        Monitor *monitor = user;

        EXPECT("the turn's time", now == loop_now(monitor->loop));
        EXPECT_STR("its uuid", vm->uuid, UUID);
        EXPECT_STR("its name", vm->name, "web");
        EXPECT("what does not run has a reason, if it is on",
               (vm->state.power == VM_POWERED_ON && !vm->state.runs) == (vm->state.reason != NULL));
        buf_putf(&monitor->told, "%s%s%s%s", names[vm->state.power],
                 vm->state.runs ? " and runs" : "", vm->state.job ? ", " : "",
                 vm->state.job ? vm->state.job : "");
        if (vm->job_result.error < 0)
                buf_putf(&monitor->told, ", %s%s",
                         vm->job_result.error == -ECANCELED ? "canceled " : "", vm->job_result.why);
        if (vm->num_cpu > 0)
                buf_putf(&monitor->told, ", %d and %d", vm->num_cpu, vm->memory_mb);
        buf_puts(&monitor->told, ";");
        loop_defer(monitor->loop, &monitor->task);
}

static void on_guest_changed(void *user, const char *uuid, Usec now)
{
        Monitor *monitor = user;

        (void)now;
        EXPECT_STR("its uuid", uuid, UUID);
        buf_puts(&monitor->told, "guest changed;");
        loop_defer(monitor->loop, &monitor->task);
}

static void on_power_done(void *user, const char *uuid, const ProviderResult *result, Usec now)
{
        Monitor *monitor = user;

        EXPECT("the turn's time", now == loop_now(monitor->loop));
        EXPECT_STR("its uuid", uuid, UUID);
        EXPECT("success, or a reason", (result->error < 0) == (result->why != NULL));
        buf_putf(&monitor->told, "%s%s;", result->error == -EOPNOTSUPP ? "cannot: " : "",
                 result->error < 0 ? result->why : "done");
        loop_defer(monitor->loop, &monitor->task);
}

static int listen_at(const char *where)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", where);
        (void)unlink(where);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 1) < 0)
                abort();
        return fd;
}

static void play_with(const char *about, char *shutdown, const Step *steps)
{
        static char uuid[] = UUID, name[] = "web", kind[] = "qmp";
        char *path = test_path("qmp");
        const VmConfig config = {
                .provider = kind,
                .name = name,
                .uuid = uuid,
                .qmp = path,
                .channel = path,
                .shutdown = shutdown,
        };
        Monitor monitor = {
                .listener = {.fd = listen_at(path), .on_ready = monitor_on_connect},
                .io = {.fd = -1, .on_ready = monitor_on_ready},
                .task.run = run_monitor,
                .patience.on_due = on_patience,
                .steps = steps,
        };
        const ProviderCallbacks callbacks = {on_vm, on_guest_changed, on_power_done, &monitor};

        if (loop_new(&monitor.loop) < 0)
                abort();
        EXPECT_INT(about, loop_add_io(monitor.loop, &monitor.listener, EPOLLIN), 0);
        EXPECT_INT(about, provider_qmp.open(monitor.loop, &config, &callbacks, &monitor.provider),
                   0);
        loop_timer_set(monitor.loop, &monitor.patience, loop_now(monitor.loop) + PATIENCE);
        EXPECT_INT(about, loop_run(monitor.loop), 0);
        EXPECT_INT(about, monitor.heard.size, 0);
        EXPECT_STR(about, buf_text(&monitor.told), "");
        provider_qmp.close(monitor.provider);
        loop_task_cancel(&monitor.task);
        hang_up(&monitor);
        loop_io_remove(&monitor.listener);
        fd_close(monitor.listener.fd);
        loop_free(monitor.loop);
        buf_done(&monitor.heard);
        buf_done(&monitor.out);
        buf_done(&monitor.told);
}

static void play(const char *about, const Step *steps)
{
        play_with(about, NULL, steps);
}

/* How every conversation begins. */
#define BEGINS                                                                                     \
        {.tells = "off;"}, {.says = GREETING},                                                     \
        {                                                                                          \
                .hears = HELLO, .says = DONE                                                       \
        }

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

/* power */

static const Ask on = {POWER_ON, 0}, off = {POWER_OFF, 0}, reset = {POWER_RESET, 0},
                 suspend = {POWER_SUSPEND, 0}, shut_down = {POWER_SHUTDOWN_GUEST, 0},
                 reboot = {POWER_REBOOT_GUEST, 0};
static const Ask no_on = {POWER_ON, -EOPNOTSUPP}, no_standby = {POWER_STANDBY_GUEST, -EOPNOTSUPP},
                 not_on = {POWER_ON, -EBUSY}, not_off = {POWER_OFF, -EBUSY},
                 not_reset = {POWER_RESET, -EBUSY};

#define RUNS                                                                                       \
        {                                                                                          \
                .says = STATUS("running"), .tells = "on and runs;"                                 \
        }

/* What turns a machine on or resets it, by its state. */
static void test_power_by_state(void)
{
        static const struct {
                const char *name, *told;
                const char *on, *reset; /* the first command, NULL: not in this state */
        } rows[] = {
                {"debug", "on;", NULL, NULL},
                {"finish-migrate", "on;", NULL, NULL},
                {"guest-panicked", "on;", NULL, ORDER("system_reset")},
                {"inmigrate", "on;", NULL, NULL},
                {"internal-error", "on;", NULL, ORDER("system_reset")},
                {"io-error", "on;", NULL, ORDER("system_reset")},
                {"of-another-time", "on;", NULL, NULL},
                {"paused", "on;", NULL, NULL},
                {"postmigrate", "on;", NULL, NULL},
                {"prelaunch", "on;", ORDER("cont"), NULL},
                {"restore-vm", "on;", NULL, NULL},
                {"running", "on and runs;", NULL, ORDER("system_reset")},
                {"save-vm", "on;", NULL, NULL},
                {"shutdown", "off;", ORDER("system_reset"), NULL},
                {"suspended", "suspended;", ORDER("system_wakeup"), NULL},
                {"watchdog", "on;", NULL, ORDER("system_reset")},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char status[128];
                const Step steps_on[] = {
                        BEGINS,
                        {.says = status, .tells = rows[i].told},
                        {.asks = rows[i].on ? &on : &not_on},
                        {.hears = rows[i].on},
                        {0},
                };
                const Step steps_reset[] = {
                        BEGINS,
                        {.says = status, .tells = rows[i].told},
                        {.asks = rows[i].reset ? &reset : &not_reset},
                        {.hears = rows[i].reset},
                        {0},
                };

                (void)snprintf(status, sizeof(status), STATUS("%s"), rows[i].name);
                play(rows[i].name, steps_on);
                play(rows[i].name, steps_reset);
        }
}

static void test_power(void)
{
        static const struct {
                const char *about;
                Step steps[STEPS_MAX];
        } rows[] = {
                {"nobody is there", {{.asks = &no_on, .tells = "off;"}}},
                {"nobody has said anything", {BEGINS, {.asks = &no_on}}},
                {"no standby", {BEGINS, RUNS, {.asks = &no_standby}}},
                {"off",
                 {BEGINS,
                  RUNS,
                  {.asks = &off},
                  {.hears = ORDER("quit"), .says = BY_HOST("SHUTDOWN") OBEYED},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;done;"}}},
                {"one thing at a time",
                 {BEGINS, RUNS, {.asks = &off}, {.hears = ORDER("quit")}, {.asks = &not_off}}},
                {"the reset comes before the answer",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"),
                   .says = BY_HOST("RESET") OBEYED,
                   .tells = "guest changed;done;"}}},
                {"the reset comes after the answer",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"), .says = OBEYED},
                  {.says = BY_GUEST("RESET"), .tells = "guest changed;"},
                  {.says = BY_HOST("RESET"), .tells = "guest changed;done;"}}},
                {"it ends instead of a reset",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"), .says = OBEYED},
                  {.hangs_up = true, .tells = "off;QEMU has ended;"}}},
                {"it shuts down instead of a reset",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"), .says = BY_HOST("SHUTDOWN")},
                  {.hears = QUERY,
                   .says = OBEYED STATUS("shutdown"),
                   .tells = "QEMU was started to shut down instead of a reset (-no-reboot);off;"}}},
                {"it shuts down instead of a reset, after the answer",
                 {BEGINS,
                  RUNS,
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"), .says = OBEYED},
                  {.says = BY_HOST("SHUTDOWN"),
                   .tells = "QEMU was started to shut down instead of a reset (-no-reboot);"},
                  {.hears = QUERY, .says = STATUS("shutdown"), .tells = "off;"}}},
                {"a crashed one is reset and goes on",
                 {BEGINS,
                  {.says = STATUS("guest-panicked"), .tells = "on;"},
                  {.asks = &reset},
                  {.hears = ORDER("system_reset"),
                   .says = BY_HOST("RESET") OBEYED,
                   .tells = "guest changed;"},
                  {.hears = ORDER("cont"), .says = EVENT("RESUME") OBEYED},
                  {.hears = QUERY LOOK,
                   .says = STATUS("running") LOOKED("running"),
                   .tells = "on and runs;on and runs;done;"}}},
                {"suspended, and on again",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = EVENT("STOP") OBEYED},
                  {.hears = ASKS_DUMP QUERY LOOK,
                   .says = STATUS("paused") LOOKED("paused"),
                   .tells = "suspended;suspended;done;"},
                  {.asks = &on},
                  {.hears = ORDER("cont"), .says = OBEYED EVENT("RESUME")},
                  {.hears = LOOK QUERY,
                   .says = LOOKED("running") STATUS("running"),
                   .tells = "on and runs;done;on and runs;"}}},
                {"somebody else lets it go on, and pauses it",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"},
                  {.says = EVENT("RESUME") EVENT("STOP")},
                  {.hears = QUERY ASKS_DUMP QUERY, .says = STATUS("paused"), .tells = "on;"},
                  {.asks = &not_on}}},
                {"somebody else resets what is suspended",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"},
                  {.says = BY_HOST("RESET") STATUS("prelaunch"), .tells = "guest changed;on;"}}},
                {"what is suspended is migrated away",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"},
                  {.says = STATUS("postmigrate"), .tells = "on;"},
                  {.asks = &not_on}}},
                {"a new QEMU is not suspended",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"},
                  {.hangs_up = true, .tells = "off;"},
                  {.says = GREETING},
                  {.hears = HELLO, .says = STATUS("paused"), .tells = "on;"}}},
                {"QEMU refuses",
                 {BEGINS,
                  RUNS,
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = REFUSED("GenericError", "no"), .tells = "no;"},
                  {.asks = &off},
                  {.hears = ORDER("quit")}}},
                {"the power button",
                 {BEGINS,
                  RUNS,
                  {.asks = &shut_down},
                  {.hears = ORDER("system_powerdown"),
                   .says = EVENT("POWERDOWN") OBEYED,
                   .tells = "done;"},
                  {.hangs_up = true, .tells = "off;"}}},
                {"answers that nobody asked for",
                 {BEGINS,
                  RUNS,
                  {.says = OBEYED LOOKED("running") REFUSED("GenericError", "no"),
                   .tells = "on and runs;"},
                  {.asks = &suspend},
                  {.hears = ORDER("stop"), .says = OBEYED OBEYED},
                  {.hears = LOOK, .says = LOOKED("paused"), .tells = "suspended;done;"}}},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                play(rows[i].about, rows[i].steps);
}

#define ASKED_TO_REBOOT                                                                            \
        {.asks = &reboot}, {.hears = STAY, .says = OBEYED},                                        \
        {                                                                                          \
                .hears = ORDER("system_powerdown"), .says = EVENT("POWERDOWN") OBEYED,             \
                .tells = "done;"                                                                   \
        }
#define IS_REBOOTED                                                                                \
        {.says = BY_GUEST("SHUTDOWN") EVENT("STOP")},                                              \
                {.hears = ORDER("system_reset") QUERY ASKS_DUMP QUERY,                             \
                 .says = STATUS("shutdown") STATUS("shutdown"),                                    \
                 .tells = "on;on;"},                                                               \
                {.says = BY_HOST("RESET") OBEYED, .tells = "guest changed;"},                      \
                {.hears = ORDER("cont"), .says = EVENT("RESUME") OBEYED},                          \
        {                                                                                          \
                .hears = QUERY LOOK, .says = STATUS("running") LOOKED("running"),                  \
                .tells = "on and runs;on and runs;"                                                \
        }

static void test_reboot(void)
{
        static const struct {
                const char *about;
                Step steps[STEPS_MAX];
        } rows[] = {
                {"by shutdown, reset and start",
                 {BEGINS, RUNS, ASKED_TO_REBOOT, IS_REBOOTED, {.hears = LEAVE}}},
                {"the guest reboots by itself",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.says = BY_GUEST("RESET"), .tells = "guest changed;"},
                  {.hears = LEAVE},
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;"}}},
                {"the guest does nothing",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.loses_patience = true},
                  {.hears = LEAVE},
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;"}}},
                {"a shutdown is asked for meanwhile",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.asks = &shut_down},
                  {.hears = LEAVE ORDER("system_powerdown"), .says = OBEYED, .tells = "done;"},
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;"}}},
                {"the power is cut meanwhile",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.asks = &off},
                  {.hears = ORDER("quit"), .says = BY_HOST("SHUTDOWN") OBEYED},
                  {.hears = QUERY, .hangs_up = true, .tells = "off;done;"}}},
                {"a QEMU that is too old",
                 {BEGINS,
                  RUNS,
                  {.asks = &reboot},
                  {.hears = STAY,
                   .says = REFUSED("CommandNotFound", "unknown"),
                   .tells = "cannot: unknown;"},
                  {.hears = LEAVE}}},
                {"the start fails",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = ORDER("system_reset") QUERY,
                   .says = STATUS("shutdown"),
                   .tells = "on;"},
                  {.asks = &not_off},
                  {.says = REFUSED("GenericError", "no")},
                  {.hears = LEAVE LOOK, .says = LOOKED("shutdown"), .tells = "off;"}}},
                {"QEMU ends meanwhile",
                 {BEGINS,
                  RUNS,
                  ASKED_TO_REBOOT,
                  {.says = BY_GUEST("SHUTDOWN")},
                  {.hears = ORDER("system_reset") QUERY, .hangs_up = true, .tells = "off;"},
                  {.says = GREETING},
                  {.hears = HELLO, .says = STATUS("shutdown"), .tells = "off;"}}},
        };
        static const Step stays[] = {
                BEGINS,
                RUNS,
                {.asks = &reboot},
                {.hears = ORDER("system_powerdown"), .says = OBEYED, .tells = "done;"},
                IS_REBOOTED,
                {0},
        };
        static char pause[] = "pause";

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                play(rows[i].about, rows[i].steps);
        play_with("a QEMU that stays by itself", pause, stays);
}

/* Nobody is there; that is no error: it is powered off. */
static void test_not_there(void)
{
        static char uuid[] = UUID, name[] = "web", kind[] = "qmp", none[] = "/nonexistent/socket";
        const VmConfig config = {
                .provider = kind, .name = name, .uuid = uuid, .qmp = none, .channel = none};
        static const Step steps[] = {{.tells = "off;"}, {0}};
        Monitor monitor = {.task.run = run_monitor, .io.fd = -1, .steps = steps};
        const ProviderCallbacks callbacks = {on_vm, on_guest_changed, on_power_done, &monitor};
        Provider *provider = NULL;
        int fd = -1;

        if (loop_new(&monitor.loop) < 0)
                abort();
        EXPECT_INT("open", provider_qmp.open(monitor.loop, &config, &callbacks, &provider), 0);
        EXPECT_INT("run", loop_run(monitor.loop), 0);
        EXPECT_INT("no channel either", provider_qmp.channel(provider, UUID, &fd), -ENOENT);
        provider_qmp.close(provider);
        loop_task_cancel(&monitor.task);
        loop_free(monitor.loop);
        buf_done(&monitor.told);
}

static void test_connect(void)
{
        static const char *const too_long = "/01234567890123456789012345678901234567890123456789012"
                                            "34567890123456789012345678901"
                                            "2345678901234567890123456";
        const char *path = test_path("qmp");
        _cleanup_(fd_closep) int listener = listen_at(path), fd = -1;

        EXPECT_INT("no socket", provider_connect("/nonexistent/socket", &fd), -ENOENT);
        EXPECT_INT("no socket, but a file", provider_connect("/dev/null", &fd), -ECONNREFUSED);
        EXPECT_INT("too long", strlen(too_long), 108);
        EXPECT_INT("too long", provider_connect(too_long, &fd), -ENAMETOOLONG);
        EXPECT_INT("nothing is open", fd, -1);
        EXPECT_INT("a socket", provider_connect(path, &fd), 0);
        EXPECT("does not block", fcntl(fd, F_GETFL) & O_NONBLOCK);
        EXPECT("is closed on exec", fcntl(fd, F_GETFD) & FD_CLOEXEC);
        listener = fd_close(listener);
        fd = fd_close(fd);
        EXPECT_INT("nobody listens any more", provider_connect(path, &fd), -ECONNREFUSED);
}

int main(void)
{
        test_directory_make();
        test_run_states();
        test_jobs();
        test_conversations();
        test_ends_of_jobs();
        test_size();
        test_power_by_state();
        test_power();
        test_reboot();
        test_not_there();
        test_connect();
        test_directory_remove();
        return test_end();
}
