#include "agent/vsock.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>

#define PRIVILEGED_PORTS 1024 /* vsock(7): below, binding takes CAP_NET_BIND_SERVICE */

bool vsock_is_guest(void)
{
        _cleanup_(fd_closep) int fd = open("/dev/vsock", O_RDONLY | O_CLOEXEC);
        unsigned int cid = VMADDR_CID_ANY;

        return fd >= 0 && ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) == 0 &&
               cid != VMADDR_CID_ANY && cid > VMADDR_CID_HOST;
}

int vsock_listen(uint32_t port)
{
        _cleanup_(fd_closep) int fd =
                socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const struct sockaddr_vm address = {
                .svm_family = AF_VSOCK,
                .svm_cid = VMADDR_CID_ANY,
                .svm_port = port,
        };

        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 4) < 0)
                return -errno;
        return moved_fd(fd);
}

int vsock_accept(int listener, VsockPeer *ret)
{
        struct sockaddr_vm address = {0};
        socklen_t size = sizeof(address);
        int fd =
                accept4(listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0)
                return errno == ECONNABORTED ? -EAGAIN : -errno;
        *ret = (VsockPeer){.cid = address.svm_cid, .port = address.svm_port};
        return fd;
}

bool vsock_is_host(const VsockPeer *peer, bool any_port)
{
        return peer->cid == VMADDR_CID_HOST && (any_port || peer->port < PRIVILEGED_PORTS);
}
