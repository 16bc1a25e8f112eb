#include "property/own.h"

#include "base/secret.h"

#include <stdio.h>

TAILQ_HEAD(OwnObjects, OwnObject);

struct OwnStore {
        struct OwnObjects items;
        size_t n, bytes;
        uint64_t generation;
};

static void end_all(void *user)
{
        OwnStore *store = user;
        OwnObject *own;

        while ((own = TAILQ_FIRST(&store->items)))
                own_end(own);
        free(store);
}

static OwnStore *store_of(Session *session)
{
        OwnStore *store = session->own;

        if (store || session->ended)
                return store;
        store = calloc(1, sizeof(*store));
        if (!store)
                return NULL;
        TAILQ_INIT(&store->items);
        session->own = store;
        session->own_end = end_all;
        return store;
}

/* Tokens come and go unseen. */
static void tell_change(OwnStore *store, const ManagedType *type)
{
        OwnObject *own;

        if (!type)
                return;
        store->generation++;
        TAILQ_FOREACH (own, &store->items, entry)
                if (own->on_change)
                        own->on_change(own);
}

int own_add(Session *session, OwnObject *own)
{
        OwnStore *store = store_of(session);
        char id[33];

        if (!store)
                return -ENOMEM;
        if (store->n >= OWN_OBJECTS_MAX || own->bytes > OWN_BYTES_MAX - store->bytes)
                return -EUSERS;
        random_hex(id, 16);
        (void)snprintf(own->moid, sizeof(own->moid), "session[%s]%.8s-%.4s-%.4s-%.4s-%.12s",
                       session->key, id, id + 8, id + 12, id + 16, id + 20);
        own->store = store;
        TAILQ_INSERT_TAIL(&store->items, own, entry);
        store->n++;
        store->bytes += own->bytes;
        tell_change(store, own->type);
        return 0;
}

int own_resize(OwnObject *own, size_t bytes)
{
        OwnStore *store = own->store;
        size_t others = store->bytes - own->bytes;

        if (bytes > OWN_BYTES_MAX - others)
                return -EUSERS;
        store->bytes = others + bytes;
        own->bytes = bytes;
        return 0;
}

void own_end(OwnObject *own)
{
        const ManagedType *type = own->type;
        OwnStore *store = own->store;

        TAILQ_REMOVE(&store->items, own, entry);
        store->n--;
        store->bytes -= own->bytes;
        own->end(own);
        tell_change(store, type);
}

OwnObject *own_first(const Session *session)
{
        const OwnStore *store = session ? session->own : NULL;

        return store ? TAILQ_FIRST(&store->items) : NULL;
}

OwnObject *own_next(const OwnObject *own)
{
        return TAILQ_NEXT(own, entry);
}

OwnObject *own_find(const Session *session, const char *type, const char *moid)
{
        OwnObject *own;

        for (own = own_first(session); own; own = own_next(own))
                if (own->type && strcmp(own->moid, moid) == 0 &&
                    (!type || strcmp(own->type->name, type) == 0))
                        return own;
        return NULL;
}

uint64_t own_generation(const Session *session)
{
        const OwnStore *store = session->own;

        return store ? store->generation : 0;
}

int object_find_for(const Inventory *inventory, const Session *session, const Moref *moref,
                    Object *ret)
{
        Object found;
        OwnObject *own;

        if (object_find(inventory, moref, &found) >= 0) {
                if (!session && (found.entity || found.task))
                        return -ENOENT;
                *ret = found;
                return 0;
        }
        own = own_find(session, moref->type, moref->value);
        if (!own)
                return -ENOENT;
        *ret = (Object){.type = own->type, .moid = own->moid, .own = own};
        return 0;
}
