#include "agent/tree.h"

#include <fcntl.h>

static int unlink_at(const TreePlace *at, int flags)
{
        if (unlinkat(at->directory, at->name, flags) >= 0 || errno == ENOENT)
                return 0;
        return errno == EEXIST ? -ENOTEMPTY : -errno;
}

static int on_visit(void *user, const TreePlace *at)
{
        int r = unlink_at(at, 0);

        (void)user;
        /* It has become a directory: the next pass enters it. */
        return r == -EISDIR ? 0 : r;
}

static int on_leave(void *user, const TreePlace *at, int fd, const struct stat *status, int other)
{
        const TreePlace *first = user;
        int r = unlink_at(at, AT_REMOVEDIR);

        (void)fd;
        (void)status;
        (void)other;
        /* It has got another name, and its own is a file's: the next pass removes that. */
        return r == -ENOTDIR && at->name != first->name ? 0 : r;
}

/* Who cannot read it may still remove it, if it is empty. */
static int on_closed(void *user, const TreePlace *at, int error)
{
        (void)user;
        return unlink_at(at, AT_REMOVEDIR) < 0 ? error : 0;
}

int tree_remove(int directory, const char *name)
{
        TreePlace first = {.directory = directory, .name = name, .other = -1};
        const TreeVisitor visitor = {
                .visit = on_visit,
                .leave = on_leave,
                .closed = on_closed,
                .user = &first,
                .goes_on = true,
        };
        int r = tree_walk(&first, &visitor);

        return r == -EACCES && unlinkat(directory, name, AT_REMOVEDIR) >= 0 ? 0 : r;
}
