#pragma once

/* The streams of opened transfers, on the link that the agent has at the time. */

#include "agent/operation.h"
#include "channel/link.h"

/* @link: the agent's; NULL in it while there is none */
StreamHost streams_on(Link **link);
