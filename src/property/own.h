#pragma once

/*
 * What clients make for themselves: views, property collectors, filters, pages. Only their session
 * sees them, and they end with it.
 */

#include "property/object.h"

#include <sys/queue.h>

#define OWN_OBJECTS_MAX 1024U              /* of one session */
#define OWN_BYTES_MAX   ((size_t)32 << 20) /* what all of them hold */

typedef struct OwnStore OwnStore;

struct OwnObject {
        const ManagedType *type; /* NULL: no object that can be called, only a token */
        char moid[88];           /* session[KEY]UUID */
        size_t bytes;            /* what it holds */
        OwnStore *store;
        void (*end)(OwnObject *own); /* gives up what it holds, and frees it */
        /* Objects of the session have come or gone; none may come or go within. NULL: never mind */
        void (*on_change)(OwnObject *own);
        TAILQ_ENTRY(OwnObject) entry;
};

/**
 * own_add() - give an object its id and put it into the session
 * @own:        zeroed but for .type, .bytes and callbacks; it may be a part of more
 *
 * Return: 0, -EUSERS where the session has too many or they hold too much, or -ENOMEM.
 */
int own_add(Session *session, OwnObject *own);

/* It holds that much now. Return: 0, or -EUSERS where that is too much. */
int own_resize(OwnObject *own, size_t bytes);

/* Takes it out of its session, and ends it. */
void own_end(OwnObject *own);

/* Return: the object, or NULL. @type NULL takes any. */
OwnObject *own_find(const Session *session, const char *type, const char *moid);

/* The first of the session's objects, the oldest; and the one after @own. NULL at the end. */
OwnObject *own_first(const Session *session);
OwnObject *own_next(const OwnObject *own);

/* Return: a number that grows whenever an object that can be called comes or goes. */
uint64_t own_generation(const Session *session);
