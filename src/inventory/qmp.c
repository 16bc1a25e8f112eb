/*
 * Provider "qmp": a bare QEMU, its power state read from its monitor. Events say when to look
 * again; what counts is always the answer to query-status.
 *
 * Source: QEMU Machine Protocol Specification; QAPI schema, RunState.
 */

#include "base/buf.h"
#include "base/log.h"
#include "inventory/provider.h"

#include <jansson.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define LINE_BYTES_MAX ((size_t)1 << 20)
#define READ_BYTES     ((size_t)16 << 10)
#define RETRY_USEC     USEC_PER_SEC /* while QEMU is not there */

static const char capabilities[] = "{\"execute\":\"qmp_capabilities\"}\n";
static const char query_status[] = "{\"execute\":\"query-status\",\"id\":\"status\"}\n";

struct Provider {
        Loop *loop;
        const VmConfig *config;
        ProviderCallbacks callbacks;
        LoopIo io; /* fd -1: not connected */
        LoopTimer retry;
        Buf in;
        VmState state;
        int connect_error; /* that has been logged */
};

static const struct {
        const char *name;
        VmState state;
} run_states[] = {
        {"colo", {VM_POWERED_ON, false, "is replicated"}},
        {"debug", {VM_POWERED_ON, false, "is stopped by a debugger"}},
        {"finish-migrate", {VM_POWERED_ON, false, "is being migrated"}},
        {"guest-panicked", {VM_POWERED_ON, false, "has crashed"}},
        {"inmigrate", {VM_POWERED_ON, false, "is being migrated to this host"}},
        {"internal-error", {VM_POWERED_ON, false, "has stopped with an internal error"}},
        {"io-error", {VM_POWERED_ON, false, "is paused by an I/O error"}},
        {"paused", {VM_POWERED_ON, false, "is paused"}},
        {"postmigrate", {VM_POWERED_ON, false, "has been migrated away"}},
        {"prelaunch", {VM_POWERED_ON, false, "has not been started yet"}},
        {"restore-vm", {VM_POWERED_ON, false, "is being restored"}},
        {"running", {VM_POWERED_ON, true, NULL}},
        {"save-vm", {VM_POWERED_ON, false, "is being saved"}},
        {"shutdown", {VM_POWERED_OFF, false, NULL}},
        {"suspended", {VM_SUSPENDED, false, NULL}},
        {"watchdog", {VM_POWERED_ON, false, "is paused by its watchdog"}},
};

static void tell_state(Provider *provider, VmState state, Usec now)
{
        provider->state = state;
        provider->callbacks.on_vm(provider->callbacks.user,
                                  &(ProviderVm){
                                          .uuid = provider->config->uuid,
                                          .name = provider->config->name,
                                          .state = state,
                                  },
                                  now);
}

static void take_status(Provider *provider, const char *name, Usec now)
{
        for (size_t i = 0; i < ELEMENTS(run_states); i++)
                if (strcmp(run_states[i].name, name) == 0) {
                        tell_state(provider, run_states[i].state, now);
                        return;
                }
        log_warning("%s: QEMU is in state '%.32s', which is new to us", provider->config->name,
                    name);
        tell_state(provider, (VmState){VM_POWERED_ON, false, "is in an unknown state"}, now);
}

static void disconnect(Provider *provider, const char *why, Usec now)
{
        loop_io_remove(&provider->io);
        provider->io.fd = fd_close(provider->io.fd);
        buf_clear(&provider->in);
        log_info("%s: monitor: %s", provider->config->name, why);
        tell_state(provider, (VmState){VM_POWERED_OFF, false, NULL}, now);
        (void)loop_timer_set(provider->loop, &provider->retry, now + RETRY_USEC);
}

/* Lines of some 50 bytes into an empty socket: they fit, or QEMU is not listening to us. */
static int say(Provider *provider, const char *line)
{
        ssize_t n = send(provider->io.fd, line, strlen(line), MSG_NOSIGNAL);

        return n == (ssize_t)strlen(line) ? 0 : -EPIPE;
}

static int take_event(Provider *provider, const char *event, Usec now)
{
        static const char *const of_state[] = {
                "GUEST_PANICKED", "MIGRATION",    "RESUME", "SHUTDOWN", "STOP",
                "SUSPEND",        "SUSPEND_DISK", "WAKEUP", "WATCHDOG",
        };

        if (strcmp(event, "RESET") == 0)
                provider->callbacks.on_guest_changed(provider->callbacks.user,
                                                     provider->config->uuid, now);
        for (size_t i = 0; i < ELEMENTS(of_state); i++)
                if (strcmp(of_state[i], event) == 0)
                        return say(provider, query_status);
        return 0;
}

static int take_line(Provider *provider, const char *line, size_t size, Usec now)
{
        json_auto_t *json = json_loadb(line, size, 0, NULL);
        const char *event = json_string_value(json_object_get(json, "event"));
        const char *id = json_string_value(json_object_get(json, "id"));
        const char *status;

        if (!json)
                return -EBADMSG;
        if (json_object_get(json, "QMP"))
                return say(provider, capabilities) < 0 ? -EPIPE : say(provider, query_status);
        if (event)
                return take_event(provider, event, now);
        if (id && strcmp(id, "status") == 0) {
                status = json_string_value(
                        json_object_get(json_object_get(json, "return"), "status"));
                if (!status)
                        return -EBADMSG;
                take_status(provider, status, now);
        }
        return 0;
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
        else if (take_lines(provider, now) < 0)
                disconnect(provider, "QEMU does not speak QMP as we know it", now);
        return 0;
}

static int try_connect(Provider *provider, Usec now)
{
        int fd = -1;
        int r = provider_connect(provider->config->qmp, &fd);

        if (r >= 0) {
                provider->io.fd = fd;
                provider->connect_error = 0;
                return loop_add_io(provider->loop, &provider->io, EPOLLIN);
        }
        if (r != provider->connect_error && r != -ENOENT && r != -ECONNREFUSED)
                log_warning("%s: monitor %s: %s", provider->config->name, provider->config->qmp,
                            strerror(-r));
        provider->connect_error = r;
        return loop_timer_set(provider->loop, &provider->retry, now + RETRY_USEC);
}

static int on_retry(LoopTimer *timer, Usec now)
{
        return try_connect(container_of(timer, Provider, retry), now);
}

static Provider *qmp_close(Provider *provider)
{
        if (!provider)
                return NULL;
        loop_io_remove(&provider->io);
        fd_close(provider->io.fd);
        loop_timer_clear(&provider->retry);
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
                .in.max = LINE_BYTES_MAX,
        };
        *ret = provider;
        tell_state(provider, (VmState){VM_POWERED_OFF, false, NULL}, loop_now(loop));
        r = try_connect(provider, loop_now(loop));
        if (r < 0)
                *ret = qmp_close(provider);
        return r;
}

static int qmp_channel(Provider *provider, const char *uuid, int *ret_fd)
{
        (void)uuid;
        return provider_connect(provider->config->channel, ret_fd);
}

const ProviderType provider_qmp = {
        .name = "qmp",
        .open = qmp_open,
        .channel = qmp_channel,
        .close = qmp_close,
};
