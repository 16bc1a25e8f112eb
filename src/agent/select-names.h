#pragma once

/*
 * A page out of the sorted names of a directory, however many there are: names are read again and
 * again instead of being kept.
 */

#include "base/base.h"

/* Where names come from: all of them, in any order. */
typedef struct NameSource {
        /* The next one that comes is the first again. Return: 0 or a negative errno. */
        int (*rewind)(void *user);
        /* @ret: until the next call. Return: 1, 0 after the last one, or a negative errno. */
        int (*next)(void *user, const char **ret);
        void *user;
} NameSource;

typedef struct Names {
        char **items;
        size_t n;
} Names;

void names_done(Names *names);

/* Order of a listing: "." and "..", then the others by their bytes. Like strcmp(3). */
int name_compare(const char *a, const char *b);

/**
 * select_names() - the names from number @index on
 * @count:      how many of them at most, no more than @kept
 * @kept:       how many names may be held at once, about
 * @ret:        in order; the caller ends it by names_done()
 * @ret_after:  how many come after those
 *
 * While names come and go between two readings, a page may miss some or begin with some of the page
 * before; it is in order all the same.
 *
 * Return: 0, -ENOMEM, or what the source said.
 */
int select_names(const NameSource *source, uint64_t index, size_t count, size_t kept, Names *ret,
                 uint64_t *ret_after);
