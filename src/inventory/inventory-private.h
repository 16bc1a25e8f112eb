#pragma once

/*
 * What the files of the inventory share.
 *
 * inventory.c  the tree of entities
 * machines.c   machines, as their providers tell them
 * vm-files.c   the configuration files, each a source of machines
 */

#include "inventory/inventory.h"

#define VM_MOID_MAX 64

struct Inventory {
        Loop *loop;
        Changes changes;
        InventoryCallbacks callbacks;
        void *by_moid; /* tsearch(3) */
        Entity root, datacenter, folders[4], compute_resource, host, resource_pool;
        TAILQ_HEAD(VmSources, VmSource) sources;
        size_t n_hiding; /* sources that have told of a machine which another one has */
        Tasks tasks;
};

/* @entity: fields are set from within. Return: 0, or -ENOMEM, after which it is to be removed. */
int entity_add(Inventory *inventory, Entity *entity, const char *type, const char *moid,
               const char *name, Entity *parent);
void entity_remove(Inventory *inventory, Entity *entity);

/* The id of the machine with that UUID; truncated, it is the id of no machine. */
void vm_moid(char moid[VM_MOID_MAX], const char *uuid);

/* Opens the provider that a file names. @config: taken. Return: 0, or a logged negative errno. */
int source_add(Inventory *inventory, VmConfig *config, Usec now);
void source_remove(VmSource *source, Usec now);
