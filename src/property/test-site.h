#pragma once

/*
 * For unit tests of the property collector: an inventory with machines that are always on, sessions
 * of several roles, and filter specs as JSON.
 *
 * A machine has one letter for its name, and an id that is made from it. The folders' names and ids
 * are those of the inventory.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "inventory/inventory.h"
#include "property/object.h"
#include "property/own.h"
#include "schema/tables.h"

typedef struct Site {
        Loop *loop;
        Inventory *inventory;
        Sessions *sessions;
        Session *session;        /* may do all */
        Session *other;          /* so may this */
        Session *viewer;         /* has System.View, and not System.Read */
        Arena *arena;            /* of what site_*() make; see site_clear() */
        PropertyContext context; /* of the first session */
} Site;

#define SITE_ARENA_MAX ((size_t)96 << 20) /* as much as a call has */

void site_init(Site *site);
void site_done(Site *site);

/* Another arena. What was made in the last one is gone. */
void site_clear(Site *site);

/* These machines are there, as "abc" says, and no others. */
void site_machines(Site *site, const char *names);

/* Return: the machine of that name, which is there. */
Vm *site_machine(const Site *site, char name);

/* Return: the filter spec, read from JSON. */
PropertyFilterSpec *site_spec(Site *site, const char *json);

/* Return: its name, or its type's where it has none. */
const char *site_name(const Object *object);

/* Return: the object, which is there for the first session. */
Object site_object(const Site *site, const char *type, const char *moid);

/* Return: what has been put into @text, in the arena. */
const char *site_text(const Site *site, const Buf *text);

/* JSON */

#define VM_ID(name)     "vm-00000000-0000-4000-8000-00000000000" name
#define REF(type, moid) "{\"type\":\"" type "\",\"value\":\"" moid "\"}"
#define ROOT            REF("Folder", "group-d1")
#define DATACENTER      REF("Datacenter", "datacenter-2")
#define VM_FOLDER       REF("Folder", "group-v3")
#define VM(name)        REF("VirtualMachine", VM_ID(name))
#define SERVICE         REF("ServiceInstance", "ServiceInstance")
#define SKIP            ",\"skip\":true"
#define SETS(items)     ",\"selectSet\":[" items "]"
#define NAMED(name)     "{\"name\":\"" name "\"}"
#define STEP(type, path, more)                                                                     \
        "{\"_typeName\":\"TraversalSpec\",\"type\":\"" type "\",\"path\":\"" path "\"" more "}"
#define STEP_NAMED(name, type, path, more) STEP(type, path, ",\"name\":\"" name "\"" more)
#define OBJ(reference, more)               "{\"obj\":" reference more "}"
#define PATHS(type, paths)                 "{\"type\":\"" type "\",\"pathSet\":[" paths "]}"
#define ALL_PATHS(type)                    "{\"type\":\"" type "\",\"all\":true}"
#define FILTER(paths, objects)             "{\"propSet\":[" paths "],\"objectSet\":[" objects "]}"
#define FILTER_MISSING(paths, objects)                                                             \
        "{\"propSet\":[" paths "],\"objectSet\":[" objects "],"                                    \
        "\"reportMissingObjectsInResults\":true}"
