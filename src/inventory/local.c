/* Provider "local": this very machine is the guest, its agent listens on a socket. */

#include "inventory/provider.h"

#include <sys/sysinfo.h>

struct Provider {
        Loop *loop;
        const VmConfig *config;
        ProviderCallbacks callbacks;
        LoopPath channel; /* while nobody listens there */
};

static int on_channel_there(LoopPath *path, Usec now)
{
        Provider *provider = container_of(path, Provider, channel);

        provider->callbacks.on_channel_there(provider->callbacks.user, provider->config->uuid, now);
        return 0;
}

static int local_open(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                      Provider **ret)
{
        Provider *provider = malloc(sizeof(*provider));
        struct sysinfo info = {0};

        if (!provider)
                return -ENOMEM;
        (void)sysinfo(&info);
        *provider = (Provider){
                .loop = loop,
                .config = config,
                .callbacks = *callbacks,
                .channel.on_appear = on_channel_there,
        };
        *ret = provider;
        callbacks->on_vm(
                callbacks->user,
                &(ProviderVm){
                        .uuid = config->uuid,
                        .name = config->name,
                        .state = {.power = VM_POWERED_ON, .runs = true},
                        .num_cpu = get_nprocs(),
                        .memory_mb = (int32_t)((uint64_t)info.totalram * info.mem_unit >> 20),
                },
                loop_now(loop));
        return 0;
}

static void local_channel(Provider *provider, const char *uuid, Usec now)
{
        provider_open_channel(&provider->callbacks, uuid, provider->config->channel, provider->loop,
                              &provider->channel, now);
}

static Provider *local_close(Provider *provider)
{
        loop_path_unwatch(&provider->channel);
        free(provider);
        return NULL;
}

const ProviderType provider_local = {
        .name = "local",
        .open = local_open,
        .channel = local_channel,
        .close = local_close,
};
