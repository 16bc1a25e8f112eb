#pragma once

/*
 * Transfers: the URLs by which clients move files out of guests and into them.
 *
 * What the agent has initiated it calls by a name of its own. The client is told a URL with a
 * secret of ours in its place, which is all that it takes to use it. A URL is good for 10 minutes
 * and any number of tries, one at a time, until one has succeeded. It ends when its machine is
 * powered off, suspended, reset or removed, and with the agent. It outlives the session that it was
 * asked for in: the API ties it to the machine, not to the session.
 *
 * Source: vSphere Web Services API, GuestFileManager; PROTOCOL.md, "Transfers".
 */

#include "guestops/guest.h"
#include "session/call.h"

#define TRANSFER_PATH          "/guestFile"
#define TRANSFER_USEC          (600 * USEC_PER_SEC)
#define TRANSFER_ID_LETTERS    16
#define TRANSFER_TOKEN_LETTERS 32 /* 150 bits */
#define TRANSFER_NAME_CHARS    32 /* of the agent's name for it */

typedef struct Transfers Transfers;

typedef struct TransferLimits {
        size_t max, max_per_user, max_per_vm; /* open at once */
} TransferLimits;

typedef struct Transfer {
        bool upload;
        bool busy; /* a client is at it */
        char id[TRANSFER_ID_LETTERS + 1], token[TRANSFER_TOKEN_LETTERS + 1];
        char name[TRANSFER_NAME_CHARS + 1];              /* the agent's */
        char initiation[CALL_REQUEST_ID_CHARS + 1];      /* the request that made it */
        char *user, *guest_user, *path, *moid, *vm_name; /* for the audit; guest_user may be NULL */

        /* the table's own */
        Transfers *transfers;
        Vm *vm; /* NULL: it is over, and lives only until the client that is at it has ended */
        char instance[40]; /* the agent */
        Usec expires;
        GuestRequest close;
        CloseFileTransferRequestType params;
        Fault fault;
        TAILQ_ENTRY(Transfer) entry;
} Transfer;

/* @deadline: how long an agent may take for what it is asked about a transfer. */
Transfers *transfers_new(Loop *loop, const TransferLimits *limits, Usec deadline);
/* After all machines are gone. */
Transfers *transfers_free(Transfers *transfers);
DEFINE_CLEANUP(Transfers, transfers_free)

Usec transfers_deadline(const Transfers *transfers);

/**
 * transfer_add() - have a URL for what an agent has initiated
 * @call:       the client's, of InitiateFileTransferFromGuest or -ToGuest
 * @name:       what the agent calls it
 * @ret_url:    in the call's arena
 *
 * Return: 0, or negative, with a fault raised in the call; the agent is told to forget it.
 */
int transfer_add(Transfers *transfers, Call *call, Vm *vm, const char *name, Usec now,
                 char **ret_url);

/* Return: the transfer of a URL that is good, or NULL. It may be busy. */
Transfer *transfer_find(Transfers *transfers, const char *id, const char *token, Usec now);

/* Return: where its file is; NULL when the machine is gone. */
Guest *transfer_guest(const Transfer *transfer);

/* Return: whether the agent that has named it is not the one that speaks now. */
bool transfer_is_stale(const Transfer *transfer);

/*
 * A client begins, and ends: with @done the URL is over, else it may come again. Not to be looked
 * at afterwards.
 */
void transfer_begin(Transfer *transfer);
void transfer_end(Transfer *transfer, bool done, Usec now);

/* The machine, or the life of the guest in it, is over, and so is what was open on it. */
void transfers_end_vm(Transfers *transfers, const Vm *vm);
