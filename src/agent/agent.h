#pragma once

/*
 * Agent: the root monitor in the guest. One event loop: the channel, the operations in flight, the
 * programs it started. It never opens a user's file, never blocks, and never believes the host
 * about who somebody is.
 */

#include "agent/config.h"
#include "loop/loop.h"

typedef struct Agent Agent;

/**
 * agent_new() - an agent that serves its host from now on
 * @config:     taken over, in every case
 * @path:       absolute, of the file it came from, which is read again whenever it changes
 *
 * Return: 0, or a negative errno that has been logged.
 */
int agent_new(Loop *loop, AgentConfig *config, const char *path, Agent **ret);
Agent *agent_free(Agent *agent);
DEFINE_CLEANUP(Agent, agent_free)
