#include "base/secret.h"

#include <malloc.h>
#include <sys/random.h>

void secret_free(char *secret)
{
        if (secret)
                explicit_bzero(secret, strlen(secret));
        free(secret);
}

void secret_freep(char **secret)
{
        secret_free(*secret);
}

void erasing_free(void *data)
{
        if (data)
                explicit_bzero(data, malloc_usable_size(data));
        free(data);
}

void *erasing_realloc(void *data, size_t size)
{
        size_t held = data ? malloc_usable_size(data) : 0;
        void *moved_to = malloc(size);

        if (!moved_to)
                return NULL;
        if (held)
                memcpy(moved_to, data, held < size ? held : size);
        erasing_free(data);
        return moved_to;
}

bool secret_equal(const char *known, const char *given)
{
        size_t n_known = strlen(known), n_given = strlen(given);
        unsigned char differ = n_known != n_given;

        for (size_t i = 0; i < n_given; i++)
                differ |= (unsigned char)(given[i] ^ known[n_known ? i % n_known : 0]);
        return differ == 0;
}

void random_bytes(void *data, size_t size)
{
        for (size_t done = 0; done < size;) {
                ssize_t n = getrandom((char *)data + done, size - done, 0);

                if (n < 0 && errno != EINTR)
                        abort();
                if (n > 0)
                        done += (size_t)n;
        }
}

void random_hex(char *text, size_t bytes)
{
        static const char digits[] = "0123456789abcdef";
        unsigned char *raw =
                (unsigned char *)text + bytes; /* digits reach none before it is read */

        random_bytes(raw, bytes);
        for (size_t i = 0; i < bytes; i++) {
                unsigned char byte = raw[i];

                text[2 * i] = digits[byte >> 4];
                text[2 * i + 1] = digits[byte & 15];
        }
        text[2 * bytes] = '\0';
}

void random_letters(char *text, size_t n)
{
        unsigned char byte;

        for (size_t i = 0; i < n; i++) {
                do
                        random_bytes(&byte, 1);
                while (byte >= 26 * 9); /* the rest would favour some letters */
                text[i] = (char)('a' + byte % 26);
        }
        text[n] = '\0';
}
