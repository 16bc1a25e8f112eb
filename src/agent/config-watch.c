#include "agent/config-watch.h"

#include <libgen.h>
#include <stdalign.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

static int on_events(LoopIo *io, uint32_t events, Usec now)
{
        ConfigWatch *watch = container_of(io, ConfigWatch, io);
        alignas(struct inotify_event) char data[4096];
        const struct inotify_event *event;
        bool changed = false;
        ssize_t n;

        (void)events;
        (void)now;
        while ((n = read(io->fd, data, sizeof(data))) > 0)
                for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
                        event = (const void *)(data + at);
                        changed |= event->mask & IN_Q_OVERFLOW ||
                                   (event->len > 0 && strcmp(event->name, watch->name) == 0);
                }
        if (changed)
                watch->on_change(watch);
        return 0;
}

int config_watch_init(ConfigWatch *watch, Loop *loop, const char *path,
                      void (*on_change)(ConfigWatch *watch))
{
        _cleanup_(freep) char *directory = strdup(path);
        _cleanup_(freep) char *name = strdup(path);
        _cleanup_(fd_closep) int fd = -1;
        int r;

        *watch = (ConfigWatch){.io.fd = -1, .on_change = on_change};
        if (!directory || !name)
                return -ENOMEM;
        fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (fd < 0)
                return -errno;
        /* The directory: editors replace the file, and it need not exist yet. */
        if (inotify_add_watch(fd, dirname(directory),
                              IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) < 0)
                return -errno;
        watch->name = strdup(basename(name));
        if (!watch->name)
                return -ENOMEM;
        watch->io = (LoopIo){.fd = fd, .on_ready = on_events};
        r = loop_add_io(loop, &watch->io, EPOLLIN);
        if (r < 0)
                return r;
        (void)moved_fd(fd);
        return 0;
}

void config_watch_done(ConfigWatch *watch)
{
        loop_io_remove(&watch->io);
        watch->io.fd = fd_close(watch->io.fd);
        free(watch->name);
        watch->name = NULL;
}
