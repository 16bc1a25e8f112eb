/* Machines, as their providers tell them. */

#include "inventory/inventory-private.h"

#include "base/log.h"
#include "base/utf8.h"
#include "inventory/vm-config.h"

#define NAME_CHARS_MAX 80 /* bytes; vSphere's own limit */

/* names */

/* vSphere's spelling of what may not be in a name; NULL for what may. */
static const char *escape(char c)
{
        static const struct {
                char c;
                const char *escaped;
        } rows[] = {{'/', "%2f"}, {'\\', "%5c"}, {'%', "%25"}};

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                if (rows[i].c == c)
                        return rows[i].escaped;
        return (unsigned char)c < 0x20 ? "?" : NULL;
}

/* A name that a hypervisor's user chose, made fit to be one of the inventory. */
static void tame_name(char name[NAME_CHARS_MAX + 1], const char *wild)
{
        size_t n = 0;

        for (; *wild; wild++) {
                const char *text = escape(*wild);
                size_t size = text ? strlen(text) : 1;

                if (n + size > NAME_CHARS_MAX)
                        break;
                memcpy(name + n, text ? text : wild, size);
                n += size;
        }
        while (*wild && n > 0 && ((unsigned char)*wild & 0xc0) == 0x80) /* no half a character */
                wild--, n--;
        name[n] = '\0';
        utf8_defuse(name);
}

/* what is told */

static bool same_state(const VmState *a, const VmState *b)
{
        return a->power == b->power && a->runs == b->runs && a->reason == b->reason &&
               a->job == b->job;
}

/* A job goes with its machine's power, and may have been done by then or not. */
static void take_job(Inventory *inventory, Vm *vm, ProviderResult result, Usec now)
{
        const TaskSpec spec = {
                .vm_moid = vm->entity.moid,
                .vm_name = vm->entity.name,
                .name = vm->state.job,
                .description = "guestops.hypervisorJob",
        };

        if (vm->job && vm->job->name == vm->state.job)
                return;
        if (!result.error && vm->state.power == VM_POWERED_OFF)
                result = (ProviderResult){-EIO, "the machine was powered off meanwhile"};
        task_end(vm->job, &result, now);
        vm->job = vm->state.job ? task_begin(&inventory->tasks, &spec) : NULL;
}

static void take_state(Inventory *inventory, Vm *vm, const ProviderVm *reported, Usec now)
{
        const VmState *state = &reported->state;

        vm->state = *state;
        take_job(inventory, vm, reported->job_result, now);
        log_info("%s: %s%s%s%s%s", vm->entity.name, vm_power_name(state->power),
                 state->reason ? ", " : "", state->reason ? state->reason : "",
                 state->job ? ", busy with a " : "", state->job ? state->job : "");
}

static int vm_add(VmSource *source, const char *uuid, const char *name, Usec now);
static void vm_remove(Vm *vm, Usec now);
static void hear_others(const VmSource *source, Usec now);

/* Return: the machine, if it is this source's. */
static Vm *find_own(const VmSource *source, const char *uuid)
{
        Vm *vm = inventory_find_uuid(source->inventory, uuid);

        return vm && vm->source == source ? vm : NULL;
}

static void set_hides(VmSource *source, bool hides)
{
        if (source->hides == hides)
                return;
        source->hides = hides;
        if (hides)
                source->inventory->n_hiding++;
        else
                source->inventory->n_hiding--;
}

/* Return: the machine, which may be a new one, or NULL where another source has it. */
static Vm *find_or_add(VmSource *source, const char *uuid, const char *name, Usec now)
{
        const Vm *other = inventory_find_uuid(source->inventory, uuid);

        if (other && other->source != source) {
                if (!source->hides)
                        log_warning("%s: %s has the uuid of a machine of %s, and is left out",
                                    source->config->path, name, other->source->config->path);
                set_hides(source, true);
                return NULL;
        }
        if (!other && (!source->type->many || vm_add(source, uuid, name, now) < 0))
                return NULL;
        return find_own(source, uuid);
}

