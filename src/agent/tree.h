#pragma once

/*
 * Tree: a walk through a directory and all that is below it, by descriptors. No link is followed,
 * whatever becomes of the tree meanwhile: what has been opened as a directory is one, and what is
 * done is done to names in it.
 */

#include "base/base.h"

#include <sys/stat.h>

/* A name in a directory, and the same in the walk's other tree, if the visitor makes one. */
typedef struct TreePlace {
        int directory;
        const char *name;
        int other; /* or -1 */
        const char *other_name;
} TreePlace;

/*
 * What is done on the way; each returns 0 or a negative errno. Directories are entered before
 * anything in them is visited, and left after that; @status is that of the time of entering.
 */
typedef struct TreeVisitor {
        /* NULL, or makes a directory's like in the other tree, which the walk closes. */
        int (*enter)(void *user, const TreePlace *at, int fd, const struct stat *status,
                     int *ret_other);
        /* What is no directory. */
        int (*visit)(void *user, const TreePlace *at);
        /* -ENOTEMPTY: what is in it is looked through again, some times. */
        int (*leave)(void *user, const TreePlace *at, int fd, const struct stat *status, int other);
        /* A directory below the first cannot be entered. NULL: that is an error. */
        int (*closed)(void *user, const TreePlace *at, int error);
        void *user;
        bool goes_on;      /* after errors, and to any depth */
        bool keeps_inside; /* what is mounted in the tree is -EBUSY */
} TreeVisitor;

/* Return: 0, or the first error. -ENOTDIR: @first is no directory. */
int tree_walk(const TreePlace *first, const TreeVisitor *visitor);

/*
 * Removes a directory and what is in it, as much of it as can be. Return: 0 also where others
 * remove it at the same time, or the first error.
 */
int tree_remove(int directory, const char *name);

/*
 * Copies a directory and what is in it, with all that file_copy() keeps, to a name that is free.
 * Hard links in the tree are hard links in the copy. All of it is on the disk in the end.
 *
 * Return: 0, or a negative errno, and nothing is left of the copy. -EBUSY: it was changed
 * meanwhile, or something is mounted in it; -EINVAL: the copy would be in the copied; -EMFILE: it
 * is nested too deeply.
 */
int tree_copy(const TreePlace *place);
