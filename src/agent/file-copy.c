#include "agent/file-copy.h"

#include "agent/file-place.h"
#include "agent/file-xattr.h"

#include <fcntl.h>
#include <limits.h>

#define BLOCK_BYTES ((size_t)128 << 10)
#define RANGE_BYTES ((size_t)1 << 30)

/* contents */

static int write_whole(int fd, const char *data, size_t size)
{
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        data += n;
                        size -= (size_t)n;
                }
        }
        return 0;
}

/* Where the kernel cannot do it by itself. Both files are at the right place. */
static int copy_by_hand(int from, int to, off_t size)
{
        _cleanup_(freep) char *block = malloc(BLOCK_BYTES);

        if (!block)
                return -ENOMEM;
        while (size > 0) {
                size_t want = (size_t)size < BLOCK_BYTES ? (size_t)size : BLOCK_BYTES;
                ssize_t n = read(from, block, want);
                int r;

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) /* shorter than it was: that is noticed in the end */
                        return n < 0 ? -errno : 0;
                r = write_whole(to, block, (size_t)n);
                if (r < 0)
                        return r;
                size -= n;
        }
        return 0;
}

static int copy_range(int from, int to, off_t offset, off_t size)
{
        if (lseek(from, offset, SEEK_SET) < 0 || lseek(to, offset, SEEK_SET) < 0)
                return -errno;
        while (size > 0) {
                size_t want = (size_t)size < RANGE_BYTES ? (size_t)size : RANGE_BYTES;
                ssize_t n = copy_file_range(from, NULL, to, NULL, want, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                /* What it fails with says little, and 0 is what some file systems say. */
                if (n <= 0)
                        return copy_by_hand(from, to, size);
                size -= n;
        }
        return 0;
}

static int copy_contents(int from, int to, off_t size)
{
        off_t data, hole = 0;
        int r;

        while (hole < size) {
                data = lseek(from, hole, SEEK_DATA);
                if (data < 0 && errno == ENXIO) /* only a hole is left */
                        break;
                if (data < 0)
                        data = hole;
                if (data >= size)
                        break;
                hole = lseek(from, data, SEEK_HOLE);
                if (hole < 0 || hole > size)
                        hole = size;
                r = copy_range(from, to, data, hole - data);
                if (r < 0)
                        return r;
        }
        return ftruncate(to, size) < 0 ? -errno : 0;
}

/* all the rest */

static int copy_owner(const struct stat *status, int to)
{
        struct stat is;

        if (fstat(to, &is) < 0)
                return -errno;
        if (is.st_uid == status->st_uid && is.st_gid == status->st_gid)
                return 0;
        return fchownat(to, "", status->st_uid, status->st_gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

int file_copy_metadata(int from, const struct stat *status, int to)
{
        const struct timespec times[] = {status->st_atim, status->st_mtim};
        const FdPath path = fd_path(to);
        int r = copy_owner(status, to); /* which takes set-user-ID bits and capabilities away */

        if (r >= 0)
                r = file_copy_xattrs(from, to);
        if (r < 0)
                return r;
        if (!S_ISLNK(status->st_mode) && chmod(path.text, status->st_mode & 07777) < 0)
                return -errno;
        return utimensat(AT_FDCWD, path.text, times, 0) < 0 ? -errno : 0;
}

bool file_is_unchanged(const struct stat *before, const struct stat *now)
{
        return before->st_dev == now->st_dev && before->st_ino == now->st_ino &&
               before->st_size == now->st_size && before->st_mtim.tv_sec == now->st_mtim.tv_sec &&
               before->st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

/* files of each kind */

typedef struct Made {
        int directory;
        const char *name;
        int fd;     /* may be of O_PATH */
        bool there; /* has to be removed after a failure */
} Made;

static void made_done(Made *made)
{
        fd_close(made->fd);
        if (made->there)
                (void)unlinkat(made->directory, made->name, 0);
}

static int copy_regular(int from, const struct stat *status, Made *made)
{
        _cleanup_(fd_closep) int in = open(fd_path(from).text, O_RDONLY | O_NOCTTY | O_CLOEXEC);
        struct stat after;
        int r;

        if (in < 0)
                return -errno;
        made->fd = openat(made->directory, made->name,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (made->fd < 0)
                return -errno;
        made->there = true;
        r = copy_contents(in, made->fd, status->st_size);
        if (r < 0)
                return r;
        if (fstat(in, &after) < 0)
                return -errno;
        return file_is_unchanged(status, &after) ? 0 : -EBUSY;
}

/* What has just been made, and not what somebody has put in its place. */
static int open_made(Made *made, mode_t type)
{
        struct stat status;

        made->there = true;
        made->fd = openat(made->directory, made->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (made->fd < 0 || fstat(made->fd, &status) < 0)
                return -errno;
        if ((status.st_mode & S_IFMT) != type || status.st_nlink != 1 || status.st_uid != geteuid())
                return -EBUSY;
        return 0;
}

static int copy_link(int from, const struct stat *status, Made *made)
{
        char target[PATH_MAX];
        ssize_t n = readlinkat(from, "", target, sizeof(target));

        if (n < 0 || n == sizeof(target))
                return n < 0 ? -errno : -ENAMETOOLONG;
        target[n] = '\0';
        if (symlinkat(target, made->directory, made->name) < 0)
                return -errno;
        return open_made(made, status->st_mode & S_IFMT);
}

static int copy_special(int from, const struct stat *status, Made *made)
{
        mode_t type = status->st_mode & S_IFMT;

        (void)from;
        if (mknodat(made->directory, made->name, type | 0600, status->st_rdev) < 0)
                return -errno;
        return open_made(made, type);
}

static int make_copy(int from, const struct stat *status, Made *made)
{
        if (S_ISDIR(status->st_mode))
                return -EISDIR;
        if (S_ISREG(status->st_mode))
                return copy_regular(from, status, made);
        if (S_ISLNK(status->st_mode))
                return copy_link(from, status, made);
        return copy_special(from, status, made);
}

int file_copy(int from_directory, const char *from, int to_directory, const char *to, bool sync,
              struct stat *ret)
{
        _cleanup_(made_done) Made made = {.directory = to_directory, .name = to, .fd = -1};
        _cleanup_(fd_closep) int fd = -1;
        struct stat status;
        int r;

        fd = openat(from_directory, from, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        r = make_copy(fd, &status, &made);
        if (r >= 0)
                r = file_copy_metadata(fd, &status, made.fd);
        if (r < 0)
                return r;
        if (sync && S_ISREG(status.st_mode) && fsync(made.fd) < 0)
                return -errno;
        made.there = false;
        if (ret)
                *ret = status;
        return 0;
}
