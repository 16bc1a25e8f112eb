/*
 * Provider "qmp": a bare QEMU, its power state read from its monitor. Events say when to look
 * again; what counts is always the answer to query-status.
 *
 * Source: QEMU Machine Protocol Specification; QAPI schema, RunState.
 */

#include "base/log.h"
#include "base/utf8.h"
#include "inventory/qmp-private.h"
#include "inventory/unix-connect.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define LINE_BYTES_MAX ((size_t)1 << 20)
#define READ_BYTES     ((size_t)16 << 10)
#define GREETING_USEC  (5 * USEC_PER_SEC)
#define RETRY_USEC     USEC_PER_SEC /* from one connection to the next */
#define LOOK_USEC      (100 * USEC_PER_MSEC)

static const char capabilities[] = "{\"execute\":\"qmp_capabilities\"}\n";
static const char query_cpus[] = "{\"execute\":\"query-cpus-fast\",\"id\":\"cpus\"}\n";
static const char query_memory[] =
        "{\"execute\":\"query-memory-size-summary\",\"id\":\"memory\"}\n";
static const char query_status[] = "{\"execute\":\"query-status\",\"id\":\"status\"}\n";
static const char query_jobs[] = "{\"execute\":\"query-jobs\",\"id\":\"jobs\"}\n";
static const char query_migrate[] = "{\"execute\":\"query-migrate\",\"id\":\"migrate\"}\n";
static const char query_dump[] = "{\"execute\":\"query-dump\",\"id\":\"dump\"}\n";
/* Without it QEMU does not tell that a migration has begun. */
static const char want_migration_events[] =
        "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":"
        "[{\"capability\":\"events\",\"state\":true}]}}\n";

static const struct {
        const char *name;
        VmState state;
} run_states[] = {
        {"colo", {VM_POWERED_ON, false, "is replicated", NULL}},
        {"debug", {VM_POWERED_ON, false, "is stopped by a debugger", NULL}},
        {"finish-migrate", {VM_POWERED_ON, false, "is being migrated", NULL}},
        {"guest-panicked", {VM_POWERED_ON, false, "has crashed", NULL}},
        {"inmigrate", {VM_POWERED_ON, false, "is being migrated to this host", NULL}},
        {"internal-error", {VM_POWERED_ON, false, "has stopped with an internal error", NULL}},
        {"io-error", {VM_POWERED_ON, false, "is paused by an I/O error", NULL}},
        {"paused", {VM_POWERED_ON, false, "is paused", NULL}},
        {"postmigrate", {VM_POWERED_ON, false, "has been migrated away", NULL}},
        {"prelaunch", {VM_POWERED_ON, false, "has not been started yet", NULL}},
        {"restore-vm", {VM_POWERED_ON, false, "is being restored", NULL}},
        {"running", {VM_POWERED_ON, true, NULL, NULL}},
        {"save-vm", {VM_POWERED_ON, false, "is being saved", NULL}},
        {"shutdown", {VM_POWERED_OFF, false, NULL, NULL}},
        {"suspended", {VM_SUSPENDED, false, NULL, NULL}},
        {"watchdog", {VM_POWERED_ON, false, "is paused by its watchdog", NULL}},
};

static const struct {
        const char *type, *name;
} job_types[] = {
        {"backup", "backup"},
        {"snapshot-delete", "deletion of a snapshot"},
        {"snapshot-load", "return to a snapshot"},
        {"snapshot-save", "snapshot"},
};

static void tell_state(Provider *provider, VmState state, Usec now)
{
        const char *jobs[] = {provider->job, provider->migration, provider->dump};
        const char *before = provider->state.job;

        state.job = NULL;
        for (size_t i = 0; state.power != VM_POWERED_OFF && i < ELEMENTS(jobs); i++)
                if (jobs[i])
                        state.job = jobs[i];
        provider->state = state;
        provider->callbacks.on_vm(provider->callbacks.user,
                                  &(ProviderVm){
                                          .uuid = provider->config->uuid,
                                          .name = provider->config->name,
                                          .state = state,
                                          .job_result = {provider->job_error, provider->job_why},
                                          .num_cpu = provider->num_cpu,
                                          .memory_mb = provider->memory_mb,
                                  },
                                  now);
        if (state.job != before)
                provider->job_error = 0;
}

/*
 * QEMU tells that a migration is completed before it leaves "finish-migrate", and of that it tells
 * nothing: as long as it says so, it is asked again.
 */
static void look_at_migration(Provider *provider, Usec now)
{
        if (strcmp(provider->run_state, "finish-migrate") == 0)
                (void)loop_timer_set(provider->loop, &provider->look, now + LOOK_USEC);
        else
                loop_timer_clear(&provider->look);
}

