#include "agent/file-xattr.h"

#include "agent/file-place.h"

#include <linux/limits.h>
#include <sys/xattr.h>

#define ACL_PREFIX "system.posix_acl_"

static bool begins(const char *s, const char *prefix)
{
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* The others are what a file system, or the guest's policy, says of what is in that place. */
static bool is_files_own(const char *name)
{
        return begins(name, "user.") || begins(name, "trusted.") || begins(name, ACL_PREFIX) ||
               strcmp(name, "security.capability") == 0;
}

static int copy_one(const char *from, const char *to, const char *name, char *value)
{
        ssize_t n = getxattr(from, name, value, XATTR_SIZE_MAX);

        if (n < 0)
                return errno == ENODATA || !is_files_own(name) ? 0 : -errno;
        if (setxattr(to, name, value, (size_t)n, 0) < 0)
                return is_files_own(name) ? -errno : 0;
        return 0;
}

/* A directory may give access control lists to what is made in it. */
static int drop_acls(const char *path)
{
        static const char *const names[] = {ACL_PREFIX "access", ACL_PREFIX "default"};

        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (removexattr(path, names[i]) < 0 && errno != ENODATA && errno != EOPNOTSUPP &&
                    errno != EACCES) /* a default, of what is no directory */
                        return -errno;
        return 0;
}

static int copy_some(const char *from, const char *to, const char *names, ssize_t size, bool acls)
{
        _cleanup_(freep) char *value = malloc(XATTR_SIZE_MAX);
        int r = value ? 0 : -ENOMEM;

        for (const char *name = names; r >= 0 && name < names + size; name += strlen(name) + 1)
                if (begins(name, ACL_PREFIX) == acls)
                        r = copy_one(from, to, name, value);
        return r;
}

int file_copy_access(int from, int to)
{
        const FdPath from_path = fd_path(from), to_path = fd_path(to);
        _cleanup_(freep) char *value = malloc(XATTR_SIZE_MAX);
        ssize_t n;
        int r;

        if (!value)
                return -ENOMEM;
        r = drop_acls(to_path.text);
        if (r < 0)
                return r;
        n = getxattr(from_path.text, ACL_PREFIX "access", value, XATTR_SIZE_MAX);
        if (n < 0)
                return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
        return setxattr(to_path.text, ACL_PREFIX "access", value, (size_t)n, 0) < 0 ? -errno : 0;
}

int file_copy_xattrs(int from, int to)
{
        _cleanup_(freep) char *names = malloc(XATTR_LIST_MAX);
        const FdPath from_path = fd_path(from), to_path = fd_path(to);
        ssize_t n;
        int r;

        if (!names)
                return -ENOMEM;
        r = drop_acls(to_path.text);
        if (r < 0)
                return r;
        n = listxattr(from_path.text, names, XATTR_LIST_MAX);
        if (n < 0)
                return errno == EOPNOTSUPP ? 0 : -errno;
        /* An access control list may take the right away to set the others. */
        r = copy_some(from_path.text, to_path.text, names, n, false);
        return r < 0 ? r : copy_some(from_path.text, to_path.text, names, n, true);
}
