#pragma once

/*
 * The guest's own configuration. It rules: the host cannot override any of it.
 * Source: guestops-agent.conf(5).
 */

#include "base/base.h"

#define AGENT_PORT_NAME "org.guestops.agent.0"

#define AGENT_VSOCK_AUTO SIZE_MAX /* CHANNEL_VSOCK_PORT, where there is no virtio-serial port */

typedef struct AgentConfig {
        char *port;                 /* name of the virtio-serial port */
        char *listen;               /* path of a socket to listen on instead, NULL for the port */
        size_t vsock;               /* a port to listen on instead, 0 for never, AGENT_VSOCK_AUTO */
        bool vsock_any_port;        /* hosts may come from ports that are not privileged */
        bool disabled;              /* all guest operations */
        char **disabled_operations; /* one by one */
        size_t n_disabled_operations;
        char *pam_service;
        char *allow_users, *allow_groups; /* names, by blanks or commas; NULL for both: everybody */
        Usec credential_cache_usec;       /* 0: off */
        Usec ticket_usec;                 /* how long a ticket is good */
        Usec fail_delay_usec;             /* at least so long before a refused login is told */
        Usec login_usec;                  /* deadline of one login */
        Usec retention_usec;              /* of ended programs */
        Usec list_wait_usec;              /* who asks for a program that is younger waits for it */
        size_t programs_per_user_max;     /* that run, of one user */
        size_t programs_max;              /* records of started programs */
        size_t operations_max;            /* in flight at once */
        size_t transfers_per_user_max;    /* promised, open or not, of one user */
        size_t transfers_max;
} AgentConfig;

/**
 * agent_config_load() - defaults, and what @path says
 * @required:   whether it is an error that the file does not exist
 *
 * Return: 0, or a negative errno; what is wrong has been logged with file and line.
 */
int agent_config_load(const char *path, bool required, AgentConfig **ret);
AgentConfig *agent_config_free(AgentConfig *config);
DEFINE_CLEANUP(AgentConfig, agent_config_free)

/* Return: whether the guest forbids this operation. */
bool agent_config_disables(const AgentConfig *config, const char *operation);
