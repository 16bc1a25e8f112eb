#include "inventory/channel.h"

#include "inventory/unix-connect.h"

static void on_done(Connector *connector, int fd, const ProviderResult *result, Usec now)
{
        ProviderChannel *channel = container_of(connector, ProviderChannel, connector);

        ProviderResult ended = *result;

        if (channel->config->channel)
                ended.told = unix_watch(channel->config->channel, result->error, connector->loop,
                                        &channel->path);
        channel->callbacks.on_channel(channel->callbacks.user, channel->config->uuid, fd, &ended,
                                      now);
}

static int on_appear(LoopPath *path, Usec now)
{
        ProviderChannel *channel = container_of(path, ProviderChannel, path);

        channel->callbacks.on_channel_there(channel->callbacks.user, channel->config->uuid, now);
        return 0;
}

void provider_channel_init(ProviderChannel *channel, Loop *loop, const VmConfig *config,
                           const ProviderCallbacks *callbacks)
{
        channel->config = config;
        channel->callbacks = *callbacks;
        channel->path = (LoopPath){.on_appear = on_appear};
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
        loop_path_unwatch(&channel->path);
}
