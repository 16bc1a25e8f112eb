#include "base/arena.h"

#include <stdalign.h>

#include <stdio.h>

#define CHUNK_SIZE ((size_t)2048)

typedef struct Chunk {
        struct Chunk *next;
        size_t size, used;
        alignas(max_align_t) char data[];
} Chunk;

struct Arena {
        Chunk *chunks; /* the newest first */
        size_t total, max;
};

Arena *arena_new(size_t max)
{
        Arena *arena = malloc(sizeof(*arena));

        if (arena)
                *arena = (Arena){.max = max};
        return arena;
}

Arena *arena_free(Arena *arena)
{
        Chunk *next;

        if (!arena)
                return NULL;
        for (Chunk *chunk = arena->chunks; chunk; chunk = next) {
                next = chunk->next;
                explicit_bzero(chunk->data, chunk->used);
                free(chunk);
        }
        free(arena);
        return NULL;
}

static Chunk *arena_add_chunk(Arena *arena, size_t size)
{
        Chunk *chunk;

        if (size < CHUNK_SIZE)
                size = CHUNK_SIZE;
        if (size > arena->max || arena->total > arena->max - size)
                return NULL;
        chunk = malloc(sizeof(*chunk) + size);
        if (!chunk)
                return NULL;
        chunk->next = arena->chunks;
        chunk->size = size;
        chunk->used = 0;
        arena->chunks = chunk;
        arena->total += size;
        return chunk;
}

void *arena_alloc(Arena *arena, size_t size)
{
        const size_t align = alignof(max_align_t);
        Chunk *chunk = arena->chunks;
        void *at;

        if (size > arena->max)
                return NULL;
        size = (size + align - 1) / align * align;
        if (!chunk || chunk->size - chunk->used < size)
                chunk = arena_add_chunk(arena, size);
        if (!chunk)
                return NULL;
        at = chunk->data + chunk->used;
        chunk->used += size;
        return memset(at, 0, size);
}

void *arena_array(Arena *arena, size_t n, size_t size)
{
        size_t bytes;

        if (__builtin_mul_overflow(n, size, &bytes))
                return NULL;
        return arena_alloc(arena, bytes);
}

size_t arena_bytes(const Arena *arena)
{
        return arena->total;
}

char *arena_strndup(Arena *arena, const char *s, size_t size)
{
        char *copy;

        if (size == SIZE_MAX)
                return NULL;
        copy = arena_alloc(arena, size + 1);
        if (copy && size)
                memcpy(copy, s, size);
        return copy;
}

char *arena_strdup(Arena *arena, const char *s)
{
        return arena_strndup(arena, s, strlen(s));
}

char *arena_vprintf(Arena *arena, const char *fmt, va_list ap)
{
        va_list again;
        char *text;
        int n;

        va_copy(again, ap);
        n = vsnprintf(NULL, 0, fmt, again);
        va_end(again);
        if (n < 0)
                return NULL;
        text = arena_alloc(arena, (size_t)n + 1);
        if (text)
                (void)vsnprintf(text, (size_t)n + 1, fmt, ap);
        return text;
}

char *arena_printf(Arena *arena, const char *fmt, ...)
{
        va_list ap;
        char *text;

        va_start(ap, fmt);
        text = arena_vprintf(arena, fmt, ap);
        va_end(ap);
        return text;
}
