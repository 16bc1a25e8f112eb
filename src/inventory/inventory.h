#pragma once

/*
 * Inventory: the tree of managed entities that clients walk.
 *
 *   rootFolder ─ Datacenter ┬ vmFolder ─ VirtualMachine…
 *                           ├ hostFolder ─ ComputeResource ┬ HostSystem
 *                           │                              └ ResourcePool
 *                           └ datastoreFolder, networkFolder
 *
 * There is one host, which this daemon runs on; all machines are in the one pool. Ids are stable
 * over restarts: those of machines are made from their UUID. Entities are the inventory's; a
 * pointer to one holds until the loop's turn ends.
 */

#include "inventory/tasks.h"
#include "schema/method.h"
#include "schema/types-channel.h"

typedef struct Inventory Inventory;
typedef struct Entity Entity;
typedef struct Vm Vm;

TAILQ_HEAD(Entities, Entity);

struct Entity {
        const ManagedType *type;
        char *moid;
        char *name;
        Entity *parent; /* NULL for the root */
        struct Entities children;
        TAILQ_ENTRY(Entity) entry;
        Changes *changes;
        uint64_t changed; /* the number of the last change that it was part of */
};

typedef struct GuestAddress {
        char text[46]; /* of IPv4 or IPv6, as inet_ntop(3) writes it */
        unsigned char prefix_length;
        bool deprecated;
} GuestAddress;

typedef struct GuestInterface {
        char name[16];
        char mac_address[18]; /* 00:00:5e:00:53:af, or "" */
        bool up;
        GuestAddress *addresses;
        size_t n_addresses; /* FACTS_ADDRESSES_MAX at most */
} GuestInterface;

typedef struct GuestDisk {
        char *path; /* where it is mounted */
        char file_system_type[32];
        int64_t capacity, free_space; /* bytes */
} GuestDisk;

typedef struct GuestProblem {
        char word[FACTS_PROBLEM_MAX]; /* small letters, digits and "-" */
} GuestProblem;

/* What the agent told of itself and its guest. Untrusted text, safe to print. */
typedef struct GuestFacts {
        bool seen;  /* an agent has ever spoken, as far as this daemon knows */
        bool known; /* one has since the machine was powered on */
        bool ready; /* it would answer now, if the machine runs */
        char version[64], host_name[256], os_name[256];
        WireTime boot_time;  /* by the guest's clock */
        char ip_address[46]; /* the one that stands for the guest, or "" */
        GuestInterface *interfaces;
        size_t n_interfaces; /* FACTS_INTERFACES_MAX at most */
        GuestDisk *disks;
        size_t n_disks; /* FACTS_DISKS_MAX at most */
        WireInt user_sessions;
        GuestProblem *problems; /* with its own set-up; PROTOCOL.md has the words */
        size_t n_problems;      /* FACTS_PROBLEMS_MAX at most */
} GuestFacts;

/* A provider at work: one configuration file's. */
typedef struct VmSource {
        Inventory *inventory;
        VmConfig *config;
        const ProviderType *type;
        Provider *provider; /* NULL while it opens */
        bool hides;         /* it has told of a machine that another source has */
        char *lost;         /* why its machines cannot be asked for now, or NULL */
        TAILQ_HEAD(VmList, Vm) vms;
        TAILQ_ENTRY(VmSource) entry;
} VmSource;

struct Vm {
        Entity entity;
        char *uuid;
        VmState state;
        int32_t num_cpu, memory_mb; /* 0: not known */
        VmTask *job;                /* of the hypervisor, that has it now, or NULL */
        VmTask *power;              /* the power operation under way, or NULL */
        VmSource *source;
        void *guest;              /* what on_vm_added() gave it */
        GuestFacts facts;         /* kept up to date by the owner of .guest */
        TAILQ_ENTRY(Vm) vm_entry; /* of its source */
};

typedef struct InventoryCallbacks {
        void (*on_vm_added)(void *user, Vm *vm, Usec now);
        void (*on_vm_changed)(void *user, Vm *vm, Usec now);
        void (*on_guest_changed)(void *user, Vm *vm, Usec now);
        void (*on_vm_removed)(void *user, Vm *vm, Usec now);
        /* The end of inventory_open_channel(); values as with ProviderCallbacks. */
        void (*on_channel)(void *user, Vm *vm, int fd, const ProviderResult *result, Usec now);
        void (*on_channel_there)(void *user, Vm *vm, Usec now);
        void *user;
} InventoryCallbacks;

/* @datacenter, @host: their names. */
int inventory_new(Loop *loop, const char *datacenter, const char *host,
                  const InventoryCallbacks *callbacks, Inventory **ret);
Inventory *inventory_free(Inventory *inventory);
DEFINE_CLEANUP(Inventory, inventory_free)

/**
 * inventory_load() - the machines, and where to find some, that the files *.conf in a directory
 * describe
 *
 * What has changed since the last call is taken over; what has not is left alone. A file that is
 * wrong is logged and left out; so is one whose UUID or URI another has.
 *
 * Return: 0, or -ENOENT and the like for the directory.
 */
int inventory_load(Inventory *inventory, const char *directory, Usec now);

/* Removes all machines, as when their files were gone; but who watches changes is not told. */
void inventory_clear(Inventory *inventory, Usec now);

/* Something that clients can read of the entity has changed. */
void entity_touch(Entity *entity);

Changes *inventory_changes(const Inventory *inventory);

/* Return: the entity, or NULL. @type NULL takes any. */
Entity *inventory_find(const Inventory *inventory, const char *type, const char *moid);
Vm *inventory_find_vm(const Inventory *inventory, const char *moid);
/* @uuid: in lower case */
Vm *inventory_find_uuid(const Inventory *inventory, const char *uuid);

typedef struct PowerOrder {
        PowerAction action;
        const char *name, *description, *user; /* of the task, see VmTask */
} PowerOrder;

/**
 * inventory_power() - have a machine's provider begin a power action
 * @vm:         vm_busy_with() nothing, and with a source that has power()
 * @ret:        its task, which is not over yet
 *
 * Return: as power() of ProviderType, or .error -ENOMEM.
 */
ProviderResult inventory_power(Inventory *inventory, Vm *vm, const PowerOrder *order, VmTask **ret,
                               Usec now);

/* Connects to the machine's agent; see channel() of ProviderType. */
void inventory_open_channel(Vm *vm, Usec now);

/* Return: the source that was added next after @source, the oldest for NULL, or NULL. */
const VmSource *inventory_next_source(const Inventory *inventory, const VmSource *source);

/* Return: the task that has the machine to itself, or NULL. */
const VmTask *vm_busy_with(const Vm *vm);

/* Return: the task of that id, also a while after its end, or NULL. */
const VmTask *inventory_find_task(const Inventory *inventory, const char *moid);
/* Return: the task that began next after @task, the oldest for NULL, or NULL. */
const VmTask *inventory_next_task(const Inventory *inventory, const VmTask *task);

Entity *inventory_root(const Inventory *inventory);
/* The folders of the one datacenter: "vm", "host", "datastore" or "network". */
Entity *inventory_folder(const Inventory *inventory, const char *name);
/* The one of each type. */
Entity *inventory_compute_resource(const Inventory *inventory);
Entity *inventory_host(const Inventory *inventory);
Entity *inventory_resource_pool(const Inventory *inventory);

/* Return: vSphere's word for it. */
const char *vm_power_name(VmPower power);
