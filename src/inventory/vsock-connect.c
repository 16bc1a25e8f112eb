#include "inventory/vsock-connect.h"

#include "base/secret.h"

#include <stdio.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>

/* As rresvport(3) has them: the lower half is for servers. */
#define PORT_FIRST 512
#define PORT_LAST  1023

/* From a random one on: in turn, each of many machines would try all that the others have. */
static int bind_privileged(int fd)
{
        const uint32_t n = PORT_LAST - PORT_FIRST + 1;
        struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY};
        uint32_t first;

        random_bytes(&first, sizeof(first));
        for (uint32_t i = 0; i < n; i++) {
                address.svm_port = PORT_FIRST + (first + i) % n;
                if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) >= 0)
                        return 0;
                if (errno != EADDRINUSE)
                        return -errno;
        }
        return -EADDRINUSE;
}

int vsock_begin_connect(uint32_t cid, uint32_t port, int *ret_fd)
{
        _cleanup_(fd_closep) int fd =
                socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const struct sockaddr_vm address = {
                .svm_family = AF_VSOCK,
                .svm_cid = cid,
                .svm_port = port,
        };
        int r;

        if (fd < 0)
                return -errno;
        r = bind_privileged(fd);
        if (r < 0)
                return r;
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
            errno != EINPROGRESS)
                return -errno;
        *ret_fd = moved_fd(fd);
        return 0;
}

int vsock_end_connect(int fd)
{
        socklen_t size = sizeof(int);
        int error = 0;

        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                return -errno;
        return -error;
}

void vsock_why(int error, uint32_t cid, uint32_t port, char *text, size_t size)
{
        static const struct {
                int error;
                const char *why;
        } rows[] = {
                {EACCES, "to come from a port below 1024 takes CAP_NET_BIND_SERVICE"},
                {EADDRINUSE, "all ports from 512 to 1023 of this host are in use"},
                {EAFNOSUPPORT, "this kernel has no AF_VSOCK, or may not use it"},
                {ECONNREFUSED, "nothing in the guest listens there"},
                {ECONNRESET, "nothing in the guest listens there"},
                {ENETUNREACH, "this host has no way there: is vhost_vsock loaded?"},
                {ENODEV, "no machine has this id, or this host has no vhost_vsock"},
                {ETIMEDOUT, "the guest does not answer"},
        };
        const char *why = strerror(-error);

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                if (rows[i].error == -error)
                        why = rows[i].why;
        (void)snprintf(text, size, "vsock %u:%u: %s", cid, port, why);
}
