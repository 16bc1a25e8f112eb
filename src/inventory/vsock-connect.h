#pragma once

/*
 * AF_VSOCK towards a guest of this host. We come from a port below 1024, which tells the agent that
 * root sent us; it listens on one, which tells us the same of it.
 *
 * Source: vsock(7), rresvport(3).
 */

#include "base/base.h"

/**
 * vsock_begin_connect() - a socket whose connect(2) is under way, or over
 *
 * Return: 0, or a negative errno; see vsock_why().
 */
int vsock_begin_connect(uint32_t cid, uint32_t port, int *ret_fd);

/* Return: how connect(2) ended, now that the socket is writable: 0 or a negative errno. */
int vsock_end_connect(int fd);

/* Writes what @error of the above means, a text for a sentence. */
void vsock_why(int error, uint32_t cid, uint32_t port, char *text, size_t size);
