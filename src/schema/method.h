#pragma once

/*
 * Methods of the managed object types that we serve: parameters, result, privilege, faults.
 * Handlers are bound to them by name, in api/ and in agent/.
 *
 * Source: vSphere Web Services API, release 8.0.2.0.
 */

#include "schema/type.h"

typedef struct ManagedType ManagedType;

typedef enum MethodFlags {
        METHOD_ANONYMOUS = 1 << 0, /* needs no session */
        METHOD_GUEST = 1 << 1,     /* the agent of the machine in parameter "vm" carries it out */
        METHOD_CONFIRM = 1 << 2,   /* it changes the guest: the agent asks before it acts */
        METHOD_POWER = 1 << 3,     /* it changes the power of the machine that it is a method of */
        METHOD_AUDITED = 1 << 4,   /* refused while the audit cannot be written; so are
                                      METHOD_GUEST and METHOD_POWER */
} MethodFlags;

typedef struct Method {
        const char *name;
        const WireType *params;
        WireForm result;               /* FORM_NONE: void */
        const WireType *result_type;   /* of objects */
        const char *privilege;         /* asked for on "vm", or else on the object itself */
        unsigned int flags;            /* MethodFlags */
        const WireType *const *faults; /* documented beside RuntimeFault; ended by NULL */
} Method;

struct ManagedType {
        const char *name;
        const ManagedType *base;
        const Method *methods; /* sorted by name */
        size_t n_methods;
};

/* All managed object types that the program knows, sorted by name; see wire_types. */
extern const ManagedType *const managed_types[];
extern const size_t n_managed_types;

/* Return: the type, or NULL. */
const ManagedType *managed_type_find(const char *name);

/* Return: whether @type is @base or derives from it. */
bool managed_type_is(const ManagedType *type, const ManagedType *base);

/* Return: the method, inherited ones included, or NULL. */
const Method *method_find(const ManagedType *type, const char *name);

/* What a host asks of an agent and no client can call; sorted by name. */
extern const Method channel_methods[];
extern const size_t n_channel_methods;

/* Return: the operation of that name that an agent is asked for, or NULL. */
const Method *method_find_guest(const char *name);
