#pragma once

/*
 * For unit tests that need files: a directory of the program's own, which is removed with all that
 * is left in it. Names are those of files in there.
 */

#include "base/base.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>

static char test_directory[64];

static inline void test_directory_make(void)
{
        (void)snprintf(test_directory, sizeof(test_directory), "/tmp/%s-XXXXXX",
                       program_invocation_short_name);
        if (!mkdtemp(test_directory))
                abort();
}

static inline int test_entry_remove(const char *path, const struct stat *status, int type,
                                    struct FTW *where)
{
        (void)status;
        (void)type;
        (void)where;
        return remove(path);
}

static inline void test_directory_remove(void)
{
        if (nftw(test_directory, test_entry_remove, 8, FTW_DEPTH | FTW_PHYS) != 0)
                abort();
}

/* Return: the path of that file, until the next call but one. */
static inline char *test_path(const char *name)
{
        static char paths[2][128];
        static size_t turn;

        turn = !turn;
        (void)snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", test_directory, name);
        return paths[turn];
}

/* @text NULL: there is no such file. */
static inline void test_write(const char *name, const char *text)
{
        _cleanup_(fd_closep) int fd = -1;

        if (!text) {
                (void)unlink(test_path(name));
                return;
        }
        fd = open(test_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
                abort();
}
