#include "agent/transfer-packet.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef SO_PASSRIGHTS /* Linux 6.16 */
#define SO_PASSRIGHTS 83
#endif

/* To close the last descriptor of another's socket or file can take as long as he likes. */
static void refuse_descriptors(int fd)
{
        const int no = 0;

        (void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no));
}

int packet_pair(int *ours, int *theirs)
{
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0) {
                int r = -errno;

                fd_close(fds[0]);
                fd_close(fds[1]);
                return r;
        }
        refuse_descriptors(fds[0]);
        *ours = fds[0];
        *theirs = fds[1];
        return 0;
}

int packet_send(int fd, PacketKind kind, const void *data, size_t size)
{
        uint8_t head = (uint8_t)kind;
        struct iovec parts[] = {
                {.iov_base = &head, .iov_len = 1},
                {.iov_base = (void *)data, .iov_len = size},
        };
        const struct msghdr message = {.msg_iov = parts, .msg_iovlen = ELEMENTS(parts)};
        ssize_t n;

        do
                n = sendmsg(fd, &message, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n >= 0)
                return 0;
        return errno == EAGAIN ? -EAGAIN : -EPIPE;
}

ssize_t packet_receive(int fd, PacketKind *ret_kind, void *data)
{
        uint8_t head = 0;
        struct iovec parts[] = {
                {.iov_base = &head, .iov_len = 1},
                {.iov_base = data, .iov_len = PACKET_BYTES_MAX},
        };
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = ELEMENTS(parts)};
        ssize_t n;

        do
                n = recvmsg(fd, &message, 0);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == EAGAIN ? -EAGAIN : -EPIPE;
        if (n == 0)
                return -EPIPE;
        if (message.msg_flags & MSG_TRUNC)
                return -EMSGSIZE;
        *ret_kind = (PacketKind)head;
        return n - 1;
}

int packet_send_count(int fd, PacketKind kind, PacketCount count)
{
        return packet_send(fd, kind, &count, sizeof(count));
}

int packet_read_count(const void *data, size_t size, PacketCount *ret)
{
        if (size != sizeof(*ret))
                return -EBADMSG;
        memcpy(ret, data, size);
        return 0;
}
