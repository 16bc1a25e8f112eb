#pragma once

/*
 * Tickets: what AcquireCredentialsInGuest gives for a name and a password, so that a client need
 * not send the password again. A ticket is good for a set time, for one user, in one life of this
 * agent, and for the machine that it was given in: a clone of it takes none of them. Like
 * remembered credentials, none outlives a change of passwords or accounts.
 *
 * Only digests are kept. Source: vSphere Web Services API, GuestAuthManager.
 */

#include "base/base.h"

#include <nettle/sha2.h>

#define TICKET_CHARS         44 /* 32 bytes in base64, as the API wants it */
#define TICKETS_MAX          256
#define TICKETS_PER_USER_MAX 16

typedef struct Ticket {
        uint8_t digest[SHA256_DIGEST_SIZE];
        char user[257];
        char vm[64];
        uint64_t generation; /* of what decides about logins, see credential-cache.h */
        Usec expires;        /* CLOCK_BOOTTIME; 0: free */
} Ticket;

/* Where and when a ticket is looked at. */
typedef struct TicketPlace {
        const char *vm; /* uuid of the machine, as the host says it now */
        uint64_t generation;
        Usec now;
} TicketPlace;

typedef struct Tickets {
        Ticket items[TICKETS_MAX];
} Tickets;

/**
 * ticket_issue() - make a ticket
 * @text:       TICKET_CHARS and a NUL
 *
 * Return: 0, or -EUSERS where the user, or all users together, have too many.
 */
int ticket_issue(Tickets *tickets, const char *user, const TicketPlace *place, Usec expires,
                 char *text);

/* Return: the user whose ticket this is, or NULL. Borrowed until the next call. */
const char *ticket_user(const Tickets *tickets, const char *text, const TicketPlace *place);

/* Return: 0, or -ENOENT where it is none that is good now. */
int ticket_revoke(Tickets *tickets, const char *text, const TicketPlace *place);
