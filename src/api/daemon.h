#pragma once

/*
 * Daemon: everything that guestopsd is, built from its configuration.
 * Source of the configuration: guestopsd.conf(5).
 */

#include "base/log.h"
#include "loop/loop.h"

typedef struct Daemon Daemon;

typedef struct DaemonOptions {
        const char *config; /* path of the configuration file */
        bool config_required;
        bool level_given; /* @level overrides the file's */
        LogLevel level;
} DaemonOptions;

/* Reads files, makes those of a first start, listens. Return: 0, or an errno that was logged. */
int daemon_new(const DaemonOptions *options, Daemon **ret);
Daemon *daemon_free(Daemon *daemon);
DEFINE_CLEANUP(Daemon, daemon_free)

/* Serves until SIGTERM or SIGINT. SIGHUP re-reads the configuration. */
int daemon_run(Daemon *daemon);
