#include "agent/move-across.h"

#include "agent/file-copy.h"
#include "agent/tree.h"

#include <fcntl.h>
#include <stdio.h>

/* names */

static int reserve(int directory, const char *name, bool is_directory)
{
        int fd;

        if (is_directory)
                return mkdirat(directory, name, 0700) < 0 ? -errno : 0;
        fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        fd_close(fd);
        return 0;
}

int rename_by_reservation(int from_directory, const char *from, int to_directory, const char *to,
                          bool is_directory)
{
        int r = reserve(to_directory, to, is_directory);

        if (r < 0)
                return r;
        if (renameat(from_directory, from, to_directory, to) >= 0)
                return 0;
        r = -errno;
        (void)unlinkat(to_directory, to, is_directory ? AT_REMOVEDIR : 0);
        return r;
}

int rename_to_free(int from_directory, const char *from, int to_directory, const char *to,
                   bool is_directory)
{
        if (renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE) >= 0)
                return 0;
        /* Not every file system knows the flag. */
        if (errno == EINVAL || errno == ENOSYS)
                return rename_by_reservation(from_directory, from, to_directory, to, is_directory);
        return -errno;
}

/*
 * So that the new name is on the disk before the old one goes. A directory that its user may not
 * read cannot be opened for that: then all there is goes to the disk.
 */
static int sync_directory(int directory)
{
        _cleanup_(fd_closep) int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                sync();
        else if (fsync(fd) < 0 && errno != EINVAL)
                return -errno;
        return 0;
}

/* what is moved */

/* Better known before it is copied. */
static int check_takeable(const FilePlace *from)
{
        struct statx status;

        if (faccessat(from->directory, ".", W_OK | X_OK, 0) < 0 ||
            statx(from->directory, from->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE,
                  &status) < 0)
                return -errno;
        if (status.stx_attributes & STATX_ATTR_MOUNT_ROOT)
                return -EBUSY;
        return status.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND) ? -EPERM : 0;
}

static int unlink_copied(const FilePlace *from, const struct stat *copied)
{
        struct stat now;

        if (fstatat(from->directory, from->name, &now, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!file_is_unchanged(copied, &now))
                return -EBUSY;
        return unlinkat(from->directory, from->name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* Not what somebody else has put in the place of the copy meanwhile. */
static void unlink_copy(const FilePlace *to, const struct stat *copy)
{
        struct stat now;

        if (fstatat(to->directory, to->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
            now.st_dev == copy->st_dev && now.st_ino == copy->st_ino)
                (void)unlinkat(to->directory, to->name, 0);
}

static int rename_copy(const FilePlace *to, const char *name, bool overwrite)
{
        if (!overwrite)
                return rename_to_free(to->directory, name, to->directory, to->name, false);
        return renameat(to->directory, name, to->directory, to->name) < 0 ? -errno : 0;
}

int file_move_across(const FilePlace *from, const FilePlace *to, bool overwrite, bool *ret_copied)
{
        struct stat copied, copy;
        HiddenName name;
        int r = check_takeable(from);

        if (r >= 0)
                r = hidden_name(&name);
        if (r >= 0)
                r = file_copy(from->directory, from->name, to->directory, name.text, true, &copied);
        if (r < 0)
                return r;
        r = fstatat(to->directory, name.text, &copy, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
        if (r >= 0)
                r = rename_copy(to, name.text, overwrite);
        if (r < 0) {
                (void)unlinkat(to->directory, name.text, 0);
                return r;
        }
        r = sync_directory(to->directory);
        if (r >= 0)
                r = unlink_copied(from, &copied);
        if (r < 0 && !overwrite)
                unlink_copy(to, &copy);
        *ret_copied = r < 0 && overwrite; /* what was there before cannot be brought back */
        return r;
}

int tree_move_across(const FilePlace *from, const FilePlace *to, bool *ret_copied)
{
        HiddenName name;
        const TreePlace place = {from->directory, from->name, to->directory, name.text};
        int r = check_takeable(from);

        if (r >= 0)
                r = hidden_name(&name);
        if (r >= 0)
                r = tree_copy(&place);
        if (r < 0)
                return r;
        r = rename_to_free(to->directory, name.text, to->directory, to->name, true);
        if (r < 0) {
                (void)tree_remove(to->directory, name.text);
                return r;
        }
        r = sync_directory(to->directory);
        if (r >= 0)
                r = tree_remove(from->directory, from->name);
        *ret_copied = r < 0; /* there may be no other whole one any more */
        return r;
}
