#include "inventory/inventory.h"

#include "base/log.h"
#include "inventory/vm-config.h"

#include <glob.h>
#include <search.h>
#include <stdio.h>

#define VM_MOID_MAX 64

struct Inventory {
        Loop *loop;
        Changes changes;
        InventoryCallbacks callbacks;
        void *by_moid; /* tsearch(3) */
        Entity root, datacenter, folders[4], compute_resource, host, resource_pool;
        TAILQ_HEAD(Vms, Vm) vms;
        Tasks tasks;
};

/* The folders of a datacenter, and vCenter's way to number them. */
static const struct {
        const char *name, *moid;
} folder_rows[] = {
        {"vm", "group-v3"},
        {"host", "group-h4"},
        {"datastore", "group-s5"},
        {"network", "group-n6"},
};

const char *vm_power_name(VmPower power)
{
        static const char *const names[] = {
                [VM_POWERED_OFF] = "poweredOff",
                [VM_POWERED_ON] = "poweredOn",
                [VM_SUSPENDED] = "suspended",
        };

        return names[power];
}

static int compare_moid(const void *a, const void *b)
{
        return strcmp(((const Entity *)a)->moid, ((const Entity *)b)->moid);
}

static int entity_add(Inventory *inventory, Entity *entity, const char *type, const char *moid,
                      const char *name, Entity *parent)
{
        *entity = (Entity){
                .type = managed_type_find(type),
                .moid = strdup(moid),
                .name = strdup(name),
                .parent = parent,
                .changes = &inventory->changes,
        };
        TAILQ_INIT(&entity->children);
        if (!entity->moid || !entity->name || !tsearch(entity, &inventory->by_moid, compare_moid)) {
                entity->parent = NULL; /* it is in no list yet */
                return -ENOMEM;
        }
        if (parent)
                TAILQ_INSERT_TAIL(&parent->children, entity, entry);
        changes_note_structure(&inventory->changes);
        entity->changed = inventory->changes.structure; /* one that comes back may be another */
        return 0;
}

static void entity_remove(Inventory *inventory, Entity *entity)
{
        if (!entity->moid)
                return;
        (void)tdelete(entity, &inventory->by_moid, compare_moid);
        if (entity->parent)
                TAILQ_REMOVE(&entity->parent->children, entity, entry);
        free(entity->moid);
        free(entity->name);
        changes_note_structure(&inventory->changes);
}

void entity_touch(Entity *entity)
{
        entity->changed = changes_note(entity->changes);
}

Changes *inventory_changes(const Inventory *inventory)
{
        return (Changes *)&inventory->changes;
}

Entity *inventory_find(const Inventory *inventory, const char *type, const char *moid)
{
        const Entity key = {.moid = (char *)moid};
        Entity *const *found = tfind(&key, &inventory->by_moid, compare_moid);

        if (!found || (type && strcmp((*found)->type->name, type) != 0))
                return NULL;
        return *found;
}

Vm *inventory_find_vm(const Inventory *inventory, const char *moid)
{
        Entity *entity = inventory_find(inventory, "VirtualMachine", moid);

        return entity ? container_of(entity, Vm, entity) : NULL;
}

/* Truncated, it is the id of no machine. */
static void write_vm_moid(char moid[VM_MOID_MAX], const char *uuid)
{
        (void)snprintf(moid, VM_MOID_MAX, "vm-%s", uuid);
}

Vm *inventory_find_uuid(const Inventory *inventory, const char *uuid)
{
        char moid[VM_MOID_MAX];

        write_vm_moid(moid, uuid);
        return inventory_find_vm(inventory, moid);
}

Entity *inventory_root(const Inventory *inventory)
{
        return (Entity *)&inventory->root;
}

Entity *inventory_folder(const Inventory *inventory, const char *name)
{
        for (size_t i = 0; i < ELEMENTS(folder_rows); i++)
                if (strcmp(folder_rows[i].name, name) == 0)
                        return (Entity *)&inventory->folders[i];
        return NULL;
}

Entity *inventory_compute_resource(const Inventory *inventory)
{
        return (Entity *)&inventory->compute_resource;
}

Entity *inventory_host(const Inventory *inventory)
{
        return (Entity *)&inventory->host;
}

Entity *inventory_resource_pool(const Inventory *inventory)
{
        return (Entity *)&inventory->resource_pool;
}

const VmTask *inventory_find_task(const Inventory *inventory, const char *moid)
{
        return tasks_find(&inventory->tasks, moid);
}

const VmTask *inventory_next_task(const Inventory *inventory, const VmTask *task)
{
        return task ? TAILQ_NEXT(task, entry) : TAILQ_FIRST(&inventory->tasks.list);
}

