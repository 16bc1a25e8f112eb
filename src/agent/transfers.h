#pragma once

/*
 * Transfers: what InitiateFileTransfer…Guest has promised. The host has a handle for each, and who
 * shows it need not log in again: so a handle is good for a short time, in one life of this agent,
 * for the machine that it was given in, and like a ticket only until passwords, accounts or this
 * guest's configuration change. Source: PROTOCOL.md, "Transfers".
 */

#include "agent/tickets.h"
#include "base/arena.h"
#include "schema/types.h"

#include <sys/queue.h>

#define TRANSFER_HANDLE_CHARS 32
#define TRANSFER_USEC         (600 * USEC_PER_SEC)

/* What was asked for, and by whom. */
typedef struct TransferTerms {
        bool to_guest;
        bool overwrite;                        /* to the guest: what is there already */
        const char *path;                      /* as the client spells it */
        const GuestFileAttributes *attributes; /* to the guest; NULL otherwise */
        const LoginVerdict *who;
        const char *user; /* as the credential has it */
} TransferTerms;

typedef struct Transfer {
        char handle[TRANSFER_HANDLE_CHARS + 1];
        Arena *arena;
        TransferTerms terms; /* in the arena, as is the rest */
        const char *vm;
        uint64_t generation;
        Usec expires; /* CLOCK_BOOTTIME */
        bool busy;    /* it is open */
        bool over;    /* to be forgotten once it is not busy any more */
        TAILQ_ENTRY(Transfer) entry;
} Transfer;

typedef struct Transfers {
        TAILQ_HEAD(TransferList, Transfer) list;
} Transfers;

typedef struct TransferLimits {
        size_t max, per_user_max;
} TransferLimits;

void transfers_init(Transfers *transfers);
/* None may be busy. */
void transfers_done(Transfers *transfers);

/**
 * transfers_add() - promise a transfer
 * @terms:      copied
 *
 * Return: 0, -EUSERS where the user, or all users together, have too many, or -ENOMEM.
 */
int transfers_add(Transfers *transfers, const TransferTerms *terms, const TransferLimits *limits,
                  const TicketPlace *place, const Transfer **ret);

/* Return: the transfer, busy or not, or NULL where the handle is none of now and here. */
Transfer *transfers_find(const Transfers *transfers, const char *handle, const TicketPlace *place);

/* Return: whether passwords, accounts and configuration are still those of the promise. */
bool transfer_is_current(const Transfer *transfer, const TicketPlace *place);

/* The handle is good no more; what is open goes on until it is released. */
void transfers_end(Transfers *transfers, Transfer *transfer);
/* It is not open any more. */
void transfers_release(Transfers *transfers, Transfer *transfer);

/* Forgets those whose time is over. */
void transfers_reap(Transfers *transfers, Usec now);
/* Return: when there is something to reap, or USEC_NEVER. */
Usec transfers_next_reap(const Transfers *transfers);
