#pragma once

/*
 * Status: a UNIX socket beside the API, for guestops(1) and scripts on this host. Who connects is
 * written one JSON document of the daemon and all its machines, and nothing is ever read. What is
 * in it: guestops(1), "Status".
 */

#include "api/daemon-config.h"
#include "api/service.h"

typedef struct Status Status;

/**
 * status_new() - listen on config->status
 * @service, @config: live as long
 *
 * Return: 0, or a negative errno; -EADDRINUSE where another process answers there.
 */
int status_new(Service *service, const DaemonConfig *config, Status **ret);
/* Removes the socket, too. */
Status *status_free(Status *status);
DEFINE_CLEANUP(Status, status_free)
