#pragma once

/*
 * Call: one method call of one client, from its parameters to its answer. A handler does not know
 * which wire it came by. It answers, or raises a fault, or parks the call with something that
 * will; it never waits.
 */

#include "base/arena.h"
#include "schema/fault.h"
#include "schema/method.h"
#include "session/session.h"

#define CALL_REQUEST_ID_CHARS 16

typedef struct Call Call;
struct Call {
        Arena *arena;
        char request_id[CALL_REQUEST_ID_CHARS + 1];
        const char *address;    /* of the client; in the arena */
        const char *user_agent; /* in the arena; may be empty */
        const char *authority;  /* what the client calls this host, for URLs; in the arena */
        Session *session;       /* NULL for a client that is not logged in */
        const Method *method;   /* NULL for a property */
        Moref receiver;
        const void *params;
        Fault fault;
        SystemError spare; /* the fault where there is no memory for one */
        Usec begun;

        /* For the audit: set by whoever knows. In the arena, or static. NULL event: none. */
        const char *audit_event, *audit_user;
        const char *vm, *vm_name, *guest_user, *target;

        /* A login succeeded: the answer tells this session's id to the client. */
        Session *opened;

        /* The wire's: writes the answer, frees the call. @value: a variable of @form. */
        void (*reply)(Call *call, WireForm form, const void *value, Usec now);
        /* The parker's: the client has left; nothing may follow. NULL while not parked. */
        void (*abandon)(Call *call, Usec now);
        void *parked; /* the parker's */
};

/* Answers the call with its method's result (NULL for void), and ends it. */
void call_reply(Call *call, const void *value, Usec now);

/* Answers the call with the fault that was raised, and ends it. */
void call_fail(Call *call, Usec now);

/* Raises a fault; see fault_raise(). Return: always negative. */
#define call_fault(call, id, member, ...)                                                          \
        fault_raise(&(call)->fault, (call)->arena, id, member, __VA_ARGS__)

/* Raises ManagedObjectNotFound for @moref. */
int call_fault_no_object(Call *call, const Moref *moref);

/* Raises the fault of a session that has made more objects than it may. */
int call_fault_too_many(Call *call);

/* Raises NoPermission unless the session's role has the privilege on @object. */
int call_authorize(Call *call, const char *privilege, const Moref *object);