static void take_name(Vm *vm, const char *name)
{
        char *copy = strcmp(vm->entity.name, name) == 0 ? NULL : strdup(name);

        if (!copy)
                return;
        log_info("%s: is called %s now", vm->entity.name, copy);
        free(vm->entity.name);
        vm->entity.name = copy;
        changes_note_structure(vm->entity.changes); /* selections may go by name */
        entity_touch(&vm->entity);
}

static void on_provider_vm(void *user, const ProviderVm *reported, Usec now)
{
        VmSource *source = user;
        Inventory *inventory = source->inventory;
        char name[NAME_CHARS_MAX + 1];
        Vm *vm;
        bool same;

        tame_name(name, reported->name);
        vm = find_or_add(source, reported->uuid, name, now);
        if (!vm)
                return;
        if (source->type->many)
                take_name(vm, name);
        same = same_state(&vm->state, &reported->state);
        if (same && vm->num_cpu == reported->num_cpu && vm->memory_mb == reported->memory_mb)
                return;
        vm->num_cpu = reported->num_cpu;
        vm->memory_mb = reported->memory_mb;
        if (!same)
                take_state(inventory, vm, reported, now);
        entity_touch(&vm->entity);
        inventory->callbacks.on_vm_changed(inventory->callbacks.user, vm, now);
}

static void on_provider_vm_gone(void *user, const char *uuid, Usec now)
{
        Vm *vm = find_own(user, uuid);

        if (!vm)
                return;
        vm_remove(vm, now);
        hear_others(user, now);
}

static void on_provider_lost(void *user, const char *why, Usec now)
{
        VmSource *source = user;
        InventoryCallbacks *callbacks = &source->inventory->callbacks;
        Vm *vm;

        if (why)
                log_warning("%s: %s", source->config->path, why);
        else
                log_info("%s: its machines can be asked for again", source->config->path);
        free(source->lost);
        source->lost = why ? strdup(why) : NULL;
        TAILQ_FOREACH (vm, &source->vms, vm_entry) {
                entity_touch(&vm->entity);
                callbacks->on_vm_changed(callbacks->user, vm, now);
        }
}

static void on_provider_guest_changed(void *user, const char *uuid, Usec now)
{
        VmSource *source = user;
        InventoryCallbacks *callbacks = &source->inventory->callbacks;
        Vm *vm = find_own(source, uuid);

        if (vm)
                callbacks->on_guest_changed(callbacks->user, vm, now);
}

static void on_provider_channel(void *user, const char *uuid, int fd, const ProviderResult *result,
                                Usec now)
{
        VmSource *source = user;
        InventoryCallbacks *callbacks = &source->inventory->callbacks;
        Vm *vm = find_own(source, uuid);

        if (vm)
                callbacks->on_channel(callbacks->user, vm, fd, result, now);
        else
                fd_close(fd);
}

static void on_provider_channel_there(void *user, const char *uuid, Usec now)
{
        VmSource *source = user;
        InventoryCallbacks *callbacks = &source->inventory->callbacks;
        Vm *vm = find_own(source, uuid);

        if (vm)
                callbacks->on_channel_there(callbacks->user, vm, now);
}

void inventory_open_channel(Vm *vm, Usec now)
{
        vm->source->type->channel(vm->source->provider, vm->uuid, now);
}

/* power */

static void on_provider_power_done(void *user, const char *uuid, const ProviderResult *result,
                                   Usec now)
{
        Vm *vm = find_own(user, uuid);
        VmTask *task = vm ? moved(vm->power) : NULL;

        if (task && result->error < 0)
                log_warning("%s: %s: %s", vm->entity.name, task->name, result->why);
        task_end(task, result, now);
}

ProviderResult inventory_power(Inventory *inventory, Vm *vm, const PowerOrder *order, VmTask **ret,
                               Usec now)
{
        const TaskSpec spec = {
                .vm_moid = vm->entity.moid,
                .vm_name = vm->entity.name,
                .name = order->name,
                .description = order->description,
                .user = order->user,
        };
        ProviderResult result;

        vm->power = task_begin(&inventory->tasks, &spec);
        if (!vm->power)
                return (ProviderResult){.error = -ENOMEM};
        result = vm->source->type->power(vm->source->provider, vm->uuid, order->action, now);
        if (result.error < 0)
                task_drop(&inventory->tasks, moved(vm->power));
        else
                *ret = vm->power;
        return result;
}

