/*
 * Provider "libvirt": the machines of one connection, which guestops-libvirt tells. What it hands
 * on comes from libvirtd and from whoever may define domains: it is copied, and checked.
 */

#include "base/log.h"
#include "base/utf8.h"
#include "inventory/libvirt-private.h"

#include <ctype.h>
#include <search.h>
#include <stdio.h>

/* machines */

static int compare_uuid(const void *a, const void *b)
{
        return strcmp(((const Machine *)a)->uuid, ((const Machine *)b)->uuid);
}

static bool is_uuid(const char *text)
{
        for (size_t i = 0; i < UUID_CHARS; i++) {
                bool dash = i == 8 || i == 13 || i == 18 || i == 23;

                if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]) || isupper(text[i]))
                        return false;
        }
        return text[UUID_CHARS] == '\0';
}

/* Return: the machine, or NULL, also for what is no UUID. */
static Machine *machine_find(const Provider *provider, const char *uuid)
{
        Machine key, *const *found;

        if (!uuid || !is_uuid(uuid))
                return NULL;
        memcpy(key.uuid, uuid, sizeof(key.uuid));
        found = tfind(&key, &provider->by_uuid, compare_uuid);
        return found ? *found : NULL;
}

static void machine_remove(Provider *provider, Machine *machine)
{
        (void)tdelete(machine, &provider->by_uuid, compare_uuid);
        TAILQ_REMOVE(&provider->machines, machine, entry);
        provider->n_machines--;
        connector_cancel(&machine->connector);
        free(machine->path);
        free(machine->name);
        free(machine);
}

static void on_connected(Connector *connector, int fd, const ProviderResult *result, Usec now);

static Machine *machine_add(Provider *provider, const char *uuid)
{
        Machine *machine;

        if (!uuid || !is_uuid(uuid) || provider->n_machines >= MACHINES_MAX)
                return NULL;
        machine = calloc(1, sizeof(*machine));
        if (!machine)
                return NULL;
        memcpy(machine->uuid, uuid, sizeof(machine->uuid));
        machine->provider = provider;
        connector_init(&machine->connector, provider->loop, on_connected);
        if (!tsearch(machine, &provider->by_uuid, compare_uuid)) {
                free(machine);
                return NULL;
        }
        TAILQ_INSERT_TAIL(&provider->machines, machine, entry);
        provider->n_machines++;
        return machine;
}

static void machine_gone(Provider *provider, Machine *machine, Usec now)
{
        char uuid[UUID_CHARS + 1];

        memcpy(uuid, machine->uuid, sizeof(uuid));
        machine_remove(provider, machine);
        provider->callbacks.on_vm_gone(provider->callbacks.user, uuid, now);
}

static void tell(const Provider *provider, const Machine *machine, ProviderResult job_result,
                 Usec now)
{
        provider->callbacks.on_vm(provider->callbacks.user,
                                  &(ProviderVm){
                                          .uuid = machine->uuid,
                                          .name = machine->name,
                                          .state = machine->state,
                                          .job_result = job_result,
                                          .num_cpu = machine->num_cpu,
                                          .memory_mb = machine->memory_mb,
                                  },
                                  now);
}

/* what is told */

static const char *text_of(const json_t *object, const char *member)
{
        return json_string_value(json_object_get(object, member));
}

/* Return: a result whose text is in @why, cut to its size. */
static ProviderResult result_of(const json_t *object, char *why, size_t size)
{
        const char *error = text_of(object, "error"), *text = text_of(object, "why");

        if (!error)
                return (ProviderResult){0};
        (void)snprintf(why, size, "%s", text ? text : "libvirt does not say why");
        utf8_defuse(why);
        return (ProviderResult){packet_error(error), why};
}

