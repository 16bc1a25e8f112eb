#pragma once

/*
 * Backoff: waits between tries of what may come back at any moment, or never, and whose coming is
 * mostly told. Each is twice as long as the one before, so nobody waits longer than it has been
 * gone already.
 */

#include "loop/loop.h"

#define BACKOFF_FIRST_USEC (10 * USEC_PER_MSEC)
#define BACKOFF_LAST_USEC  (30 * USEC_PER_SEC)

typedef struct Backoff {
        Usec wait; /* the last one; 0: the first try */
} Backoff;

/* Return: when to try the next time. */
static inline Usec backoff_next(Backoff *backoff, Usec now)
{
        backoff->wait = backoff->wait ? 2 * backoff->wait : BACKOFF_FIRST_USEC;
        if (backoff->wait > BACKOFF_LAST_USEC)
                backoff->wait = BACKOFF_LAST_USEC;
        return backoff->wait < USEC_PER_SEC ? now + backoff->wait : loop_slack(now + backoff->wait);
}

/* It has been seen: begins anew. */
static inline void backoff_reset(Backoff *backoff)
{
        backoff->wait = 0;
}
