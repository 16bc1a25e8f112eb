#pragma once

/*
 * The few words of our dialect of C: sizes, ownership, time. Everything includes this first.
 */

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(ptr, T, member) ((T *)(void *)((char *)(ptr)-offsetof(T, member)))

/* Ownership: a local says at its birth how it ends, and hands itself over with moved(). */
#define _cleanup_(fn) __attribute__((__cleanup__(fn)))
#define moved(ptr)                                                                                 \
        ({                                                                                         \
                __auto_type moved_ = (ptr);                                                        \
                (ptr) = NULL;                                                                      \
                moved_;                                                                            \
        })
#define moved_fd(fd)                                                                               \
        ({                                                                                         \
                int moved_ = (fd);                                                                 \
                (fd) = -1;                                                                         \
                moved_;                                                                            \
        })

#define _printf_(fmt, first) __attribute__((__format__(__printf__, fmt, first)))

#define DEFINE_CLEANUP(T, fn)                                                                      \
        static inline void fn##p(T **ptr)                                                          \
        {                                                                                          \
                fn(*ptr);                                                                          \
        }

/* All time in this tree: microseconds. 0 is "never" where a time is optional. */
typedef uint64_t Usec;

#define USEC_PER_MSEC ((Usec)1000)
#define USEC_PER_SEC  ((Usec)1000000)
#define USEC_NEVER    UINT64_MAX

static inline void freep(void *ptr)
{
        free(*(void **)ptr);
}

static inline int fd_close(int fd)
{
        if (fd >= 0)
                close(fd);
        return -1;
}

static inline void fd_closep(const int *fd)
{
        fd_close(*fd);
}

static inline bool str_is_empty(const char *s)
{
        return !s || !*s;
}
