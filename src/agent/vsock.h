#pragma once

/*
 * AF_VSOCK in the guest. Source: vsock(7), linux/vm_sockets.h.
 */

#include "base/base.h"

/* Return: whether this machine is a guest with an address of its own. */
bool vsock_is_guest(void);

/**
 * vsock_listen() - listen for the host, on all addresses: a migration may give us another one
 *
 * Return: a non-blocking descriptor, or a negative errno.
 */
int vsock_listen(uint32_t port);

typedef struct VsockPeer {
        uint32_t cid, port;
} VsockPeer;

/* Return: a non-blocking descriptor, -EAGAIN where nobody is there now, or a negative errno. */
int vsock_accept(int listener, VsockPeer *ret);

/* Return: whether it is root on the host, or, with @any_port, anybody there. */
bool vsock_is_host(const VsockPeer *peer, bool any_port);
