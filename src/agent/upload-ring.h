#pragma once

/*
 * Memory that the monitor fills and the worker of an upload reads, so that the file's bytes need
 * not pass through a socket. The worker belongs to the user, and can neither write to it nor make
 * it smaller. No other worker has it.
 */

#include "base/base.h"
#include "channel/link.h"

#define UPLOAD_RING_BYTES ((size_t)LINK_WINDOW_BYTES)

/*
 * What is there, from any place on, lies in one piece of UPLOAD_RING_BYTES: behind the end of the
 * ring, it is there once more. Return: 0, @ret for upload_ring_free(), and the descriptor that the
 * worker is to be given; or a negative errno.
 */
int upload_ring_make(char **ret, int *ret_fd);
char *upload_ring_free(char *ring);

/* In the worker. Return: the ring, to be read only, or NULL. */
const char *upload_ring_map(int fd);
