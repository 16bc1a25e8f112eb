#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_done(Buf *buf)
{
        free(buf->data);
        *buf = (Buf){.max = buf->max};
}

void buf_erase(Buf *buf)
{
        if (buf->data)
                explicit_bzero(buf->data, buf->space);
        buf_done(buf);
}

static int buf_fail(Buf *buf, int error)
{
        if (!buf->error)
                buf->error = error;
        return buf->error;
}

/* Room for @size more bytes and one NUL. Old memory is erased: it may have held a password. */
static int buf_reserve(Buf *buf, size_t size)
{
        size_t max = buf->max ? buf->max : BUF_MAX_DEFAULT;
        size_t space = buf->space ? buf->space : 128;
        char *data;

        if (buf->error)
                return buf->error;
        if (size > max || buf->size > max - size)
                return buf_fail(buf, -EMSGSIZE);
        if (buf->size + size < buf->space)
                return 0;
        while (space <= buf->size + size)
                space *= 2;
        data = malloc(space);
        if (!data)
                return buf_fail(buf, -ENOMEM);
        if (buf->data) {
                memcpy(data, buf->data, buf->size);
                explicit_bzero(buf->data, buf->space);
                free(buf->data);
        }
        buf->data = data;
        buf->space = space;
        return 0;
}

void *buf_grow(Buf *buf, size_t size)
{
        void *at;

        if (buf_reserve(buf, size) < 0)
                return NULL;
        at = buf->data + buf->size;
        buf->size += size;
        return at;
}

int buf_put(Buf *buf, const void *data, size_t size)
{
        void *at = buf_grow(buf, size);

        if (!at)
                return buf->error;
        if (size)
                memcpy(at, data, size);
        return 0;
}

int buf_puts(Buf *buf, const char *text)
{
        return buf_put(buf, text, strlen(text));
}

int buf_putc(Buf *buf, char c)
{
        return buf_put(buf, &c, 1);
}

int buf_putf(Buf *buf, const char *fmt, ...)
{
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(NULL, 0, fmt, ap);
        va_end(ap);
        if (n < 0)
                return buf_fail(buf, -EINVAL);
        if (buf_reserve(buf, (size_t)n) < 0)
                return buf->error;
        va_start(ap, fmt);
        (void)vsnprintf(buf->data + buf->size, (size_t)n + 1, fmt, ap);
        va_end(ap);
        buf->size += (size_t)n;
        return 0;
}

void buf_drop(Buf *buf, size_t size)
{
        if (size >= buf->size) {
                buf->size = 0;
                return;
        }
        memmove(buf->data, buf->data + size, buf->size - size);
        buf->size -= size;
}

void buf_clear(Buf *buf)
{
        buf->size = 0;
        buf->error = 0;
}

const char *buf_text(Buf *buf)
{
        if (buf_reserve(buf, 0) < 0)
                return NULL;
        buf->data[buf->size] = '\0';
        return buf->data;
}
