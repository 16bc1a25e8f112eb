#pragma once

/*
 * Provider "qmp" against a monitor of our own, which lives in the same loop: a socket that waits
 * for what it expects to be told and then says the next thing of its script.
 */

#include "base/buf.h"
#include "base/test-file.h"
#include "base/test.h"
#include "inventory/qmp-private.h"

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
 * told. A script ends with a step that is empty.
 */
typedef struct Step {
        const char *hears, *says, *tells;
        const Ask *asks;
        bool hangs_up;
        bool loses_patience; /* with a guest that was asked to reboot */
        bool asks_channel;
        size_t flood; /* so many bytes without an end, behind what it says */
} Step;

/* How every conversation begins. */
#define BEGINS                                                                                     \
        {.tells = "off;"}, {.says = GREETING},                                                     \
        {                                                                                          \
                .hears = HELLO, .says = DONE                                                       \
        }
#define RUNS                                                                                       \
        {                                                                                          \
                .says = STATUS("running"), .tells = "on and runs;"                                 \
        }

typedef struct Monitor {
        Loop *loop;
        LoopIo listener, io;
        LoopTask task;
        LoopTimer patience;
        Provider *provider;
        Buf heard, out, told;
        const Step *steps;
        size_t step;
        bool has_said;
} Monitor;

static inline int monitor_go_on(Monitor *monitor);

/* Only a whole step counts, so that the rest of what is heard or told belongs to the next. */
static inline bool take(Buf *from, const char *wanted)
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

static inline void hang_up(Monitor *monitor)
{
        loop_io_remove(&monitor->io);
        monitor->io.fd = fd_close(monitor->io.fd);
}

static inline int monitor_on_ready(LoopIo *io, uint32_t events, Usec now)
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

static inline int monitor_on_connect(LoopIo *io, uint32_t events, Usec now)
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

static inline void ask(Monitor *monitor, const Ask *asks)
{
        ProviderResult result =
                provider_qmp.power(monitor->provider, UUID, asks->action, loop_now(monitor->loop));

        EXPECT_INT("asked for a power action", result.error, asks->error);
        EXPECT("a reason, where it cannot", result.error != -EOPNOTSUPP || result.why);
}

static inline void look_for_channel(const Monitor *monitor)
{
        provider_qmp.channel(monitor->provider, UUID, loop_now(monitor->loop));
}

static inline void say(Monitor *monitor, const Step *step)
{
        char *flood;

        if (step->asks)
                ask(monitor, step->asks);
        if (step->loses_patience)
                EXPECT_INT("patience",
                           loop_timer_set(monitor->loop, &monitor->provider->power.patience,
                                          loop_now(monitor->loop)),
                           0);
        if (step->asks_channel)
                look_for_channel(monitor);
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

static inline bool is_empty(const Step *step)
{
        return !step->hears && !step->asks && !step->says && !step->tells && !step->hangs_up &&
               !step->loses_patience && !step->asks_channel;
}

static inline int monitor_go_on(Monitor *monitor)
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

static inline int run_monitor(LoopTask *task, Usec now)
{
        (void)now;
        return monitor_go_on(container_of(task, Monitor, task));
}

static inline int on_patience(LoopTimer *timer, Usec now)
{
        Monitor *monitor = container_of(timer, Monitor, patience);

        (void)now;
        (void)fprintf(stderr, "hung at step %zu, heard '%s', was told '%s'\n", monitor->step,
                      buf_text(&monitor->heard), buf_text(&monitor->told));
        return -ETIME;
}

/* what the provider tells */

static inline void on_vm(void *user, const ProviderVm *vm, Usec now)
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

static inline void on_guest_changed(void *user, const char *uuid, Usec now)
{
        Monitor *monitor = user;

        (void)now;
        EXPECT_STR("its uuid", uuid, UUID);
        buf_puts(&monitor->told, "guest changed;");
        loop_defer(monitor->loop, &monitor->task);
}

static inline void on_channel_there(void *user, const char *uuid, Usec now)
{
        Monitor *monitor = user;

        (void)now;
        EXPECT_STR("its uuid", uuid, UUID);
        buf_puts(&monitor->told, "channel there;");
        loop_defer(monitor->loop, &monitor->task);
}

static inline void on_channel(void *user, const char *uuid, int fd, const ProviderResult *result,
                              Usec now)
{
        Monitor *monitor = user;

        EXPECT("the turn's time", now == loop_now(monitor->loop));
        EXPECT_STR("its uuid", uuid, UUID);
        EXPECT_INT("nothing is open", fd, -1);
        EXPECT_INT("there is none", result->error, -ENOENT);
        EXPECT("it says where", strstr(result->why, "/") != NULL);
        buf_puts(&monitor->told, "no channel;");
        loop_defer(monitor->loop, &monitor->task);
}

static inline void on_power_done(void *user, const char *uuid, const ProviderResult *result,
                                 Usec now)
{
        Monitor *monitor = user;

        EXPECT("the turn's time", now == loop_now(monitor->loop));
        EXPECT_STR("its uuid", uuid, UUID);
        EXPECT("success, or a reason", (result->error < 0) == (result->why != NULL));
        buf_putf(&monitor->told, "%s%s;", result->error == -EOPNOTSUPP ? "cannot: " : "",
                 result->error < 0 ? result->why : "done");
        loop_defer(monitor->loop, &monitor->task);
}

static inline int listen_at(const char *where)
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

static inline void run_script(const char *about, char *path, int listener, char *shutdown,
                              const Step *steps)
{
        static char uuid[] = UUID, name[] = "web", kind[] = "qmp";
        const VmConfig config = {
                .provider = kind,
                .name = name,
                .uuid = uuid,
                .qmp = path,
                .channel = path,
                .shutdown = shutdown,
        };
        Monitor monitor = {
                .listener = {.fd = listener, .on_ready = monitor_on_connect},
                .io = {.fd = -1, .on_ready = monitor_on_ready},
                .task.run = run_monitor,
                .patience.on_due = on_patience,
                .steps = steps,
        };
        const ProviderCallbacks callbacks = {
                .on_vm = on_vm,
                .on_guest_changed = on_guest_changed,
                .on_channel = on_channel,
                .on_channel_there = on_channel_there,
                .on_power_done = on_power_done,
                .user = &monitor,
        };

        if (loop_new(&monitor.loop) < 0)
                abort();
        if (listener >= 0)
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

/* Plays one conversation, with a setting for what QEMU does when the guest shuts down. */
static inline void play_with(const char *about, char *shutdown, const Step *steps)
{
        char *path = test_path("qmp");

        run_script(about, path, listen_at(path), shutdown, steps);
}

static inline void play(const char *about, const Step *steps)
{
        play_with(about, NULL, steps);
}

/* The same where there is no socket, and hence no monitor. */
static inline void play_nowhere(const char *about, const Step *steps)
{
        static char path[] = "/nonexistent/socket";

        run_script(about, path, -1, NULL, steps);
}
