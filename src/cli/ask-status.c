/* The daemon's status socket, from its other end: connect, and read to the end. */

#include "cli/cli.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define DOCUMENT_MAX ((size_t)512 << 20)
#define READ_BYTES   ((size_t)256 << 10)
#define PATIENCE_SEC 10 /* without a byte */

static int open_socket(const char *path, int *ret_fd)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const struct timeval patience = {.tv_sec = PATIENCE_SEC};
        _cleanup_(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
            connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;
        *ret_fd = moved_fd(fd);
        return 0;
}

static int read_all(int fd, Buf *out)
{
        ssize_t n = 1;

        while (n > 0) {
                size_t before = out->size;
                char *at = buf_grow(out, READ_BYTES);

                if (!at)
                        return buf_error(out);
                n = read(fd, at, READ_BYTES);
                out->size = before + (n > 0 ? (size_t)n : 0);
        }
        if (n < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;
        return 0;
}

int cli_ask_status(const char *path, json_t **ret)
{
        _cleanup_(buf_done) Buf document = {.max = DOCUMENT_MAX};
        _cleanup_(fd_closep) int fd = -1;
        json_t *all;
        int r;

        r = open_socket(path, &fd);
        if (r >= 0)
                r = read_all(fd, &document);
        if (r < 0)
                return r;
        all = json_loadb(document.data, document.size, 0, NULL);
        if (!json_is_array(json_object_get(all, "machines"))) {
                json_decref(all);
                return -EBADMSG;
        }
        *ret = all;
        return 0;
}
