#include "agent/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/queue.h>
#include <sys/syscall.h>

#define OPEN_MAX_LEVELS 400 /* of two descriptors each; there are 1024 */
#define DEPTH_MAX       (1 << 16)
#define PASSES_MAX      16 /* where names go while they are read, some may be left out */

typedef struct Level {
        TAILQ_ENTRY(Level) entry;
        TreePlace at;
        DIR *stream; /* NULL: closed until the walk is back */
        long position;
        int other;
        struct stat status;
        char name[NAME_MAX + 1]; /* what the walk is at in it */
        unsigned int passes;
        bool failed; /* something in it */
} Level;

typedef TAILQ_HEAD(Levels, Level) Levels;

typedef struct Walk {
        const TreeVisitor *visitor;
        Levels levels;
        Level *uppermost; /* that is open */
        size_t n, n_open;
        int r;     /* the first error */
        bool lost; /* there is no way back up */
} Walk;

static void walk_fail(Walk *walk, int r)
{
        Level *level = TAILQ_LAST(&walk->levels, Levels);

        if (r < 0 && walk->r >= 0)
                walk->r = r;
        if (r < 0 && level)
                level->failed = true;
}

/* descriptors */

static int open_directory(int directory, const char *name, bool inside)
{
        const struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
                .resolve = inside ? RESOLVE_NO_XDEV : 0,
        };
        int fd = (int)syscall(SYS_openat2, directory, name, &how, sizeof(how));

        if (fd >= 0)
                return fd;
        return errno == EXDEV ? -EBUSY : -errno;
}

static void level_close(Level *level)
{
        if (level->stream)
                closedir(level->stream);
        level->stream = NULL;
        level->other = fd_close(level->other);
}

static Level *level_free(Level *level)
{
        if (!level)
                return NULL;
        level_close(level);
        free(level);
        return NULL;
}
DEFINE_CLEANUP(Level, level_free)

static int make_room(Walk *walk)
{
        Level *level = walk->uppermost;

        if (walk->n_open < OPEN_MAX_LEVELS)
                return 0;
        if (!walk->visitor->goes_on || walk->n == DEPTH_MAX)
                return -EMFILE;
        level->position = telldir(level->stream);
        level_close(level);
        walk->uppermost = TAILQ_NEXT(level, entry);
        walk->n_open--;
        return 0;
}

/* Opens the directory above, if it was closed on the way down and still is the one above. */
static int reopen_above(Walk *walk, Level *level)
{
        Level *above = TAILQ_PREV(level, Levels, entry);
        struct stat status;
        int fd;

        if (!above || above->stream)
                return 0;
        fd = open_directory(dirfd(level->stream), "..", false);
        if (fd < 0)
                return fd;
        if (fstat(fd, &status) < 0 || status.st_dev != above->status.st_dev ||
            status.st_ino != above->status.st_ino || !(above->stream = fdopendir(fd))) {
                fd_close(fd);
                return -ESTALE;
        }
        seekdir(above->stream, above->position);
        level->at.directory = fd;
        walk->uppermost = above;
        walk->n_open++;
        return 0;
}

/* steps */

static int enter(Walk *walk, const TreePlace *at)
{
        const TreeVisitor *visitor = walk->visitor;
        _cleanup_(level_freep) Level *level = NULL;
        _cleanup_(fd_closep) int fd = -1;
        int r = make_room(walk);

        if (r < 0)
                return r;
        fd = open_directory(at->directory, at->name, visitor->keeps_inside);
        if (fd < 0)
                return fd;
        level = malloc(sizeof(*level));
        if (!level)
                return -ENOMEM;
        *level = (Level){.at = *at, .other = -1};
        if (fstat(fd, &level->status) < 0)
                return -errno;
        if (visitor->enter) {
                r = visitor->enter(visitor->user, at, fd, &level->status, &level->other);
                if (r < 0)
                        return r;
        }
        level->stream = fdopendir(fd);
        if (!level->stream)
                return -errno;
        (void)moved_fd(fd);
        TAILQ_INSERT_TAIL(&walk->levels, level, entry);
        if (walk->n_open == 0)
                walk->uppermost = level;
        walk->n++;
        walk->n_open++;
        level = NULL;
        return 0;
}

static void leave(Walk *walk, Level *level)
{
        const TreeVisitor *visitor = walk->visitor;
        bool failed = level->failed;
        int r = walk->lost ? 0 : reopen_above(walk, level);

        if (r < 0) {
                walk_fail(walk, r);
                walk->lost = true;
        }
        if (!walk->lost && (walk->r >= 0 || visitor->goes_on))
                r = visitor->leave(visitor->user, &level->at, dirfd(level->stream), &level->status,
                                   level->other);
        if (r == -ENOTEMPTY && !failed && level->passes++ < PASSES_MAX) {
                rewinddir(level->stream);
                return;
        }
        walk->n--;
        walk->n_open -= level->stream != NULL;
        TAILQ_REMOVE(&walk->levels, level, entry);
        level_free(level);
        walk_fail(walk, failed ? walk->r : r);
}

static bool is_directory(const Level *level, const struct dirent *entry)
{
        struct stat status;

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type == DT_DIR;
        return fstatat(dirfd(level->stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISDIR(status.st_mode);
}

static void step(Walk *walk, Level *level, const struct dirent *entry)
{
        const TreeVisitor *visitor = walk->visitor;
        const TreePlace at = {dirfd(level->stream), level->name, level->other, level->name};
        size_t n = strlen(entry->d_name);
        int r = -ENOTDIR;

        if (n >= sizeof(level->name)) {
                walk_fail(walk, -ENAMETOOLONG);
                return;
        }
        memcpy(level->name, entry->d_name, n + 1);
        if (is_directory(level, entry))
                r = enter(walk, &at);
        /* It may be something else by now. */
        if (r == -ENOTDIR || r == -ELOOP)
                r = visitor->visit(visitor->user, &at);
        else if (r < 0 && visitor->closed)
                r = visitor->closed(visitor->user, &at, r);
        walk_fail(walk, r);
}

static void turn(Walk *walk, Level *level)
{
        const struct dirent *entry;

        if (walk->lost || (walk->r < 0 && !walk->visitor->goes_on)) {
                leave(walk, level);
                return;
        }
        errno = 0;
        entry = readdir(level->stream);
        if (!entry) {
                walk_fail(walk, -errno);
                leave(walk, level);
        } else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
                step(walk, level, entry);
        }
}

int tree_walk(const TreePlace *first, const TreeVisitor *visitor)
{
        Walk walk = {.visitor = visitor};
        Level *level;
        int r;

        TAILQ_INIT(&walk.levels);
        r = enter(&walk, first);
        while ((level = TAILQ_LAST(&walk.levels, Levels)))
                turn(&walk, level);
        if (r == -ELOOP)
                return -ENOTDIR;
        return r < 0 ? r : walk.r;
}