static VmState state_of(const json_t *vm)
{
        const char *power = text_of(vm, "power"), *reason = text_of(vm, "reason");
        const char *job = text_of(vm, "job");
        VmState state = {.power = VM_POWERED_OFF};

        if (power && strcmp(power, "suspended") == 0)
                state.power = VM_SUSPENDED;
        if (power && strcmp(power, "on") == 0) {
                state.power = VM_POWERED_ON;
                state.runs = reason == NULL;
                state.reason = reason ? packet_reason(reason) : NULL;
                if (reason && !state.reason)
                        state.reason = packet_reason("is in an unknown state");
        }
        if (job) {
                state.job = packet_job(job);
                if (!state.job)
                        state.job = packet_job("job of libvirt");
        }
        return state;
}

static int32_t count_of(const json_t *vm, const char *member)
{
        json_int_t value = json_integer_value(json_object_get(vm, member));

        return value > 0 && value <= INT32_MAX ? (int32_t)value : 0;
}

static int take_name(Machine *machine, const char *name)
{
        char *copy;

        if (machine->name && strcmp(machine->name, name) == 0)
                return 0;
        copy = strndup(name, MACHINE_NAME_MAX);
        if (!copy)
                return -ENOMEM;
        free(machine->name);
        machine->name = copy;
        return 0;
}

static void take_vm(Provider *provider, const json_t *vm, Usec now)
{
        const char *uuid = text_of(vm, "uuid"), *name = text_of(vm, "name");
        Machine *machine = machine_find(provider, uuid);
        char why[MACHINE_WHY_MAX];

        if (!machine && name && *name)
                machine = machine_add(provider, uuid);
        if (!machine || !name || !*name)
                return;
        if (take_name(machine, name) < 0) {
                if (!machine->name)
                        machine_remove(provider, machine);
                return;
        }
        machine->stale = false;
        machine->state = state_of(vm);
        machine->num_cpu = count_of(vm, "cpus");
        machine->memory_mb = count_of(vm, "memory");
        tell(provider, machine, result_of(vm, why, sizeof(why)), now);
}

static void take_gone(Provider *provider, const json_t *uuid, Usec now)
{
        Machine *machine = machine_find(provider, json_string_value(uuid));

        if (machine)
                machine_gone(provider, machine, now);
}

static void take_listed(Provider *provider, const json_t *value, Usec now)
{
        Machine *machine, *next;

        (void)value;
        for (machine = TAILQ_FIRST(&provider->machines); machine; machine = next) {
                next = TAILQ_NEXT(machine, entry);
                if (machine->stale)
                        machine_gone(provider, machine, now);
        }
        if (!provider->lost)
                return;
        free(provider->lost);
        provider->lost = NULL;
        provider->callbacks.on_lost(provider->callbacks.user, NULL, now);
}

static void take_lost(Provider *provider, const json_t *why, Usec now)
{
        libvirt_lose(provider, json_is_string(why) ? json_string_value(why) : "it is lost", now);
}

static void take_reset(Provider *provider, const json_t *uuid, Usec now)
{
        const Machine *machine = machine_find(provider, json_string_value(uuid));

        if (machine)
                provider->callbacks.on_guest_changed(provider->callbacks.user, machine->uuid, now);
}

static void take_pong(Provider *provider, const json_t *number, Usec now)
{
        (void)now;
        libvirt_child_pong(provider, (uint32_t)json_integer_value(number));
}

/* what is asked for */

static void ask(Provider *provider, json_t *message)
{
        _cleanup_(freep) char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;

        json_decref(message);
        if (text)
                packets_send(&provider->packets, text, strlen(text), -1);
}

static uint32_t next_id(Provider *provider)
{
        if (++provider->last_id == 0)
                ++provider->last_id;
        return provider->last_id;
}

static void end_channel(Provider *provider, Machine *machine, int fd, const ProviderResult *result,
                        Usec now)
{
        machine->channel_id = 0;
        connector_cancel(&machine->connector);
        provider->callbacks.on_channel(provider->callbacks.user, machine->uuid, fd, result, now);
}

static void end_power(Provider *provider, Machine *machine, const ProviderResult *result, Usec now)
{
        machine->power_id = 0;
        provider->callbacks.on_power_done(provider->callbacks.user, machine->uuid, result, now);
}

