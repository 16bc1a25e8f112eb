/* Files that come to be: one inotify for all of a loop, one watch of it for each directory. */

#include "loop/loop-private.h"

#include <limits.h>
#include <search.h>
#include <stdalign.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#define EVENTS (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define TRIES  8 /* while directories come and go under us */

TAILQ_HEAD(LoopPathList, LoopPath);

struct LoopPaths {
        LoopIo io;
        void *by_wd; /* tsearch(3) of the directories */
        TAILQ_HEAD(LoopDirectories, LoopDirectory) directories;
        struct LoopPathList due; /* those whose owners are to be told */
};

struct LoopDirectory {
        LoopPaths *paths;
        int wd;
        void *by_name; /* tsearch(3) of those that wait; several may wait for one name */
        struct LoopPathList waiting;
        TAILQ_ENTRY(LoopDirectory) entry;
};

static int compare_wd(const void *a, const void *b)
{
        const LoopDirectory *x = a, *y = b;

        return (x->wd > y->wd) - (x->wd < y->wd);
}

static int compare_name(const void *a, const void *b)
{
        const LoopPath *x = a, *y = b;
        int r = memcmp(x->name, y->name, x->n_name < y->n_name ? x->n_name : y->n_name);

        return r ? r : (x->n_name > y->n_name) - (x->n_name < y->n_name);
}

static int compare_path(const void *a, const void *b)
{
        int r = compare_name(a, b);

        return r ? r : ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

/* directories */

static LoopDirectory *directory_find(const LoopPaths *paths, int wd)
{
        const LoopDirectory key = {.wd = wd};
        LoopDirectory *const *found = tfind(&key, &paths->by_wd, compare_wd);

        return found ? *found : NULL;
}

static void directory_drop_unused(LoopDirectory *directory)
{
        LoopPaths *paths = directory->paths;

        if (!TAILQ_EMPTY(&directory->waiting))
                return;
        (void)inotify_rm_watch(paths->io.fd, directory->wd);
        (void)tdelete(directory, &paths->by_wd, compare_wd);
        TAILQ_REMOVE(&paths->directories, directory, entry);
        free(directory);
}

static LoopDirectory *directory_new(LoopPaths *paths, int wd)
{
        LoopDirectory *directory = malloc(sizeof(*directory));

        if (directory)
                *directory = (LoopDirectory){.paths = paths, .wd = wd};
        if (!directory || !tsearch(directory, &paths->by_wd, compare_wd)) {
                (void)inotify_rm_watch(paths->io.fd, wd);
                free(directory);
                return NULL;
        }
        TAILQ_INIT(&directory->waiting);
        TAILQ_INSERT_TAIL(&paths->directories, directory, entry);
        return directory;
}

static int directory_watch(LoopPaths *paths, const char *name, LoopDirectory **ret)
{
        LoopDirectory *directory;
        int wd = inotify_add_watch(paths->io.fd, name, EVENTS);

        if (wd < 0)
                return -errno;
        directory = directory_find(paths, wd);
        if (!directory)
                directory = directory_new(paths, wd);
        if (!directory)
                return -ENOMEM;
        *ret = directory;
        return 0;
}

/* what has come */

static void path_leave(LoopPath *path)
{
        LoopDirectory *directory = path->directory;

        (void)tdelete(path, &directory->by_name, compare_path);
        TAILQ_REMOVE(&directory->waiting, path, entry);
        path->directory = NULL;
}

static void set_due(LoopPath *path, LoopPaths *paths)
{
        path_leave(path);
        TAILQ_INSERT_TAIL(&paths->due, path, entry);
}

static void set_due_by_name(LoopDirectory *directory, const char *name)
{
        const LoopPath key = {.name = name, .n_name = strlen(name)};
        LoopPath *const *found;

        while ((found = tfind(&key, &directory->by_name, compare_name)))
                set_due(*found, directory->paths);
}

static void set_due_all(LoopDirectory *directory)
{
        LoopPath *path;

        while ((path = TAILQ_FIRST(&directory->waiting)))
                set_due(path, directory->paths);
        directory_drop_unused(directory);
}

static void take_event(LoopPaths *paths, const struct inotify_event *event)
{
        LoopDirectory *directory = directory_find(paths, event->wd);

        if (event->mask & IN_Q_OVERFLOW) {
                while ((directory = TAILQ_FIRST(&paths->directories)))
                        set_due_all(directory);
        } else if (!directory) {
                return; /* nobody waits there any more */
        } else if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
                /* The path leads elsewhere now: who waited here has to look anew. */
                set_due_all(directory);
        } else if (event->len > 0) {
                set_due_by_name(directory, event->name);
                directory_drop_unused(directory);
        }
}

