#pragma once

/*
 * Mounts: the kernel's list of them, line by line, and which are of interest to who asks how full
 * the disks are.
 *
 * Source: proc_pid_mountinfo(5); of utab, libmount's list of what the kernel does not keep, its
 * source.
 */

#include "base/base.h"

typedef struct Mount {
        uint64_t id; /* as statx(2) has it in stx_mnt_id */
        unsigned int major, minor;
        const char *point; /* where it is mounted: bytes, not empty */
        const char *type;
        const char *source;
} Mount;

/**
 * mount_parse() - read one line of /proc/self/mountinfo
 * @line:       with its newline or without, is changed, and kept by @ret
 *
 * Return: 0, or -EBADMSG.
 */
int mount_parse(char *line, Mount *ret);

/* Return: whether this is what everything else is mounted in. */
bool mount_is_root(const Mount *mount);

/* Return: whether it is a file system for data on a disk of this guest's. */
bool mount_is_disk(const Mount *mount);

/**
 * mount_is_users() - whether a user has mounted what is mounted at @point
 * @line:       of /run/mount/utab, is changed
 *
 * Return: whether this line says so.
 */
bool mount_is_users(char *line, const char *point);