/* coming and going */

/* Others may have told of the machine that has gone, and were not heard. */
static void hear_others(const VmSource *source, Usec now)
{
        VmSource *other;

        if (source->inventory->n_hiding == 0)
                return;
        TAILQ_FOREACH (other, &source->inventory->sources, entry)
                if (other != source && other->hides && other->provider) {
                        set_hides(other, false);
                        other->type->refresh(other->provider, now);
                }
}

static void vm_remove(Vm *vm, Usec now)
{
        static const ProviderResult gone = {
                -EIO, "the service gave up the machine, and does not know how this ends"};
        VmSource *source = vm->source;
        Inventory *inventory = source->inventory;

        inventory->callbacks.on_vm_removed(inventory->callbacks.user, vm, now);
        task_end(moved(vm->job), &gone, now);
        task_end(moved(vm->power), &gone, now);
        entity_remove(inventory, &vm->entity);
        TAILQ_REMOVE(&source->vms, vm, vm_entry);
        free(vm->uuid);
        free(vm);
}

static int vm_add(VmSource *source, const char *uuid, const char *name, Usec now)
{
        Inventory *inventory = source->inventory;
        Vm *vm = calloc(1, sizeof(*vm));
        char moid[VM_MOID_MAX];
        int r;

        if (vm)
                vm->uuid = strdup(uuid);
        if (!vm || !vm->uuid) {
                free(vm);
                return -ENOMEM;
        }
        vm_moid(moid, uuid);
        vm->source = source;
        TAILQ_INSERT_TAIL(&source->vms, vm, vm_entry);
        r = entity_add(inventory, &vm->entity, "VirtualMachine", moid, name,
                       inventory_folder(inventory, "vm"));
        inventory->callbacks.on_vm_added(inventory->callbacks.user, vm, now);
        if (r < 0)
                vm_remove(vm, now);
        return r;
}

void source_remove(VmSource *source, Usec now)
{
        Vm *vm;

        /* The provider may not call back any more: its machines go with it. */
        while ((vm = TAILQ_FIRST(&source->vms)))
                vm_remove(vm, now);
        if (source->provider)
                source->type->close(source->provider);
        TAILQ_REMOVE(&source->inventory->sources, source, entry);
        set_hides(source, false);
        hear_others(source, now);
        vm_config_free(source->config);
        free(source->lost);
        free(source);
}

static int source_open(VmSource *source, Usec now)
{
        const ProviderCallbacks callbacks = {
                .on_vm = on_provider_vm,
                .on_vm_gone = on_provider_vm_gone,
                .on_lost = on_provider_lost,
                .on_guest_changed = on_provider_guest_changed,
                .on_channel = on_provider_channel,
                .on_channel_there = on_provider_channel_there,
                .on_power_done = on_provider_power_done,
                .user = source,
        };
        const VmConfig *config = source->config;
        int r = 0;

        if (!source->type->many && inventory_find_uuid(source->inventory, config->uuid))
                return -EEXIST;
        if (!source->type->many)
                r = vm_add(source, config->uuid, config->name, now);
        if (r >= 0)
                r = source->type->open(source->inventory->loop, config, &callbacks,
                                       &source->provider);
        return r;
}

int source_add(Inventory *inventory, VmConfig *config, Usec now)
{
        VmSource *source = calloc(1, sizeof(*source));
        int r;

        if (!source) {
                vm_config_free(config);
                return -ENOMEM;
        }
        *source = (VmSource){
                .inventory = inventory,
                .config = config,
                .type = vm_config_provider(config),
        };
        TAILQ_INIT(&source->vms);
        TAILQ_INSERT_TAIL(&inventory->sources, source, entry);
        r = source_open(source, now);
        if (r < 0) {
                log_error("%s: %s", config->path,
                          r == -EEXIST ? "another source has a machine with its uuid"
                                       : strerror(-r));
                source_remove(source, now);
        }
        return r;
}
