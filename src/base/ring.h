#pragma once

/* Ring: bytes on their way through, in the order in which they came; never more than fit. */

#include "base/base.h"

typedef struct Ring {
        char *data; /* NULL until the first bytes come */
        size_t space, first, size;
} Ring;

/* `(Ring){.space = N}` is an empty ring for N bytes. Erases what is left. */
void ring_done(Ring *ring);

/* Return: 0, -ENOBUFS where there is not as much room, -ENOMEM. */
int ring_put(Ring *ring, const char *data, size_t size);

/* Takes as many bytes as there are, @size at most. Return: how many. */
size_t ring_take(Ring *ring, char *data, size_t size);
