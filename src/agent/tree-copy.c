#include "agent/file-copy.h"
#include "agent/file-place.h"
#include "agent/tree.h"

#include <fcntl.h>
#include <stdio.h>

typedef struct Copy {
        bool begun;
        uint64_t seen;    /* the sum of the marks of all that was copied */
        struct stat top;  /* of the copy */
        int directory;    /* that the copy is in */
        const char *name; /* its, in there */
        HiddenName links; /* beside it, for what has several names; empty: not yet */
        int links_fd;
} Copy;

/* Its name in there. */
typedef struct LinkName {
        char text[40];
} LinkName;

static LinkName link_name(const struct stat *status)
{
        LinkName name;

        (void)snprintf(name.text, sizeof(name.text), "%jx-%jx", (uintmax_t)status->st_dev,
                       (uintmax_t)status->st_ino);
        return name;
}

/* Like FNV-1a, of words. What is made or changed in a tree changes the sum of its marks. */
static uint64_t mark_of(const struct stat *status)
{
        const uint64_t parts[] = {
                status->st_dev,
                status->st_ino,
                status->st_mode,
                (uint64_t)status->st_size,
                (uint64_t)status->st_mtim.tv_sec,
                (uint64_t)status->st_mtim.tv_nsec,
                (uint64_t)status->st_ctim.tv_sec,
                (uint64_t)status->st_ctim.tv_nsec,
        };
        uint64_t mark = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < ELEMENTS(parts); i++)
                mark = (mark ^ parts[i]) * UINT64_C(0x100000001b3);
        return mark;
}

static int make_directory(int directory, const char *name, int *ret)
{
        struct stat status;

        if (mkdirat(directory, name, 0700) < 0)
                return -errno;
        *ret = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (*ret < 0 || fstat(*ret, &status) < 0)
                return -errno;
        /* Or somebody has put another one in its place. */
        return status.st_uid == geteuid() ? 0 : -EBUSY;
}

/* Whoever may not take something away must not be given another one. */
static int check_takeable(const TreePlace *at)
{
        return faccessat(at->directory, ".", W_OK | X_OK, 0) < 0 ? -errno : 0;
}

static int enter_first(Copy *copy, const TreePlace *at, int *ret_other)
{
        int r = make_directory(at->other, at->other_name, ret_other);

        copy->begun = r != -EEXIST;
        if (r < 0)
                return r;
        return fstat(*ret_other, &copy->top) < 0 ? -errno : 0;
}

static int on_enter(void *user, const TreePlace *at, int fd, const struct stat *status,
                    int *ret_other)
{
        Copy *copy = user;
        int r;

        (void)fd;
        if (!copy->begun)
                return enter_first(copy, at, ret_other);
        if (status->st_dev == copy->top.st_dev && status->st_ino == copy->top.st_ino)
                return -EINVAL;
        r = check_takeable(at);
        return r < 0 ? r : make_directory(at->other, at->other_name, ret_other);
}

static int make_links(Copy *copy)
{
        int r;

        if (*copy->links.text)
                return 0;
        r = hidden_name(&copy->links);
        return r < 0 ? r : make_directory(copy->directory, copy->links.text, &copy->links_fd);
}

/* Return: 1 where it is one more name of what has been copied already. */
static int copy_as_link(Copy *copy, const TreePlace *at, const struct stat *status)
{
        int r = make_links(copy);

        if (r < 0)
                return r;
        if (linkat(copy->links_fd, link_name(status).text, at->other, at->other_name, 0) >= 0)
                return 1;
        return errno == ENOENT ? 0 : -errno;
}

static int copy_once(Copy *copy, const TreePlace *at, const struct stat *status)
{
        int r = copy_as_link(copy, at, status);

        if (r != 0)
                return r < 0 ? r : 0;
        r = file_copy(at->directory, at->name, at->other, at->other_name, false, NULL);
        if (r < 0)
                return r;
        return linkat(at->other, at->other_name, copy->links_fd, link_name(status).text, 0) < 0
                       ? -errno
                       : 0;
}

static int on_visit(void *user, const TreePlace *at)
{
        Copy *copy = user;
        struct stat status;
        int r = check_takeable(at);

        if (r < 0)
                return r;
        if (fstatat(at->directory, at->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        copy->seen += mark_of(&status);
        if (status.st_nlink > 1 && !S_ISDIR(status.st_mode))
                return copy_once(copy, at, &status);
        return file_copy(at->directory, at->name, at->other, at->other_name, false, NULL);
}

static int on_leave(void *user, const TreePlace *at, int fd, const struct stat *status, int other)
{
        Copy *copy = user;
        struct stat now;
        int r;

        if (fstat(fd, &now) < 0)
                return -errno;
        if (!file_is_unchanged(status, &now))
                return -EBUSY;
        copy->seen += mark_of(&now);
        r = file_copy_metadata(fd, status, other);
        if (r >= 0 && at->other_name == copy->name && syncfs(other) < 0)
                r = -errno;
        return r;
}

/* Changes after the copy had left a directory, which may have been long ago. */

static int on_recheck(void *user, const TreePlace *at)
{
        uint64_t *sum = user;
        struct stat status;

        if (fstatat(at->directory, at->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        *sum += mark_of(&status);
        return 0;
}

static int on_recheck_left(void *user, const TreePlace *at, int fd, const struct stat *status,
                           int other)
{
        uint64_t *sum = user;
        struct stat now;

        (void)at;
        (void)status;
        (void)other;
        if (fstat(fd, &now) < 0)
                return -errno;
        *sum += mark_of(&now);
        return 0;
}

static int check_unchanged(const TreePlace *place, const Copy *copy)
{
        const TreePlace from = {place->directory, place->name, -1, NULL};
        uint64_t sum = 0;
        const TreeVisitor visitor = {
                .visit = on_recheck,
                .leave = on_recheck_left,
                .user = &sum,
                .keeps_inside = true,
        };
        int r = tree_walk(&from, &visitor);

        return r < 0 ? r : sum == copy->seen ? 0 : -EBUSY;
}

int tree_copy(const TreePlace *place)
{
        Copy copy = {.directory = place->other, .name = place->other_name, .links_fd = -1};
        const TreeVisitor visitor = {
                .enter = on_enter,
                .visit = on_visit,
                .leave = on_leave,
                .user = &copy,
                .keeps_inside = true,
        };
        int r = tree_walk(place, &visitor);

        if (r >= 0)
                r = check_unchanged(place, &copy);
        if (*copy.links.text) {
                fd_close(copy.links_fd);
                (void)tree_remove(place->other, copy.links.text);
        }
        if (r >= 0 || !copy.begun)
                return r;
        (void)tree_remove(place->other, place->other_name);
        /* What was there when its directory was read has gone, or become another. */
        return r == -ENOENT || r == -EISDIR ? -EBUSY : r;
}
