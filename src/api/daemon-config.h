#pragma once

/* The daemon's configuration file; guestopsd.conf(5). */

#include "base/base.h"

typedef struct DaemonConfig {
        char *address;
        uint16_t port;
        bool own_files;          /* neither of the two is configured: they may be made */
        char *certificate, *key; /* files; NULL: those in the state directory */
        char *state;             /* directory of what the daemon keeps */
        char *status;            /* socket, see api/status.h */
        char *vms;               /* directory of files that describe machines */
        char *audit;             /* file; NULL: in the state directory */
        char *log_level;
        char *datacenter;
        char *api_type;
        size_t connections_max, connections_per_address_max, body_bytes_max;
        Usec session_idle;
        size_t session_calls_max;
        size_t sessions_max, sessions_per_user_max;
        Usec guest_deadline;
        size_t guest_requests_max;
        size_t transfers_max, transfers_per_user_max, transfers_per_vm_max;
} DaemonConfig;

/**
 * daemon_config_load() - defaults, and what @path says
 *
 * Relative paths in the file are taken from its own directory.
 *
 * Return: 0, or a negative errno; what is wrong has been logged.
 */
int daemon_config_load(const char *path, bool required, DaemonConfig **ret);
DaemonConfig *daemon_config_free(DaemonConfig *config);
DEFINE_CLEANUP(DaemonConfig, daemon_config_free)
