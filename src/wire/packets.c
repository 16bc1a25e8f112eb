#include "wire/packets.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define PACKETS_PER_TURN 64

typedef struct Packet {
        int fd;
        size_t size;
        STAILQ_ENTRY(Packet) entry;
        char text[];
} Packet;

/* words */

static const struct {
        int error;
        const char *word;
} errors[] = {
        {-EBUSY, "busy"}, {-ECANCELED, "canceled"}, {-EACCES, "denied"},
        {-EIO, "failed"}, {-ENOENT, "none"},        {-EOPNOTSUPP, "unsupported"},
};

int packet_error(const char *word)
{
        for (size_t i = 0; i < ELEMENTS(errors); i++)
                if (strcmp(errors[i].word, word) == 0)
                        return errors[i].error;
        return -EIO;
}

const char *packet_error_word(int error)
{
        for (size_t i = 0; i < ELEMENTS(errors); i++)
                if (errors[i].error == error)
                        return errors[i].word;
        return "failed";
}

const char *packet_reason(const char *text)
{
        static const char *const reasons[] = {
                "has a snapshot taken",
                "has crashed",
                "has failed to be migrated",
                "has not been started yet",
                "is being dumped",
                "is being migrated",
                "is being saved",
                "is in an unknown state",
                "is paused",
                "is paused by an I/O error",
                "is paused by its watchdog",
                "is shutting down",
        };

        for (size_t i = 0; i < ELEMENTS(reasons); i++)
                if (strcmp(reasons[i], text) == 0)
                        return reasons[i];
        return NULL;
}

const char *packet_job(const char *text)
{
        static const char *const jobs[] = {
                "backup",
                "deletion of a snapshot",
                "dump of its memory",
                "job of libvirt",
                "migration",
                "restore",
                "return to a snapshot",
                "save of its memory",
                "snapshot",
        };

        for (size_t i = 0; i < ELEMENTS(jobs); i++)
                if (strcmp(jobs[i], text) == 0)
                        return jobs[i];
        return NULL;
}

/* out */

static int send_one(int socket, const char *text, size_t size, int fd)
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct iovec part = {.iov_base = (char *)text, .iov_len = size};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

        if (fd >= 0) {
                message.msg_control = control.bytes;
                message.msg_controllen = sizeof(control.bytes);
                control.header = (struct cmsghdr){
                        .cmsg_len = CMSG_LEN(sizeof(int)),
                        .cmsg_level = SOL_SOCKET,
                        .cmsg_type = SCM_RIGHTS,
                };
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        }
        return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static void drop_first(Packets *packets)
{
        Packet *packet = STAILQ_FIRST(&packets->queue);

        STAILQ_REMOVE_HEAD(&packets->queue, entry);
        packets->n_queued--;
        fd_close(packet->fd);
        free(packet);
}

/* Who does not listen is left: the reader of this socket finds its end. */
static void give_up(const Packets *packets)
{
        (void)shutdown(packets->io.fd, SHUT_RDWR);
}

static void enqueue(Packets *packets, const char *text, size_t size, int fd)
{
        Packet *packet = packets->n_queued < PACKETS_MAX ? malloc(sizeof(*packet) + size) : NULL;

        if (!packet) {
                fd_close(fd);
                give_up(packets);
                return;
        }
        packet->fd = fd;
        packet->size = size;
        memcpy(packet->text, text, size);
        STAILQ_INSERT_TAIL(&packets->queue, packet, entry);
        packets->n_queued++;
        (void)loop_io_set(&packets->io, EPOLLIN | EPOLLOUT);
}

void packets_send(Packets *packets, const char *text, size_t size, int fd)
{
        int r = -EAGAIN;

        if (packets->io.fd < 0) {
                fd_close(fd);
                return;
        }
        if (size > PACKET_BYTES_MAX)
                r = -EMSGSIZE;
        else if (STAILQ_EMPTY(&packets->queue))
                r = send_one(packets->io.fd, text, size, fd);
        if (r == -EAGAIN) {
                enqueue(packets, text, size, fd);
                return;
        }
        fd_close(fd);
        if (r < 0)
                give_up(packets);
}

static void send_queue(Packets *packets)
{
        int r = 0;

        while (r >= 0 && !STAILQ_EMPTY(&packets->queue)) {
                const Packet *packet = STAILQ_FIRST(&packets->queue);

                r = send_one(packets->io.fd, packet->text, packet->size, packet->fd);
                if (r >= 0)
                        drop_first(packets);
        }
        if (r >= 0)
                (void)loop_io_set(&packets->io, EPOLLIN);
        else if (r != -EAGAIN)
                give_up(packets);
}

/* in */

/* Return: how many bytes; 0 at the end; or a negative errno. */
static ssize_t receive(int socket, char *text, int *ret_fd) /* NOLINT: it is written to */
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct iovec part = {.iov_base = text, .iov_len = PACKET_BYTES_MAX};
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = control.bytes,
                .msg_controllen = sizeof(control.bytes),
        };
        const struct cmsghdr *header;
        ssize_t n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        if (n < 0)
                return -errno;
        header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
            header->cmsg_len == CMSG_LEN(sizeof(int)))
                memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
        return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

static int packets_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        Packets *packets = container_of(io, Packets, io);

        if (events & EPOLLOUT)
                send_queue(packets);
        for (size_t i = 0; i < PACKETS_PER_TURN && io->fd >= 0; i++) {
                char text[PACKET_BYTES_MAX + 1];
                int fd = -1;
                ssize_t n = receive(io->fd, text, &fd);

                if (n == -EAGAIN || n == -EINTR)
                        break;
                if (n > 0) {
                        text[n] = '\0';
                        packets->on_packet(packets, text, (size_t)n, fd, now);
                        continue;
                }
                fd_close(fd);
                packets_close(packets);
                packets->on_end(packets,
                                n == -EMSGSIZE ? "it sends packets that are too large"
                                               : "it has ended",
                                now);
                break;
        }
        return 0;
}

/* life */

int packets_open(Packets *packets, Loop *loop, int fd)
{
        int r;

        STAILQ_INIT(&packets->queue);
        packets->n_queued = 0;
        packets->io = (LoopIo){.fd = fd, .on_ready = packets_on_ready};
        r = loop_add_io(loop, &packets->io, EPOLLIN);
        if (r < 0)
                packets_close(packets);
        return r;
}

void packets_close(Packets *packets)
{
        if (packets->io.fd < 0)
                return;
        loop_io_remove(&packets->io);
        packets->io.fd = fd_close(packets->io.fd);
        while (!STAILQ_EMPTY(&packets->queue))
                drop_first(packets);
}
