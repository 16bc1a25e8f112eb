#include "inventory/inventory.h"

#include "inventory/inventory-private.h"

#include <search.h>
#include <stdio.h>

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

int entity_add(Inventory *inventory, Entity *entity, const char *type, const char *moid,
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

void entity_remove(Inventory *inventory, Entity *entity)
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

void vm_moid(char moid[VM_MOID_MAX], const char *uuid)
{
        (void)snprintf(moid, VM_MOID_MAX, "vm-%s", uuid);
}

Vm *inventory_find_uuid(const Inventory *inventory, const char *uuid)
{
        char moid[VM_MOID_MAX];

        vm_moid(moid, uuid);
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

const VmSource *inventory_next_source(const Inventory *inventory, const VmSource *source)
{
        return source ? TAILQ_NEXT(source, entry) : TAILQ_FIRST(&inventory->sources);
}

const VmTask *vm_busy_with(const Vm *vm)
{
        return vm->job ? vm->job : vm->power;
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
        TAILQ_INIT(&inventory->sources);
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
        VmSource *source;

        while ((source = TAILQ_FIRST(&inventory->sources)))
                source_remove(source, now);
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