static int on_look(LoopTimer *timer, Usec now)
{
        (void)now;
        (void)qmp_say(container_of(timer, Provider, look), query_status);
        return 0;
}

static void take_status(Provider *provider, const json_t *answer, Usec now)
{
        static const VmState unknown = {VM_POWERED_ON, false, "is in an unknown state", NULL};
        const char *name = json_string_value(json_object_get(answer, "status"));

        for (size_t i = 0; name && i < ELEMENTS(run_states); i++)
                if (strcmp(run_states[i].name, name) == 0) {
                        provider->run_state = run_states[i].name;
                        look_at_migration(provider, now);
                        tell_state(provider, qmp_power_state(provider, run_states[i].state), now);
                        return;
                }
        log_warning("%s: QEMU is in state '%.32s', which is new to us", provider->config->name,
                    name ? name : "");
        provider->run_state = "";
        look_at_migration(provider, now);
        tell_state(provider, unknown, now);
}

static void take_cpus(Provider *provider, const json_t *answer, Usec now)
{
        (void)now;
        provider->num_cpu = (int32_t)json_array_size(answer);
}

static void take_memory(Provider *provider, const json_t *answer, Usec now)
{
        json_int_t base = json_integer_value(json_object_get(answer, "base-memory"));
        json_int_t plugged = json_integer_value(json_object_get(answer, "plugged-memory"));

        (void)now;
        provider->memory_mb = (int32_t)((base + plugged) >> 20);
}

/* jobs */

/* Told with the end of the job. Of several words the last one counts: it is the most exact. */
static void note_failure(Provider *provider, int error, const char *what, const char *why)
{
        provider->job_error = error;
        (void)snprintf(provider->job_why, sizeof(provider->job_why), "%s%s%s", what,
                       why ? ": " : "", why ? why : "");
        utf8_defuse(provider->job_why); /* it may have been cut within a character */
}

static bool is_our_job(const Provider *provider, const json_t *object)
{
        const char *id = json_string_value(json_object_get(object, "id"));

        return id && provider->job &&
               strncmp(id, provider->job_id, sizeof(provider->job_id) - 1) == 0;
}

/* QAPI JobStatus: what has ended or waits to be dismissed has the machine no longer. */
static bool job_is_active(const json_t *job)
{
        static const char *const over[] = {"aborting", "concluded", "null", "undefined"};
        const char *status = json_string_value(json_object_get(job, "status"));

        for (size_t i = 0; status && i < ELEMENTS(over); i++)
                if (strcmp(over[i], status) == 0)
                        return false;
        return status != NULL;
}

static const char *job_name(const json_t *job)
{
        const char *type = json_string_value(json_object_get(job, "type"));

        for (size_t i = 0; type && i < ELEMENTS(job_types); i++)
                if (strcmp(job_types[i].type, type) == 0)
                        return job_types[i].name;
        return NULL;
}

static void take_jobs(Provider *provider, const json_t *answer, Usec now)
{
        const json_t *active = NULL;
        size_t n = json_array_size(answer);
        const char *id;

        for (size_t i = 0; i < n; i++) {
                const json_t *job = json_array_get(answer, i);
                const char *error = json_string_value(json_object_get(job, "error"));

                if (error && is_our_job(provider, job))
                        note_failure(provider, -EIO, "the job failed", error);
                if (job_name(job) && job_is_active(job))
                        active = job;
        }
        provider->job = job_name(active);
        id = json_string_value(json_object_get(active, "id"));
        (void)snprintf(provider->job_id, sizeof(provider->job_id), "%s", id ? id : "");
        tell_state(provider, provider->state, now);
}

/* QAPI MigrationStatus */
static void take_migration(Provider *provider, const json_t *answer, Usec now)
{
        static const char *const under_way[] = {
                "active",           "cancelling",      "colo",
                "device",           "postcopy-active", "postcopy-paused",
                "postcopy-recover", "pre-switchover",  "setup",
                "wait-unplug",
        };
        const char *status = json_string_value(json_object_get(answer, "status"));
        const char *error = json_string_value(json_object_get(answer, "error-desc"));

        if (provider->migration && status && strcmp(status, "failed") == 0)
                note_failure(provider, -EIO, "the migration failed", error);
        if (provider->migration && status && strcmp(status, "cancelled") == 0)
                note_failure(provider, -ECANCELED, "at QEMU's monitor", NULL);
        provider->migration = NULL;
        for (size_t i = 0; status && i < ELEMENTS(under_way); i++)
                if (strcmp(under_way[i], status) == 0)
                        provider->migration = "migration";
        tell_state(provider, provider->state, now);
}

