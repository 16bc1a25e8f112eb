#include "inventory/unix-connect.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define LEVELS_MAX 256 /* of directories */

static int open_path(int at, const char *path, int flags, struct stat *ret)
{
        _cleanup_(fd_closep) int fd = openat(at, path, O_PATH | O_CLOEXEC | flags);

        if (fd < 0 || fstat(fd, ret) < 0)
                return -errno;
        return moved_fd(fd);
}

/* Whose entries we connect to: ours, and those of who could do with us what he likes. */
static bool is_ours(uid_t uid)
{
        return uid == 0 || uid == geteuid();
}

/*
 * Whether nobody but @owner and we can have put the entry that belongs to @entry_owner into the
 * directory. In a sticky one others cannot take away what is ours, but what is @owner's may have
 * been put there by him for somebody to find.
 */
static bool keeps(const struct stat *directory, uid_t owner, uid_t entry_owner)
{
        if (directory->st_uid != owner && !is_ours(directory->st_uid))
                return false;
        return !(directory->st_mode & (S_IWGRP | S_IWOTH)) ||
               (directory->st_mode & S_ISVTX && is_ours(entry_owner));
}

static void name_directory(int fd, char *ret, size_t size)
{
        char link[64];
        ssize_t n;

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, ret, size - 1);
        ret[n > 0 ? n : 0] = '\0';
}

/* From the socket's directory up to the root, by descriptors. */
static int check_directories(const char *path, uid_t owner, char *why)
{
        _cleanup_(freep) char *copy = strdup(path);
        _cleanup_(fd_closep) int fd = -1;
        struct stat status = {0}, below = {.st_uid = owner};
        char name[200];

        if (!copy)
                return -ENOMEM;
        fd = open_path(AT_FDCWD, dirname(copy), O_DIRECTORY, &status);
        for (int i = 0; fd >= 0 && i < LEVELS_MAX; i++) {
                int parent;

                if (status.st_ino == below.st_ino && status.st_dev == below.st_dev)
                        return 0;
                if (!keeps(&status, owner, below.st_uid)) {
                        name_directory(fd, name, sizeof(name));
                        (void)snprintf(why, UNIX_WHY_MAX,
                                       "%s: it belongs to user %u, and others can write to %s: "
                                       "anybody may have put it there",
                                       path, (unsigned int)owner, name);
                        return -EPERM;
                }
                below = status;
                parent = open_path(fd, "..", O_DIRECTORY, &status);
                fd_close(fd);
                fd = parent;
        }
        return fd < 0 ? fd : -ELOOP;
}

static int check_socket(const char *path, const struct stat *status, char *why)
{
        if (S_ISLNK(status->st_mode)) {
                (void)snprintf(why, UNIX_WHY_MAX, "%s: it is a symbolic link, and not followed",
                               path);
                return -ELOOP;
        }
        if (!S_ISSOCK(status->st_mode)) {
                (void)snprintf(why, UNIX_WHY_MAX, "%s: it is no socket", path);
                return -ENOTSOCK;
        }
        return is_ours(status->st_uid) ? 0 : check_directories(path, status->st_uid, why);
}

/* What has been looked at is connected to, whatever the name stands for by now. */
static int connect_by_descriptor(int at, int *ret_fd)
{
        _cleanup_(fd_closep) int fd =
                socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        if (fd < 0)
                return -errno;
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", at);
        /* A UNIX socket connects at once or not at all. */
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        *ret_fd = moved_fd(fd);
        return 0;
}

int unix_connect(const char *path, char *why, int *ret_fd)
{
        _cleanup_(fd_closep) int at = -1;
        struct stat status = {0};
        int r;

        why[0] = '\0';
        at = open_path(AT_FDCWD, path, O_NOFOLLOW, &status);
        r = at < 0 ? at : check_socket(path, &status, why);
        if (r >= 0)
                r = connect_by_descriptor(at, ret_fd);
        if (r < 0 && !*why)
                (void)snprintf(why, UNIX_WHY_MAX, "%s: %s", path, strerror(-r));
        return r;
}

bool unix_watch(const char *path, int error, Loop *loop, LoopPath *watch)
{
        if (error != -ENOENT && error != -ENOTDIR && error != -ECONNREFUSED) {
                loop_path_unwatch(watch);
                return false;
        }
        /* What is watched already has not been made since. */
        return watch->loop || loop_path_watch(loop, watch, path) >= 0;
}