static int on_events(LoopIo *io, uint32_t events, Usec now)
{
        LoopPaths *paths = container_of(io, LoopPaths, io);
        alignas(struct inotify_event) char data[4096];
        const struct inotify_event *event;
        LoopPath *path;
        ssize_t n;
        int r = 0;

        (void)events;
        n = read(io->fd, data, sizeof(data));
        for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
                event = (const void *)(data + at);
                take_event(paths, event);
        }
        while (r >= 0 && (path = TAILQ_FIRST(&paths->due))) {
                loop_path_unwatch(path);
                r = path->on_appear(path, now);
        }
        return r;
}

/* paths */

/*
 * Watches the deepest directory of those on the way that exist.
 *
 * Return: 0, with @path->directory and what is waited for in there, or a negative errno.
 */
static int find_directory(LoopPaths *paths, LoopPath *path, const char *name)
{
        char way[PATH_MAX];
        size_t at, end = strlen(name);
        int r;

        if (end >= sizeof(way))
                return -ENAMETOOLONG;
        for (;;) {
                while (end > 0 && name[end - 1] == '/')
                        end--;
                if (end == 0)
                        return -ENOENT;
                for (at = end; at > 0 && name[at - 1] != '/';)
                        at--;
                memcpy(way, name, at);
                memcpy(way + at, at > 0 ? "" : ".", at > 0 ? 1 : 2);
                r = directory_watch(paths, way, &path->directory);
                if (r != -ENOENT && r != -ENOTDIR)
                        break;
                end = at;
        }
        path->name = name + at;
        path->n_name = end - at;
        return r;
}

/* Whether the directory that is waited for is there already. */
static bool has_come(const LoopPath *path, const char *name)
{
        char way[PATH_MAX];
        size_t size = (size_t)(path->name - name) + path->n_name;

        if (name[size] == '\0')
                return false; /* it is the file itself: its owner looks */
        memcpy(way, name, size);
        way[size] = '\0';
        return access(way, F_OK) == 0;
}

static int paths_new(Loop *loop, LoopPaths **ret)
{
        LoopPaths *paths = calloc(1, sizeof(*paths));
        int r;

        if (!paths)
                return -ENOMEM;
        TAILQ_INIT(&paths->directories);
        TAILQ_INIT(&paths->due);
        paths->io = (LoopIo){
                .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
                .on_ready = on_events,
        };
        r = paths->io.fd < 0 ? -errno : loop_add_io(loop, &paths->io, EPOLLIN);
        if (r < 0)
                paths = loop_paths_free(paths);
        *ret = paths;
        return r;
}

static void leave(void *directory)
{
        (void)directory;
}

LoopPaths *loop_paths_free(LoopPaths *paths)
{
        LoopDirectory *directory;

        if (!paths)
                return NULL;
        tdestroy(paths->by_wd, leave);
        while ((directory = TAILQ_FIRST(&paths->directories))) {
                TAILQ_REMOVE(&paths->directories, directory, entry);
                tdestroy(directory->by_name, leave);
                free(directory);
        }
        loop_io_remove(&paths->io);
        fd_close(paths->io.fd);
        free(paths);
        return NULL;
}

int loop_path_watch(Loop *loop, LoopPath *path, const char *name)
{
        LoopPaths **paths = loop_paths(loop);
        int r = 0;

        loop_path_unwatch(path);
        if (!*paths)
                r = paths_new(loop, paths);
        for (int i = 0; r >= 0 && i < TRIES; i++) {
                if (path->directory)
                        directory_drop_unused(path->directory);
                r = find_directory(*paths, path, name);
                if (r < 0 || !has_come(path, name))
                        break;
        }
        if (r >= 0 && !tsearch(path, &path->directory->by_name, compare_path)) {
                directory_drop_unused(path->directory);
                r = -ENOMEM;
        }
        if (r < 0) {
                path->directory = NULL;
                return r;
        }
        TAILQ_INSERT_TAIL(&path->directory->waiting, path, entry);
        path->loop = loop;
        return 0;
}

void loop_path_unwatch(LoopPath *path)
{
        LoopDirectory *directory = path->directory;

        if (!path->loop)
                return;
        if (directory) {
                path_leave(path);
                directory_drop_unused(directory);
        } else {
                TAILQ_REMOVE(&(*loop_paths(path->loop))->due, path, entry);
        }
        path->directory = NULL;
        path->loop = NULL;
}
