#pragma once

/*
 * Audit: what was decided, kept as one line of JSON per event in a file that is only appended to.
 * There is no field that a secret would fit into. By default, what cannot be recorded is not done:
 * ask audit_is_able() first.
 */

#include "base/base.h"

typedef struct Audit Audit;

typedef struct AuditEvent {
        const char *event;      /* login, logout, terminate-session, guest-operation, power,
                                   file-transfer */
        const char *request_id; /* also in the answer's header and in the agent's log */
        const char *user;       /* of this service */
        const char *address;    /* of the client */
        const char *vm, *vm_name;
        const char *guest_user;
        const char *operation;
        const char *target;     /* a program, a file, sessions; never a program's arguments */
        const char *result;     /* "ok", or the fault's name */
        const char *initiation; /* the request id of the call that made a transfer's URL */
        const uint64_t *bytes;  /* of a file, that were moved; NULL: none to tell */
        Usec duration;
} AuditEvent;

/* Return: 0, or a negative errno of open(2). */
int audit_open(const char *path, Audit **ret);
Audit *audit_close(Audit *audit);
DEFINE_CLEANUP(Audit, audit_close)

/* Appends the event; members that are NULL are left out. Return: 0, or a negative errno. */
int audit_write(Audit *audit, const AuditEvent *event);

/* Return: whether the last write succeeded, or would now. */
bool audit_is_able(Audit *audit);

/* Opens the file anew, for whoever has rotated it away. */
int audit_reopen(Audit *audit);
