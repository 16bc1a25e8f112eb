#include "api/status-json.h"

#include "base/clock.h"
#include "guestops/guest-status.h"
#include "wire/write.h"

#include <grp.h>
#include <inttypes.h>

#define GROUPS_MAX 64
#define OPERATIONS_MAX                                                                             \
        256            /* of what an agent says it knows or has disabled: more is not looked at */
#define UNKNOWN_MAX 16 /* told of them that we do not know */

/* members */

static void put_name(Buf *out, const char *name)
{
        char last = '{';

        if (out->size > 0)
                last = out->data[out->size - 1];
        if (last != '{' && last != '[')
                buf_putc(out, ',');
        if (!name)
                return;
        json_write_string(out, name);
        buf_putc(out, ':');
}

/* What is not known is left out. */
static void put_text(Buf *out, const char *name, const char *text)
{
        if (str_is_empty(text))
                return;
        put_name(out, name);
        json_write_string(out, text);
}

static void put_number(Buf *out, const char *name, int64_t number)
{
        put_name(out, name);
        buf_putf(out, "%" PRId64, number);
}

static void put_bool(Buf *out, const char *name, bool value)
{
        put_name(out, name);
        buf_puts(out, value ? "true" : "false");
}

static void put_open(Buf *out, const char *name, char bracket)
{
        put_name(out, name);
        buf_putc(out, bracket);
}

/* the service */

static void put_groups(Buf *out)
{
        gid_t groups[GROUPS_MAX];
        int n = getgroups(ELEMENTS(groups), groups);

        put_open(out, "groups", '[');
        for (int i = 0; i < n; i++)
                put_number(out, NULL, groups[i]);
        buf_putc(out, ']');
}

/* Sources that may have many machines, or none. The others are told with their machine. */
static void put_connections(Buf *out, const Inventory *inventory)
{
        const VmSource *source = NULL;

        put_open(out, "connections", '[');
        while ((source = inventory_next_source(inventory, source))) {
                if (!source->type->many)
                        continue;
                put_open(out, NULL, '{');
                put_text(out, "file", source->config->path);
                put_text(out, "provider", source->config->provider);
                put_text(out, "uri", source->config->uri);
                put_text(out, "lost", source->lost);
                put_bool(out, "hides", source->hides);
                buf_putc(out, '}');
        }
        buf_putc(out, ']');
}

void status_put_head(Buf *out, const Service *service, const DaemonConfig *config)
{
        put_open(out, NULL, '{');
        put_text(out, "version", GUESTOPS_VERSION);
        put_number(out, "pid", getpid());
        put_number(out, "uid", geteuid());
        put_number(out, "gid", getegid());
        put_groups(out);
        put_text(out, "address", config->address);
        put_number(out, "port", service->host.port);
        put_text(out, "vms", config->vms);
        put_connections(out, service->inventory);
        put_open(out, "machines", '[');
}

/* a machine */

static void put_channel(Buf *out, const Vm *vm, const GuestStatus *status, Usec now)
{
        const VmConfig *config = vm->source->config;

        put_open(out, "channel", '{');
        put_text(out, "state", status->channel);
        put_number(out, "seconds", (int64_t)((now - status->since) / USEC_PER_SEC));
        put_text(out, "why", status->why);
        put_text(out, "error", status->error ? strerrorname_np(-status->error) : NULL);
        put_text(out, "path", config->channel);
        if (config->vsock_cid)
                put_number(out, "vsockCid", (int64_t)config->vsock_cid);
        if (config->vsock_port)
                put_number(out, "vsockPort", (int64_t)config->vsock_port);
        buf_putc(out, '}');
}

static bool has_text(const WireStrings *texts, const char *text)
{
        for (size_t i = 0; i < texts->n && i < OPERATIONS_MAX; i++)
                if (strcmp(texts->items[i], text) == 0)
                        return true;
        return false;
}

