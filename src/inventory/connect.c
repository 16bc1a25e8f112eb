#include "inventory/provider.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

int provider_connect(const char *path, int *ret_fd)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_(fd_closep) int fd = -1;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path); /* NOLINT: its length has been looked at */
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        /* A UNIX socket connects at once or not at all. */
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        *ret_fd = moved_fd(fd);
        return 0;
}

void provider_open_channel(const ProviderCallbacks *callbacks, const char *uuid, const char *path,
                           Usec now)
{
        char why[200];
        int fd = -1;
        int r;

        r = provider_connect(path, &fd);
        (void)snprintf(why, sizeof(why), "%s: %s", path, strerror(-r));
        callbacks->on_channel(callbacks->user, uuid, fd,
                              &(ProviderResult){.error = r, .why = r < 0 ? why : NULL}, now);
}
