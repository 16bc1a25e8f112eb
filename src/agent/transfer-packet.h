#pragma once

/*
 * What the monitor and the worker of an open transfer say to each other, on a pair of sockets that
 * keep packets apart. From the guest: OPENED, and DATA up to the end of the socket. To the guest:
 * OPENED, then from the monitor DATA and at last ALL; a socket that ends without that was given up.
 * The worker's answer, which ends it all, goes the way of every worker's answer.
 */

#include "channel/frame.h"

typedef enum PacketKind {
        PACKET_OPENED = 1, /* a FileTransferOpened */
        PACKET_DATA,
        PACKET_ALL,
} PacketKind;

#define PACKET_BYTES_MAX FRAME_PAYLOAD_MAX

/*
 * @ours: does not block, and takes no descriptors where the kernel can refuse them; @theirs blocks.
 * Return: 0 or a negative errno.
 */
int packet_pair(int *ours, int *theirs);

/* Return: 0, -EAGAIN, or -EPIPE where nobody reads. */
int packet_send(int fd, PacketKind kind, const void *data, size_t size);

/**
 * packet_receive() - the next packet
 * @data:       room for PACKET_BYTES_MAX
 *
 * Return: the size of what is in @data, -EAGAIN, -EPIPE at the end, or -EMSGSIZE.
 */
ssize_t packet_receive(int fd, PacketKind *ret_kind, void *data);
