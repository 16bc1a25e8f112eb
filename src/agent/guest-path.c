#include "agent/guest-path.h"

#include "base/utf8.h"

#define ESCAPE_BYTES 3 /* of a character from U+F000 to U+F0FF in UTF-8 */

/* What a byte has to be to be escaped at all: neither NUL nor what a name is made of. */
static bool is_escapable(unsigned char byte)
{
        return byte >= 0x80 || (byte > 0 && byte < 0x20);
}

/* Return: the byte that the character at @p stands for, or 0 where it stands for itself. */
static unsigned char escaped_byte(const char *p)
{
        const unsigned char *c = (const unsigned char *)p;
        unsigned char byte;

        if (c[0] != 0xef || (c[1] & 0xfc) != 0x80 || (c[2] & 0xc0) != 0x80)
                return 0;
        byte = (unsigned char)((c[1] & 0x03) << 6 | (c[2] & 0x3f));
        return is_escapable(byte) ? byte : 0;
}

char *guest_path_decode(Arena *arena, const char *path)
{
        char *bytes = arena_strdup(arena, path), *end = bytes;

        while (bytes && *path) {
                unsigned char byte = escaped_byte(path);

                if (byte)
                        *end++ = (char)byte;
                else
                        *end++ = *path;
                path += byte ? ESCAPE_BYTES : 1;
        }
        if (bytes)
                *end = '\0';
        return bytes;
}

char *guest_path_encode(Arena *arena, const char *bytes)
{
        size_t size = strlen(bytes);
        char *path = arena_alloc(arena, size * ESCAPE_BYTES + 1), *end = path;

        while (path && *bytes) {
                size_t n = utf8_character(bytes);
                unsigned char byte = (unsigned char)*bytes;

                if (n > 0 && !escaped_byte(bytes)) {
                        memcpy(end, bytes, n);
                        end += n;
                        bytes += n;
                        continue;
                }
                *end++ = '\xef';
                *end++ = (char)(0x80 | byte >> 6);
                *end++ = (char)(0x80 | (byte & 0x3f));
                bytes++;
        }
        return path;
}
