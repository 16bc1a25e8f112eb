#pragma once

/* The channel of the one machine that a file describes, for its provider's channel(). */

#include "inventory/connector.h"

typedef struct ProviderChannel {
        Connector connector;
        LoopPath path; /* while nobody listens there */
        const VmConfig *config;
        ProviderCallbacks callbacks;
} ProviderChannel;

/* @config: has to last as long. */
void provider_channel_init(ProviderChannel *channel, Loop *loop, const VmConfig *config,
                           const ProviderCallbacks *callbacks);
/* on_channel() tells the end, from within or later. */
void provider_channel_begin(ProviderChannel *channel, Usec now);
/* Calls nobody back. */
void provider_channel_cancel(ProviderChannel *channel);
