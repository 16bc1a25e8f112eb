#include "agent/transfers.h"

#include "base/secret.h"
#include "wire/copy.h"

#include <nettle/memops.h>

#define TRANSFER_BYTES_MAX ((size_t)1 << 20)

static void transfer_free(Transfers *transfers, Transfer *transfer)
{
        TAILQ_REMOVE(&transfers->list, transfer, entry);
        arena_free(transfer->arena);
        explicit_bzero(transfer, sizeof(*transfer));
        free(transfer);
}

void transfers_init(Transfers *transfers)
{
        TAILQ_INIT(&transfers->list);
}

void transfers_done(Transfers *transfers)
{
        Transfer *transfer;

        while ((transfer = TAILQ_FIRST(&transfers->list))) {
                assert(!transfer->busy);
                transfer_free(transfers, transfer);
        }
}

static bool is_good(const Transfer *transfer, const TicketPlace *place)
{
        return !transfer->over && transfer->expires > place->now &&
               strcmp(transfer->vm, place->vm) == 0;
}

bool transfer_is_current(const Transfer *transfer, const TicketPlace *place)
{
        return transfer->generation == place->generation;
}

/* Those that an earlier configuration let in need not wait for their time to be over. */
static void drop_outdated(Transfers *transfers, const TicketPlace *place)
{
        Transfer *transfer, *next;

        for (transfer = TAILQ_FIRST(&transfers->list); transfer; transfer = next) {
                next = TAILQ_NEXT(transfer, entry);
                if (!transfer_is_current(transfer, place) || transfer->expires <= place->now)
                        transfers_end(transfers, transfer);
        }
}

static bool has_room(const Transfers *transfers, const TransferTerms *terms,
                     const TransferLimits *limits)
{
        const Transfer *transfer;
        size_t n = 0, of_user = 0;

        TAILQ_FOREACH (transfer, &transfers->list, entry) {
                n++;
                of_user += transfer->terms.who->uid == terms->who->uid;
        }
        return n < limits->max && of_user < limits->per_user_max;
}

static int copy_terms(Transfer *transfer, const TransferTerms *terms, const TicketPlace *place)
{
        Arena *arena = arena_new(TRANSFER_BYTES_MAX);
        TransferTerms *copy = &transfer->terms;

        transfer->arena = arena;
        if (!arena)
                return -ENOMEM;
        *copy = *terms;
        copy->path = arena_strdup(arena, terms->path);
        copy->user = arena_strdup(arena, terms->user);
        copy->who = wire_copy(arena, terms->who);
        if (terms->attributes)
                copy->attributes = wire_copy(arena, terms->attributes);
        transfer->vm = arena_strdup(arena, place->vm);
        return copy->path && copy->user && copy->who && transfer->vm &&
                               !copy->attributes == !terms->attributes
                       ? 0
                       : -ENOMEM;
}

int transfers_add(Transfers *transfers, const TransferTerms *terms, const TransferLimits *limits,
                  const TicketPlace *place, const Transfer **ret)
{
        Transfer *transfer;
        int r;

        drop_outdated(transfers, place);
        if (!has_room(transfers, terms, limits))
                return -EUSERS;
        transfer = calloc(1, sizeof(*transfer));
        if (!transfer)
                return -ENOMEM;
        r = copy_terms(transfer, terms, place);
        if (r < 0) {
                arena_free(transfer->arena);
                free(transfer);
                return r;
        }
        transfer->generation = place->generation;
        transfer->expires = place->now + TRANSFER_USEC;
        random_hex(transfer->handle, TRANSFER_HANDLE_CHARS / 2);
        TAILQ_INSERT_TAIL(&transfers->list, transfer, entry);
        *ret = transfer;
        return 0;
}

Transfer *transfers_find(const Transfers *transfers, const char *handle, const TicketPlace *place)
{
        Transfer *transfer, *found = NULL;

        if (strlen(handle) != TRANSFER_HANDLE_CHARS)
                return NULL;
        TAILQ_FOREACH (transfer, &transfers->list, entry)
                if (memeql_sec(transfer->handle, handle, TRANSFER_HANDLE_CHARS) &&
                    is_good(transfer, place))
                        found = transfer;
        return found;
}

void transfers_end(Transfers *transfers, Transfer *transfer)
{
        transfer->over = true;
        if (!transfer->busy)
                transfer_free(transfers, transfer);
}

void transfers_release(Transfers *transfers, Transfer *transfer)
{
        transfer->busy = false;
        if (transfer->over)
                transfer_free(transfers, transfer);
}

void transfers_reap(Transfers *transfers, Usec now)
{
        Transfer *transfer, *next;

        for (transfer = TAILQ_FIRST(&transfers->list); transfer; transfer = next) {
                next = TAILQ_NEXT(transfer, entry);
                if (!transfer->over && transfer->expires <= now)
                        transfers_end(transfers, transfer);
        }
}

/* They were all promised for the same time: the first one is due first. */
Usec transfers_next_reap(const Transfers *transfers)
{
        const Transfer *transfer;

        TAILQ_FOREACH (transfer, &transfers->list, entry)
                if (!transfer->over)
                        return transfer->expires;
        return USEC_NEVER;
}