const VmTask *vm_busy_with(const Vm *vm)
{
        return vm->job ? vm->job : vm->power;
}

/* machines */

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

static void on_provider_vm(void *user, const ProviderVm *reported, Usec now)
{
        Inventory *inventory = user;
        Vm *vm = inventory_find_uuid(inventory, reported->uuid);
        bool same;

        if (!vm)
                return;
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

static void on_provider_guest_changed(void *user, const char *uuid, Usec now)
{
        Inventory *inventory = user;
        Vm *vm = inventory_find_uuid(inventory, uuid);

        if (vm)
                inventory->callbacks.on_guest_changed(inventory->callbacks.user, vm, now);
}

static void on_provider_power_done(void *user, const char *uuid, const ProviderResult *result,
                                   Usec now)
{
        Inventory *inventory = user;
        Vm *vm = inventory_find_uuid(inventory, uuid);
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
        result = vm->provider_type->power(vm->provider, vm->uuid, order->action, now);
        if (result.error < 0)
                task_drop(&inventory->tasks, moved(vm->power));
        else
                *ret = vm->power;
        return result;
}

static void vm_remove(Inventory *inventory, Vm *vm, Usec now)
{
        static const ProviderResult gone = {
                -EIO, "the service gave up the machine, and does not know how this ends"};

        inventory->callbacks.on_vm_removed(inventory->callbacks.user, vm, now);
        task_end(moved(vm->job), &gone, now);
        task_end(moved(vm->power), &gone, now);
        if (vm->provider)
                vm->provider_type->close(vm->provider);
        entity_remove(inventory, &vm->entity);
        TAILQ_REMOVE(&inventory->vms, vm, vm_entry);
        vm_config_free(vm->config);
        free(vm->uuid);
        free(vm);
}

static int vm_add(Inventory *inventory, VmConfig *config, Usec now)
{
        const ProviderCallbacks callbacks = {
                .on_vm = on_provider_vm,
                .on_guest_changed = on_provider_guest_changed,
                .on_power_done = on_provider_power_done,
                .user = inventory,
        };
        Vm *vm = calloc(1, sizeof(*vm));
        char moid[VM_MOID_MAX];
        int r;

        if (vm)
                vm->uuid = strdup(config->uuid);
        if (!vm || !vm->uuid) {
                free(vm);
                vm_config_free(config);
                return -ENOMEM;
        }
        write_vm_moid(moid, config->uuid);
        vm->config = config;
        vm->provider_type = vm_config_provider(config);
        TAILQ_INSERT_TAIL(&inventory->vms, vm, vm_entry);
        r = entity_add(inventory, &vm->entity, "VirtualMachine", moid, config->name,
                       inventory_folder(inventory, "vm"));
        inventory->callbacks.on_vm_added(inventory->callbacks.user, vm, now);
        if (r >= 0)
                r = vm->provider_type->open(inventory->loop, config, &callbacks, &vm->provider);
        if (r < 0) {
                log_error("%s: %s", config->path, strerror(-r));
                vm_remove(inventory, vm, now);
        }
        return r;
}

/* files */

typedef struct Found {
        VmConfig **items; /* by path */
        size_t n;
        void *by_uuid; /* tsearch(3), of pointers to items */
} Found;

static void leave(void *item)
{
        (void)item;
}

static void found_done(Found *found)
{
        tdestroy(found->by_uuid, leave);
        for (size_t i = 0; i < found->n; i++)
                vm_config_free(found->items[i]);
        free(found->items);
}

static int compare_uuid(const void *a, const void *b)
{
        return strcmp((*(VmConfig *const *)a)->uuid, (*(VmConfig *const *)b)->uuid);
}

static VmConfig **find_config(const Found *found, const VmConfig *same_uuid)
{
        VmConfig **const *item = tfind(&same_uuid, &found->by_uuid, compare_uuid);

        return item ? *item : NULL;
}

static int add_config(Found *found, VmConfig *config)
{
        VmConfig **item = &found->items[found->n++];

        *item = config;
        return tsearch(item, &found->by_uuid, compare_uuid) ? 0 : -ENOMEM;
}

/* Two files, one uuid: the machine that is there already stays. */
static bool is_known(const Inventory *inventory, const VmConfig *config)
{
        const Vm *vm = inventory_find_uuid(inventory, config->uuid);

        return vm && strcmp(vm->config->path, config->path) == 0;
}

static int find_file(const Inventory *inventory, Found *found, const char *path)
{
        _cleanup_(vm_config_freep) VmConfig *config = NULL;
        VmConfig **other;

        if (vm_config_load(path, &config) < 0)
                return 0;
        other = find_config(found, config);
        if (!other)
                return add_config(found, moved(config));
        if (is_known(inventory, config)) {
                VmConfig *first = *other;

                *other = config;
                config = first;
        }
        log_error("%s: has the uuid of %s and is left out", config->path, (*other)->path);
        return 0;
}

static int find_files(const Inventory *inventory, const char *directory, Found *found)
{
        _cleanup_(freep) char *pattern = NULL;
        glob_t paths = {0};
        int r;

        if (access(directory, R_OK | X_OK) < 0)
                return -errno;
        if (asprintf(&pattern, "%s/*.conf", directory) < 0)
                return -ENOMEM;
        r = glob(pattern, 0, NULL, &paths);
        if (r != 0)
                return r == GLOB_NOMATCH ? 0 : -EIO;
        found->items = calloc(paths.gl_pathc, sizeof(*found->items));
        r = found->items ? 0 : -ENOMEM;
        for (size_t i = 0; r >= 0 && i < paths.gl_pathc; i++)
                r = find_file(inventory, found, paths.gl_pathv[i]);
        globfree(&paths);
        return r;
}

int inventory_load(Inventory *inventory, const char *directory, Usec now)
{
        _cleanup_(found_done) Found found = {0};
        VmConfig **config;
        Vm *vm, *next;
        int r;

        r = find_files(inventory, directory, &found);
        if (r < 0)
                return r;
        for (vm = TAILQ_FIRST(&inventory->vms); vm; vm = next) {
                next = TAILQ_NEXT(vm, vm_entry);
                config = find_config(&found, vm->config);
                if (!config || !vm_config_equal(*config, vm->config))
                        vm_remove(inventory, vm, now);
        }
        for (size_t i = 0; i < found.n; i++)
                if (!inventory_find_uuid(inventory, found.items[i]->uuid))
                        (void)vm_add(inventory, moved(found.items[i]), now);
        return 0;
}

/* life */

static int add_host(Inventory *inventory, const char *name)
{
        Entity *compute_resource = &inventory->compute_resource;
        int r;

        r = entity_add(inventory, compute_resource, "ComputeResource", "domain-c7", name,
                       inventory_folder(inventory, "host"));
        if (r >= 0)
                r = entity_add(inventory, &inventory->resource_pool, "ResourcePool", "resgroup-8",
                               "Resources", compute_resource);
        if (r >= 0)
                r = entity_add(inventory, &inventory->host, "HostSystem", "host-9", name,
                               compute_resource);
        return r;
}

int inventory_new(Loop *loop, const char *datacenter, const char *host,
                  const InventoryCallbacks *callbacks, Inventory **ret)
{
        _cleanup_(inventory_freep) Inventory *inventory = calloc(1, sizeof(*inventory));
        int r;

        if (!inventory)
                return -ENOMEM;
        inventory->loop = loop;
        inventory->callbacks = *callbacks;
        changes_init(&inventory->changes, loop);
        TAILQ_INIT(&inventory->vms);
        tasks_init(&inventory->tasks, &inventory->changes);
        r = entity_add(inventory, &inventory->root, "Folder", "group-d1", "Datacenters", NULL);
        if (r >= 0)
                r = entity_add(inventory, &inventory->datacenter, "Datacenter", "datacenter-2",
                               datacenter, &inventory->root);
        for (size_t i = 0; r >= 0 && i < ELEMENTS(folder_rows); i++)
                r = entity_add(inventory, &inventory->folders[i], "Folder", folder_rows[i].moid,
                               folder_rows[i].name, &inventory->datacenter);
        if (r >= 0)
                r = add_host(inventory, host);
        if (r >= 0)
                *ret = moved(inventory);
        return r;
}

void inventory_clear(Inventory *inventory, Usec now)
{
        Vm *vm;

        while ((vm = TAILQ_FIRST(&inventory->vms)))
                vm_remove(inventory, vm, now);
        changes_done(&inventory->changes); /* it is we who go, not the machines */
}

Inventory *inventory_free(Inventory *inventory)
{
        if (!inventory)
                return NULL;
        inventory_clear(inventory, loop_now(inventory->loop));
        tasks_done(&inventory->tasks);
        entity_remove(inventory, &inventory->host);
        entity_remove(inventory, &inventory->resource_pool);
        entity_remove(inventory, &inventory->compute_resource);
        for (size_t i = ELEMENTS(inventory->folders); i-- > 0;)
                entity_remove(inventory, &inventory->folders[i]);
        entity_remove(inventory, &inventory->datacenter);
        entity_remove(inventory, &inventory->root);
        changes_done(&inventory->changes);
        free(inventory);
        return NULL;
}
