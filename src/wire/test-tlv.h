#pragma once

/* What tests of the channel's encoding share. */

#include "base/base.h"
#include "wire/read.h"

#define ARENA_MAX ((size_t)8 << 20)

/* From memory of exactly that size, so that a byte read too many is seen. */
static inline int read_bytes(Arena *arena, const void *data, size_t size, const WireType *type,
                             void *ret, WireError *error)
{
        _cleanup_(freep) char *copy = malloc(size ? size : 1);

        if (!copy)
                return -ENOMEM;
        if (size)
                memcpy(copy, data, size);
        return tlv_read(arena, copy, size, type, ret, error);
}