static void ask_channel(Provider *provider, Machine *machine, bool stream)
{
        machine->channel_id = next_id(provider);
        ask(provider,
            json_pack("{s:{s:I,s:s,s:b}}", "channel", "id", (json_int_t)machine->channel_id, "uuid",
                      machine->uuid, "stream", (int)stream));
}

/* A socket that only QEMU's user may connect to can be had from libvirtd. */
static void on_connected(Connector *connector, int fd, const ProviderResult *result, Usec now)
{
        Machine *machine = container_of(connector, Machine, connector);

        if (result->error == -EACCES && !machine->provider->lost)
                ask_channel(machine->provider, machine, true);
        else
                end_channel(machine->provider, machine, fd, result, now);
}

static void connect_to(Machine *machine, const char *path, Usec now)
{
        free(machine->path);
        machine->path = strdup(path);
        if (machine->path)
                connector_begin(&machine->connector, &(ConnectAddress){.path = machine->path}, now);
        else
                end_channel(machine->provider, machine, -1,
                            &(ProviderResult){-ENOMEM, strerror(ENOMEM)}, now);
}

static void take_channel(Provider *provider, const json_t *answer, int fd, Usec now)
{
        Machine *machine = machine_find(provider, text_of(answer, "uuid"));
        const char *path = text_of(answer, "path");
        char why[MACHINE_WHY_MAX];
        ProviderResult result = result_of(answer, why, sizeof(why));

        if (!machine || machine->channel_id == 0 ||
            json_integer_value(json_object_get(answer, "id")) != machine->channel_id) {
                fd_close(fd); /* meanwhile it was lost */
                return;
        }
        if (result.error == 0 && fd < 0 && path) {
                connect_to(machine, path, now);
                return;
        }
        if (result.error == 0 && fd < 0)
                result = (ProviderResult){-EIO, "libvirt does not tell where it is"};
        if (result.error < 0)
                fd = fd_close(fd);
        end_channel(provider, machine, fd, &result, now);
}

static void take_power(Provider *provider, const json_t *answer, Usec now)
{
        Machine *machine = machine_find(provider, text_of(answer, "uuid"));
        char why[MACHINE_WHY_MAX];
        ProviderResult result = result_of(answer, why, sizeof(why));

        if (machine && machine->power_id != 0 &&
            json_integer_value(json_object_get(answer, "id")) == machine->power_id)
                end_power(provider, machine, &result, now);
}

static void libvirt_channel(Provider *provider, const char *uuid, Usec now)
{
        Machine *machine = machine_find(provider, uuid);

        if (!machine)
                return;
        if (provider->lost)
                end_channel(provider, machine, -1, &(ProviderResult){-EIO, provider->lost}, now);
        else
                ask_channel(provider, machine, false);
}

static const char *const power_actions[] = {
        [POWER_ON] = "on",
        [POWER_OFF] = "off",
        [POWER_RESET] = "reset",
        [POWER_SUSPEND] = "suspend",
        [POWER_SHUTDOWN_GUEST] = "shutdown",
        [POWER_REBOOT_GUEST] = "reboot",
        [POWER_STANDBY_GUEST] = "standby",
};

/* What somebody has paused is for him to let go on; what has stopped by itself can be reset. */
static bool allows(const VmState *state, PowerAction action)
{
        static const char *const by_itself[] = {
                "has crashed",
                "is paused by an I/O error",
                "is paused by its watchdog",
        };

        if (state->power != VM_POWERED_ON || state->runs ||
            (action != POWER_ON && action != POWER_RESET))
                return true;
        for (size_t i = 0; i < ELEMENTS(by_itself); i++)
                if (strcmp(state->reason, by_itself[i]) == 0)
                        return action == POWER_RESET;
        return false;
}

static ProviderResult libvirt_power(Provider *provider, const char *uuid, PowerAction action,
                                    Usec now)
{
        Machine *machine = machine_find(provider, uuid);

        (void)now;
        if (provider->lost)
                return (ProviderResult){-EBUSY, provider->lost};
        if (!machine || machine->power_id != 0 || !allows(&machine->state, action))
                return (ProviderResult){.error = -EBUSY};
        machine->power_id = next_id(provider);
        ask(provider, json_pack("{s:{s:I,s:s,s:s}}", "power", "id", (json_int_t)machine->power_id,
                                "uuid", machine->uuid, "action", power_actions[action]));
        return (ProviderResult){0};
}