static void take_dump(Provider *provider, const json_t *answer, Usec now)
{
        const char *status = json_string_value(json_object_get(answer, "status"));

        if (provider->dump && !provider->job_error && status && strcmp(status, "failed") == 0)
                note_failure(provider, -EIO, "the dump failed", NULL);
        provider->dump = status && strcmp(status, "active") == 0 ? "dump of its memory" : NULL;
        tell_state(provider, provider->state, now);
}

/* What an event says and no query afterwards. */
static void note_job_event(Provider *provider, const char *event, const json_t *data)
{
        const char *status = json_string_value(json_object_get(data, "status"));
        const char *error = json_string_value(json_object_get(data, "error"));

        if (strcmp(event, "JOB_STATUS_CHANGE") == 0 && status && strcmp(status, "aborting") == 0 &&
            is_our_job(provider, data))
                note_failure(provider, -EIO, "the job failed", NULL);
        if (strcmp(event, "DUMP_COMPLETED") == 0 && error && provider->dump)
                note_failure(provider, -EIO, "the dump failed", error);
}

/* the monitor */

static const struct {
        const char *id;
        void (*take)(Provider *provider, const json_t *answer, Usec now);
} answers[] = {
        {"cpus", take_cpus},     {"dump", take_dump},         {"jobs", take_jobs},
        {"memory", take_memory}, {"migrate", take_migration}, {"power-status", take_status},
        {"status", take_status},
};

static void disconnect(Provider *provider, const char *why, Usec now)
{
        loop_io_remove(&provider->io);
        provider->io.fd = fd_close(provider->io.fd);
        buf_clear(&provider->in);
        provider->job = provider->migration = provider->dump = NULL;
        provider->run_state = NULL;
        loop_timer_clear(&provider->look);
        log_info("%s: monitor: %s", provider->config->name, why);
        tell_state(provider, (VmState){VM_POWERED_OFF, false, NULL, NULL}, now);
        qmp_power_lost(provider, now);
        (void)loop_timer_set(provider->loop, &provider->retry, provider->connected + RETRY_USEC);
}

/* Lines of some 50 bytes into an empty socket: they fit, or QEMU is not listening to us. */
int qmp_say(Provider *provider, const char *line)
{
        ssize_t n = send(provider->io.fd, line, strlen(line), MSG_NOSIGNAL);

        return n == (ssize_t)strlen(line) ? 0 : -EPIPE;
}

/* Which questions an event makes worth asking. */
static const struct {
        const char *event, *query;
} event_queries[] = {
        {"DUMP_COMPLETED", query_dump},
        {"GUEST_PANICKED", query_status},
        {"JOB_STATUS_CHANGE", query_jobs},
        {"MIGRATION", query_migrate},
        {"MIGRATION", query_status},
        {"RESUME", query_status},
        {"SHUTDOWN", query_status},
        {"STOP", query_dump},
        {"STOP", query_status},
        {"SUSPEND", query_status},
        {"SUSPEND_DISK", query_status},
        {"WAKEUP", query_status},
        {"WATCHDOG", query_status},
};

static int take_event(Provider *provider, const char *event, const json_t *data, Usec now)
{
        int r;

        note_job_event(provider, event, data);
        if (strcmp(event, "RESET") == 0)
                provider->callbacks.on_guest_changed(provider->callbacks.user,
                                                     provider->config->uuid, now);
        r = qmp_power_event(provider, event, data, now);
        for (size_t i = 0; r >= 0 && i < ELEMENTS(event_queries); i++)
                if (strcmp(event_queries[i].event, event) == 0)
                        r = qmp_say(provider, event_queries[i].query);
        return r;
}

static int begin(Provider *provider)
{
        static const char *const lines[] = {
                capabilities, want_migration_events, query_cpus, query_memory,
                query_jobs,   query_migrate,         query_dump, query_status,
        };
        int r = 0;

        provider->greeted = true;
        for (size_t i = 0; r >= 0 && i < ELEMENTS(lines); i++)
                r = qmp_say(provider, lines[i]);
        return r;
}

static int take_line(Provider *provider, const char *line, size_t size, Usec now)
{
        json_auto_t *json = json_loadb(line, size, 0, NULL);
        const char *event = json_string_value(json_object_get(json, "event"));
        const char *id = json_string_value(json_object_get(json, "id"));
        const json_t *answer = json_object_get(json, "return");

        if (!json)
                return -EBADMSG;
        if (json_object_get(json, "QMP"))
                return begin(provider);
        if (event)
                return take_event(provider, event, json_object_get(json, "data"), now);
        if (id && strcmp(id, "power") == 0)
                return qmp_power_answered(provider, json, now);
        for (size_t i = 0; id && answer && i < ELEMENTS(answers); i++)
                if (strcmp(answers[i].id, id) == 0)
                        answers[i].take(provider, answer, now);
        return id && strcmp(id, "power-status") == 0 ? qmp_power_looked(provider, now) : 0;
}

