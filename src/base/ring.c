#include "base/ring.h"

#include "base/secret.h"

void ring_done(Ring *ring)
{
        erasing_free(ring->data);
        *ring = (Ring){.space = ring->space};
}

/* Return: how many of @size bytes lie between @at and the end of the memory. */
static size_t before_end(const Ring *ring, size_t at, size_t size)
{
        return size < ring->space - at ? size : ring->space - at;
}

int ring_put(Ring *ring, const char *data, size_t size)
{
        size_t at, n;

        if (size > ring->space - ring->size)
                return -ENOBUFS;
        if (size == 0)
                return 0;
        if (!ring->data)
                ring->data = malloc(ring->space);
        if (!ring->data)
                return -ENOMEM;
        at = (ring->first + ring->size) % ring->space;
        n = before_end(ring, at, size);
        memcpy(ring->data + at, data, n);
        memcpy(ring->data, data + n, size - n);
        ring->size += size;
        return 0;
}

size_t ring_take(Ring *ring, char *data, size_t size)
{
        size_t n;

        if (size > ring->size)
                size = ring->size;
        if (size == 0)
                return 0;
        n = before_end(ring, ring->first, size);
        memcpy(data, ring->data + ring->first, n);
        memcpy(data + n, ring->data, size - n);
        ring->size -= size;
        ring->first = ring->size ? (ring->first + size) % ring->space : 0;
        return size;
}