/* the conversation */

static const struct {
        const char *name;
        void (*take)(Provider *provider, const json_t *value, Usec now);
} messages[] = {
        {"gone", take_gone},   {"listed", take_listed}, {"lost", take_lost}, {"pong", take_pong},
        {"power", take_power}, {"reset", take_reset},   {"vm", take_vm},
};

void libvirt_take(Provider *provider, const char *text, size_t size, int fd, Usec now)
{
        json_t *message = json_loadb(text, size, 0, NULL);
        const char *name;
        json_t *value;

        if (!message)
                log_warning("%s: guestops-libvirt says what is not understood",
                            provider->config->path);
        json_object_foreach (message, name, value) {
                if (strcmp(name, "channel") == 0)
                        take_channel(provider, value, moved_fd(fd), now);
                for (size_t i = 0; i < ELEMENTS(messages); i++)
                        if (strcmp(messages[i].name, name) == 0)
                                messages[i].take(provider, value, now);
        }
        fd_close(fd);
        json_decref(message);
}

static void forget_channels(Provider *provider, const char *why, Usec now)
{
        Machine *machine;

        TAILQ_FOREACH (machine, &provider->machines, entry)
                if (machine->channel_id != 0)
                        end_channel(provider, machine, -1, &(ProviderResult){-EIO, why}, now);
}

void libvirt_forget_requests(Provider *provider, const char *why, Usec now)
{
        Machine *machine;

        forget_channels(provider, why, now);
        TAILQ_FOREACH (machine, &provider->machines, entry)
                if (machine->power_id != 0)
                        end_power(provider, machine, &(ProviderResult){-EIO, why}, now);
}

void libvirt_lose(Provider *provider, const char *why, Usec now)
{
        char *text = NULL;
        Machine *machine;

        TAILQ_FOREACH (machine, &provider->machines, entry)
                machine->stale = true;
        if (asprintf(&text, "libvirt at %s: %.*s", provider->config->uri, MACHINE_WHY_MAX, why) < 0)
                return;
        utf8_defuse(text);
        if (provider->lost && strcmp(provider->lost, text) == 0) {
                free(text);
                return;
        }
        free(provider->lost);
        provider->lost = text;
        provider->callbacks.on_lost(provider->callbacks.user, text, now);
        forget_channels(provider, text, now);
}

/* life */

static void libvirt_refresh(Provider *provider, Usec now)
{
        const Machine *machine;

        TAILQ_FOREACH (machine, &provider->machines, entry)
                tell(provider, machine, (ProviderResult){0}, now);
}

static Provider *libvirt_close(Provider *provider)
{
        if (!provider)
                return NULL;
        libvirt_child_end(provider);
        while (!TAILQ_EMPTY(&provider->machines))
                machine_remove(provider, TAILQ_FIRST(&provider->machines));
        free(provider->lost);
        free(provider);
        return NULL;
}

int libvirt_open_with(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                      int (*start)(const VmConfig *config, int fd, pid_t *ret), Provider **ret)
{
        Provider *provider = calloc(1, sizeof(*provider));
        int r;

        if (!provider)
                return -ENOMEM;
        provider->loop = loop;
        provider->config = config;
        provider->callbacks = *callbacks;
        provider->start = start;
        TAILQ_INIT(&provider->machines);
        *ret = provider;
        r = libvirt_child_begin(provider, loop_now(loop));
        if (r < 0)
                *ret = libvirt_close(provider);
        return r;
}

static int libvirt_open(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                        Provider **ret)
{
        return libvirt_open_with(loop, config, callbacks, libvirt_child_start, ret);
}

const ProviderType provider_libvirt = {
        .name = "libvirt",
        .many = true,
        .open = libvirt_open,
        .channel = libvirt_channel,
        .power = libvirt_power,
        .refresh = libvirt_refresh,
        .close = libvirt_close,
};
