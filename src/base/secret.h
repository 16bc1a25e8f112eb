#pragma once

/*
 * Secrets and randomness: erased when freed, compared in constant time, without a printer.
 */

#include "base/base.h"

/* Frees a text after erasing it. Takes NULL. */
void secret_free(char *secret);
void secret_freep(char **secret);

/* free() and realloc() that erase what they let go: for libraries that are handed secrets. */
void erasing_free(void *data);
void *erasing_realloc(void *data, size_t size);

/* Return: whether two texts are equal; the time depends on the length of @given alone. */
bool secret_equal(const char *known, const char *given);

/* Fills @size bytes from getrandom(2). Ends the process where the kernel has no randomness. */
void random_bytes(void *data, size_t size);

/* Writes @bytes random bytes as 2 * @bytes lower-case hex digits and a NUL. */
void random_hex(char *text, size_t bytes);

/* Writes @n random lower-case letters, 4.7 bits each, and a NUL. */
void random_letters(char *text, size_t n);
