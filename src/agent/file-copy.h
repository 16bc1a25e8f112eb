#pragma once

/* Copies that can stand for what they are copies of: what a move to another file system makes. */

#include "base/base.h"

#include <sys/stat.h>

/**
 * file_copy() - copies what is no directory; what links lead to is not looked at
 * @sync:       its contents are on the disk in the end
 * @ret:        of what has been copied, from before; may be NULL
 *
 * Kept are contents, holes, owner, group, permissions, times, and extended attributes, access
 * control lists among them.
 *
 * Return: 0, or a negative errno and nothing is left of the copy. -EEXIST: the name is taken;
 * -EPERM: the owner cannot be kept, or it is a device and the user may not make such; -EISDIR: it
 * is a directory; -EBUSY: it was changed meanwhile.
 */
int file_copy(int from_directory, const char *from, int to_directory, const char *to, bool sync,
              struct stat *ret);

/*
 * Gives a file what another has, but contents and links.
 * @from, @to: may be of O_PATH
 * @status: of @from, before it was read
 */
int file_copy_metadata(int from, const struct stat *status, int to);

/* Is it the same file, with the same contents, as it was at the time of @before? */
bool file_is_unchanged(const struct stat *before, const struct stat *now);
