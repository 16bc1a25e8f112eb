#pragma once

/*
 * Managed objects as clients address them, and their properties: one table per managed object type,
 * from the property's name to its type and its getter.
 *
 * Source: vSphere Web Services API, release 8.0.2.0.
 */

#include "base/arena.h"
#include "inventory/inventory.h"
#include "schema/types.h"
#include "session/session.h"

/* What is addressed by a ManagedObjectReference. */
typedef struct OwnObject OwnObject; /* property/own.h */

typedef struct Object {
        const ManagedType *type;
        const char *moid;
        Entity *entity;     /* of the inventory; NULL for other objects */
        const VmTask *task; /* of a Task; else NULL */
        OwnObject *own;     /* that a client has made; else NULL */
} Object;

/* The host that this daemon runs on, as far as its Entity does not tell. */
typedef struct HostFacts {
        const char *thumbprint; /* of the certificate: SHA-1 as hex with colons; may be NULL */
        uint16_t port;
        int64_t boot_time; /* µs since 1970 */
} HostFacts;

/* What getters may look at. All is borrowed for the length of one call. */
typedef struct PropertyContext {
        Arena *arena;
        const Inventory *inventory;
        const Sessions *sessions;
        const Session *session; /* NULL where nobody is logged in */
        const AboutInfo *about;
        const HostFacts *host;
        int64_t wall; /* the time, µs since 1970 */
} PropertyContext;

typedef struct Property {
        const char *name;
        WireForm form;
        const WireType *type; /* of objects, NULL for any; of strings: the enum */
        const char *privilege;
        /*
         * Stores the value in @ret, a variable of @form. It may borrow from the inventory: it is
         * good until the loop's turn ends. Return: 1, 0 for unset, or -ENOMEM.
         */
        int (*get)(const PropertyContext *context, const Object *object, void *ret);
} Property;

/* Return: 0, or -ENOENT. @moref may be inconsistent: its type has to be the object's. */
int object_find(const Inventory *inventory, const Moref *moref, Object *ret);

/* The same, and what @session has made. Without a session, only the service's own objects. */
int object_find_for(const Inventory *inventory, const Session *session, const Moref *moref,
                    Object *ret);

/* Return: the property, inherited ones included, or NULL. */
const Property *property_find(const ManagedType *type, const char *name);

/* Return: property number @index, the type's own before inherited ones; NULL behind the last. */
const Property *property_at(const ManagedType *type, size_t index);

/* The value of ServiceInstance.content, also RetrieveServiceContent's result. */
ServiceContent *service_content(const PropertyContext *context);

/* The value of SessionManager.currentSession, also Login's result. */
UserSession *session_describe(Arena *arena, const Session *session);