static int take_lines(Provider *provider, Usec now)
{
        const char *end;
        int r = 0;

        while (r >= 0 && provider->in.size > 0 &&
               (end = memchr(provider->in.data, '\n', provider->in.size))) {
                size_t size = (size_t)(end - provider->in.data);

                r = take_line(provider, provider->in.data, size, now);
                buf_drop(&provider->in, size + 1);
        }
        return r;
}

static int qmp_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        Provider *provider = container_of(io, Provider, io);
        size_t before = provider->in.size;
        char *at = buf_grow(&provider->in, READ_BYTES);
        ssize_t n;
        int r = 0;

        (void)events;
        if (!at) {
                disconnect(provider, "QEMU sends lines without end", now);
                return 0;
        }
        n = read(io->fd, at, READ_BYTES);
        provider->in.size = before + (n > 0 ? (size_t)n : 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0)
                disconnect(provider, "QEMU has ended", now);
        else
                r = take_lines(provider, now);
        if (r < 0)
                disconnect(provider,
                           r == -EPIPE ? "QEMU has ended, or does not listen"
                                       : "QEMU does not speak QMP as we know it",
                           now);
        return 0;
}

static int try_connect(Provider *provider, Usec now)
{
        char why[UNIX_WHY_MAX];
        int fd = -1;
        int r = unix_connect(provider->config->qmp, why, &fd);
        bool told = unix_watch(provider->config->qmp, r, provider->loop, &provider->monitor);

        if (r >= 0) {
                backoff_reset(&provider->backoff);
                provider->connected = now;
                provider->io.fd = fd;
                provider->connect_error = 0;
                provider->greeted = false;
                r = loop_timer_set(provider->loop, &provider->retry, now + GREETING_USEC);
                if (r < 0)
                        return r;
                return loop_add_io(provider->loop, &provider->io, EPOLLIN);
        }
        if (r != provider->connect_error && r != -ENOENT && r != -ECONNREFUSED)
                log_warning("%s: monitor %s", provider->config->name, why);
        provider->connect_error = r;
        return loop_timer_set(provider->loop, &provider->retry,
                              told ? backoff_next(&provider->backoff, now) : now + RETRY_USEC);
}

/* The monitor's socket has been made; that QEMU listens on it may be a moment later. */
static int on_monitor_there(LoopPath *path, Usec now)
{
        Provider *provider = container_of(path, Provider, monitor);

        backoff_reset(&provider->backoff);
        return provider->io.fd < 0 ? try_connect(provider, now) : 0;
}

static int on_retry(LoopTimer *timer, Usec now)
{
        Provider *provider = container_of(timer, Provider, retry);

        if (provider->io.fd < 0)
                return try_connect(provider, now);
        if (!provider->greeted)
                log_warning("%s: monitor %s does not greet: does it belong to another client?",
                            provider->config->name, provider->config->qmp);
        return 0;
}

static Provider *qmp_close(Provider *provider)
{
        if (!provider)
                return NULL;
        qmp_power_done(provider);
        provider_channel_cancel(&provider->channel);
        loop_io_remove(&provider->io);
        fd_close(provider->io.fd);
        loop_timer_clear(&provider->retry);
        loop_timer_clear(&provider->look);
        loop_path_unwatch(&provider->monitor);
        buf_done(&provider->in);
        free(provider);
        return NULL;
}

static int qmp_open(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                    Provider **ret)
{
        Provider *provider = malloc(sizeof(*provider));
        int r;

        if (!provider)
                return -ENOMEM;
        *provider = (Provider){
                .loop = loop,
                .config = config,
                .callbacks = *callbacks,
                .io = {.fd = -1, .on_ready = qmp_on_ready},
                .retry.on_due = on_retry,
                .look.on_due = on_look,
                .monitor.on_appear = on_monitor_there,
                .in.max = LINE_BYTES_MAX,
        };
        qmp_power_init(provider);
        provider_channel_init(&provider->channel, loop, config, callbacks);
        *ret = provider;
        tell_state(provider, (VmState){VM_POWERED_OFF, false, NULL, NULL}, loop_now(loop));
        r = try_connect(provider, loop_now(loop));
        if (r < 0)
                *ret = qmp_close(provider);
        return r;
}

static void qmp_channel(Provider *provider, const char *uuid, Usec now)
{
        (void)uuid;
        provider_channel_begin(&provider->channel, now);
}

const ProviderType provider_qmp = {
        .name = "qmp",
        .open = qmp_open,
        .channel = qmp_channel,
        .power = qmp_power,
        .close = qmp_close,
};