static void put_missing_of(Buf *out, const Method *methods, size_t n, const WireStrings *operations)
{
        for (size_t i = 0; i < n; i++)
                if (methods[i].flags & METHOD_GUEST && !has_text(operations, methods[i].name))
                        put_text(out, NULL, methods[i].name);
}

static void put_missing(Buf *out, const WireStrings *operations)
{
        put_open(out, "missing", '[');
        for (size_t i = 0; i < n_managed_types; i++)
                put_missing_of(out, managed_types[i]->methods, managed_types[i]->n_methods,
                               operations);
        put_missing_of(out, channel_methods, n_channel_methods, operations);
        buf_putc(out, ']');
}

static void put_known(Buf *out, const char *name, const WireStrings *operations, bool known,
                      size_t max)
{
        put_open(out, name, '[');
        for (size_t i = 0; max > 0 && i < operations->n && i < OPERATIONS_MAX; i++)
                if ((method_find_guest(operations->items[i]) != NULL) == known) {
                        put_text(out, NULL, operations->items[i]);
                        max--;
                }
        buf_putc(out, ']');
}

static void put_agent(Buf *out, const Vm *vm, const GuestStatus *status)
{
        const AgentHello *hello = status->hello;

        if (!vm->facts.known || !hello)
                return;
        put_open(out, "agent", '{');
        put_text(out, "version", vm->facts.version);
        put_number(out, "protocol", hello->protocol);
        put_missing(out, &hello->operations);
        put_known(out, "unknown", &hello->operations, false, UNKNOWN_MAX);
        put_known(out, "disabled", &hello->disabled, true, OPERATIONS_MAX);
        if (status->latency)
                put_number(out, "latencyUsec", (int64_t)status->latency);
        buf_putc(out, '}');
}

static void put_addresses(Buf *out, const GuestFacts *facts)
{
        put_open(out, "addresses", '[');
        for (size_t i = 0; i < facts->n_interfaces; i++)
                for (size_t k = 0; k < facts->interfaces[i].n_addresses; k++)
                        put_text(out, NULL, facts->interfaces[i].addresses[k].text);
        buf_putc(out, ']');
}

static void put_guest(Buf *out, const GuestFacts *facts)
{
        char text[CLOCK_TEXT_MAX];

        if (!facts->known)
                return;
        put_open(out, "guest", '{');
        put_text(out, "hostName", facts->host_name);
        put_text(out, "os", facts->os_name);
        put_text(out, "address", facts->ip_address);
        put_addresses(out, facts);
        if (facts->boot_time.set) {
                clock_format(facts->boot_time.usec, text);
                put_text(out, "bootTime", text);
        }
        if (facts->user_sessions.set)
                put_number(out, "userSessions", facts->user_sessions.value);
        put_open(out, "problems", '[');
        for (size_t i = 0; i < facts->n_problems; i++)
                put_text(out, NULL, facts->problems[i].word);
        buf_putc(out, ']');
        buf_putc(out, '}');
}

static void put_source(Buf *out, const VmSource *source)
{
        put_text(out, "file", source->config->path);
        put_text(out, "provider", source->config->provider);
        put_text(out, "uri", source->config->uri);
        put_text(out, "lost", source->lost);
}

void status_put_machine(Buf *out, const Vm *vm, Usec now)
{
        const VmTask *task = vm_busy_with(vm);
        GuestStatus status;

        guest_status(vm->guest, &status);
        buf_putc(out, '{');
        put_text(out, "name", vm->entity.name);
        put_text(out, "uuid", vm->uuid);
        put_text(out, "moid", vm->entity.moid);
        put_source(out, vm->source);
        put_text(out, "power", vm_power_name(vm->state.power));
        put_bool(out, "runs", vm->state.runs);
        put_text(out, "reason", vm->state.reason);
        put_text(out, "job", task ? task->name : NULL);
        put_channel(out, vm, &status, now);
        put_agent(out, vm, &status);
        put_guest(out, &vm->facts);
        put_number(out, "requests", (int64_t)status.n_requests);
        put_number(out, "transfers", (int64_t)status.n_streams);
        buf_putc(out, '}');
}
