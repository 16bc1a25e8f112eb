#pragma once

/*
 * Arena: memory that lives exactly as long as one request.
 *
 * Everything decoded from the wire lies here, passwords included, so an arena is erased when it
 * is freed. It has a hard maximum; an allocation beyond it returns NULL like one without memory.
 */

#include "base/base.h"

#include <stdarg.h>

typedef struct Arena Arena;

/* Return: an empty arena that never holds more than @max bytes, or NULL. */
Arena *arena_new(size_t max);
Arena *arena_free(Arena *arena);
DEFINE_CLEANUP(Arena, arena_free)

/* Return: @size zeroed bytes, aligned for any type, or NULL. */
void *arena_alloc(Arena *arena, size_t size);

/* Return: zeroed memory for @n objects of @size, or NULL (also where the product overflows). */
void *arena_array(Arena *arena, size_t n, size_t size);

/* Return: how many bytes of memory it holds. */
size_t arena_bytes(const Arena *arena);

char *arena_strdup(Arena *arena, const char *s);

/* Return: a copy of @size bytes with a NUL behind them. */
char *arena_strndup(Arena *arena, const char *s, size_t size);

char *arena_printf(Arena *arena, const char *fmt, ...) _printf_(2, 3);
char *arena_vprintf(Arena *arena, const char *fmt, va_list ap) _printf_(2, 0);

#define arena_new_object(arena, T) ((T *)arena_alloc((arena), sizeof(T)))
