#include "agent/port.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define PORT_CLASS "/sys/class/virtio-ports"

static int open_device(const char *path)
{
        int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

        return fd < 0 ? -errno : fd;
}

static bool has_name(const char *port, const char *name)
{
        char path[300], text[128] = "";
        FILE *file;

        (void)snprintf(path, sizeof(path), PORT_CLASS "/%s/name", port);
        file = fopen(path, "re");
        if (file && !fgets(text, sizeof(text), file))
                text[0] = '\0';
        if (file)
                (void)fclose(file);
        text[strcspn(text, "\n")] = '\0';
        return strcmp(text, name) == 0;
}

static int open_by_class(const char *name)
{
        DIR *ports = opendir(PORT_CLASS);
        const struct dirent *entry;
        char path[300];
        int fd = -ENOENT;

        while (ports && fd == -ENOENT && (entry = readdir(ports)))
                if (entry->d_name[0] != '.' && has_name(entry->d_name, name)) {
                        (void)snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
                        fd = open_device(path);
                }
        if (ports)
                closedir(ports);
        return fd;
}

int port_open(const char *name)
{
        char path[300];
        int fd;

        (void)snprintf(path, sizeof(path), "/dev/virtio-ports/%s", name);
        fd = open_device(path);
        return fd == -ENOENT ? open_by_class(name) : fd;
}

/* A socket that a dead process left behind gives way; one that answers does not. */
static int remove_stale(const struct sockaddr_un *address)
{
        _cleanup_(fd_closep) int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct stat status;

        if (lstat(address->sun_path, &status) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(status.st_mode))
                return -EEXIST;
        if (probe < 0)
                return -errno;
        if (connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
            errno == EAGAIN)
                return -EADDRINUSE;
        return unlink(address->sun_path) < 0 ? -errno : 0;
}

int port_listen(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_(fd_closep) int fd = -1;
        mode_t before;
        int r;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path); /* NOLINT: its length has been looked at */
        r = remove_stale(&address);
        if (r < 0)
                return r;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        before = umask(0177);
        r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
        umask(before);
        if (r < 0)
                return r;
        return listen(fd, 4) < 0 ? -errno : moved_fd(fd);
}
