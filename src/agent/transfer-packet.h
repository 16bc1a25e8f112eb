#pragma once

/*
 * What the monitor and the worker of an open transfer say to each other, on a pair of sockets that
 * keep packets apart. The worker begins with OPENED. From the guest, that is all: the file's bytes
 * come through a pipe. To the guest, they are in memory that both see (upload-ring.h): the monitor
 * says by DATA how many more there are and at last ALL, the worker by DONE how many more it has
 * written. A socket that ends without ALL was given up. The worker's answer, which ends it all,
 * goes the way of every worker's answer.
 */

#include "base/base.h"

typedef enum PacketKind {
        PACKET_OPENED = 1, /* a FileTransferOpened */
        PACKET_DATA,       /* a count, as PacketCount */
        PACKET_DONE,       /* likewise */
        PACKET_ALL,
} PacketKind;

typedef uint32_t PacketCount;

#define PACKET_BYTES_MAX ((size_t)1 << 10)

/*
 * @ours: does not block, and takes no descriptors where the kernel can refuse them; @theirs blocks.
 * Return: 0 or a negative errno.
 */
int packet_pair(int *ours, int *theirs);

/* Return: 0, -EAGAIN, or -EPIPE where nobody reads. */
int packet_send(int fd, PacketKind kind, const void *data, size_t size);
int packet_send_count(int fd, PacketKind kind, PacketCount count);

/**
 * packet_receive() - the next packet
 * @data:       room for PACKET_BYTES_MAX
 *
 * Return: the size of what is in @data, -EAGAIN, -EPIPE at the end, or -EMSGSIZE.
 */
ssize_t packet_receive(int fd, PacketKind *ret_kind, void *data);

/* Return: 0, or -EBADMSG where what came with a packet is no count. */
int packet_read_count(const void *data, size_t size, PacketCount *ret);
