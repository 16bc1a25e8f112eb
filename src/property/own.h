#pragma once

/*
 * What clients make for themselves: views, property collectors, filters, pages. Only their session
 * sees them, and they end with it.
 */

#include "property/object.h"

#include <sys/queue.h>

#define OWN_OBJECTS_MAX 1024U /* of one session */

typedef struct OwnStore OwnStore;

struct OwnObject {
        const ManagedType *type; /* NULL: no object that can be called, only a token */
        char moid[88];           /* session[KEY]UUID */
        OwnStore *store;
        void (*end)(OwnObject *own); /* gives up what it holds, and frees it */
        TAILQ_ENTRY(OwnObject) entry;
};

/**
 * own_add() - give an object its id and put it into the session
 * @own:        zeroed but for .type and .end; it may be a part of more
 *
 * Return: 0, or -EUSERS where the session has too many.
 */
int own_add(Session *session, OwnObject *own);

/* Takes it out of its session, and ends it. */
void own_end(OwnObject *own);

/* Return: the object, or NULL. @type NULL takes any. */
OwnObject *own_find(const Session *session, const char *type, const char *moid);

/* The first of the session's objects, the oldest; and the one after @own. NULL at the end. */
OwnObject *own_first(const Session *session);
OwnObject *own_next(const OwnObject *own);

/* Return: a number that grows whenever an object of the session begins or ends. */
uint64_t own_generation(const Session *session);
