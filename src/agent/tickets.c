#include "agent/tickets.h"

#include "base/secret.h"

#include <nettle/base64.h>
#include <nettle/memops.h>
#include <stdio.h>

#define TICKET_BYTES 32

static_assert(BASE64_ENCODE_RAW_LENGTH(TICKET_BYTES) == TICKET_CHARS, "a ticket's length");

static void digest(const char *text, uint8_t *ret)
{
        struct sha256_ctx context;

        sha256_init(&context);
        sha256_update(&context, strlen(text), (const uint8_t *)text);
        sha256_digest(&context, SHA256_DIGEST_SIZE, ret);
}

static bool is_good(const Ticket *ticket, const TicketPlace *place)
{
        return ticket->expires > place->now && ticket->generation == place->generation &&
               strcmp(ticket->vm, place->vm) == 0;
}

static Ticket *find(const Tickets *tickets, const char *text, const TicketPlace *place)
{
        uint8_t wanted[SHA256_DIGEST_SIZE];
        const Ticket *found = NULL;

        digest(text, wanted);
        for (size_t i = 0; i < TICKETS_MAX; i++) {
                const Ticket *ticket = &tickets->items[i];

                if (memeql_sec(ticket->digest, wanted, sizeof(wanted)) && is_good(ticket, place))
                        found = ticket;
        }
        return (Ticket *)found;
}

static Ticket *find_free(Tickets *tickets, const char *user, const TicketPlace *place)
{
        Ticket *free_one = NULL;
        size_t n = 0;

        for (size_t i = 0; i < TICKETS_MAX; i++) {
                Ticket *ticket = &tickets->items[i];

                if (!is_good(ticket, place))
                        free_one = ticket;
                else
                        n += strcmp(ticket->user, user) == 0;
        }
        return n < TICKETS_PER_USER_MAX ? free_one : NULL;
}

int ticket_issue(Tickets *tickets, const char *user, const TicketPlace *place, Usec expires,
                 char *text)
{
        Ticket *ticket = find_free(tickets, user, place);
        uint8_t bytes[TICKET_BYTES];

        if (!ticket)
                return -EUSERS;
        random_bytes(bytes, sizeof(bytes));
        base64_encode_raw(text, sizeof(bytes), bytes);
        text[TICKET_CHARS] = '\0';
        explicit_bzero(bytes, sizeof(bytes));
        *ticket = (Ticket){.generation = place->generation, .expires = expires};
        digest(text, ticket->digest);
        (void)snprintf(ticket->user, sizeof(ticket->user), "%s", user);
        (void)snprintf(ticket->vm, sizeof(ticket->vm), "%s", place->vm);
        return 0;
}

const char *ticket_user(const Tickets *tickets, const char *text, const TicketPlace *place)
{
        const Ticket *ticket = find(tickets, text, place);

        return ticket ? ticket->user : NULL;
}

int ticket_revoke(Tickets *tickets, const char *text, const TicketPlace *place)
{
        Ticket *ticket = find(tickets, text, place);

        if (!ticket)
                return -ENOENT;
        explicit_bzero(ticket, sizeof(*ticket));
        return 0;
}
