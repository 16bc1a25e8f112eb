#pragma once

/*
 * Buf: bytes that grow at the end and are taken from the front, with a hard maximum.
 *
 * A writer may ignore the result of each put: the first failure sticks, and buf_error() tells it
 * once at the end. `(Buf){.max = N}` is a valid empty Buf; .max 0 means BUF_MAX_DEFAULT.
 */

#include "base/base.h"

#define BUF_MAX_DEFAULT ((size_t)64 << 20)

typedef struct Buf {
        char *data;
        size_t size;  /* bytes held, from data[0] on */
        size_t space; /* bytes allocated */
        size_t max;   /* hard maximum of @size */
        int error;    /* sticky: 0, -ENOMEM or -EMSGSIZE */
} Buf;

void buf_done(Buf *buf);

/* Like buf_done(), but erases what was held: for bytes that may hold secrets. */
void buf_erase(Buf *buf);

int buf_put(Buf *buf, const void *data, size_t size);
int buf_puts(Buf *buf, const char *text);
int buf_putc(Buf *buf, char c);
int buf_putf(Buf *buf, const char *fmt, ...) _printf_(2, 3);

/* Makes room for @size bytes at the end and returns them, counted as held; NULL on failure. */
void *buf_grow(Buf *buf, size_t size);

/* Drops @size bytes (at most all) from the front. */
void buf_drop(Buf *buf, size_t size);

/* Forgets the content and the error; keeps the memory. */
void buf_clear(Buf *buf);

/* Return: the text with a terminating NUL that is not counted, or NULL on failure. */
const char *buf_text(Buf *buf);

static inline int buf_error(const Buf *buf)
{
        return buf->error;
}
