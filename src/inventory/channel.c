#include "inventory/channel.h"

static void on_done(Connector *connector, int fd, const ProviderResult *result, Usec now)
{
        ProviderChannel *channel = container_of(connector, ProviderChannel, connector);

        channel->callbacks.on_channel(channel->callbacks.user, channel->config->uuid, fd, result,
                                      now);
}

void provider_channel_init(ProviderChannel *channel, Loop *loop, const VmConfig *config,
                           const ProviderCallbacks *callbacks)
{
        channel->config = config;
        channel->callbacks = *callbacks;
        connector_init(&channel->connector, loop, on_done);
}

void provider_channel_begin(ProviderChannel *channel, Usec now)
{
        const VmConfig *config = channel->config;
        const ConnectAddress address = {
                .path = config->channel,
                .cid = (uint32_t)config->vsock_cid,
                .port = (uint32_t)config->vsock_port,
        };

        connector_begin(&channel->connector, &address, now);
}

void provider_channel_cancel(ProviderChannel *channel)
{
        connector_cancel(&channel->connector);
}
