#include "wire/copy.h"

#include "wire/read.h"
#include "wire/write.h"

/* By the way of bytes: the tables say already how to walk and how to build. */
void *wire_copy(Arena *arena, const void *object)
{
        _cleanup_(buf_erase) Buf bytes = {0};
        void *copy = NULL;
        WireError error;

        tlv_write(&bytes, object);
        if (buf_error(&bytes) || tlv_read(arena, bytes.data, bytes.size,
                                          ((const WireObject *)object)->type, &copy, &error) < 0)
                return NULL;
        return copy;
}
