/*
 * Providers "local" and "static": machines of which nobody can be asked more than what stands in
 * their file. "local" is this very machine, whose agent listens on a socket.
 */

#include "inventory/channel.h"

#include <sys/sysinfo.h>

struct Provider {
        ProviderChannel channel;
};

static int open_with(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                     int32_t num_cpu, int32_t memory_mb, Provider **ret)
{
        Provider *provider = malloc(sizeof(*provider));

        if (!provider)
                return -ENOMEM;
        provider_channel_init(&provider->channel, loop, config, callbacks);
        *ret = provider;
        callbacks->on_vm(callbacks->user,
                         &(ProviderVm){
                                 .uuid = config->uuid,
                                 .name = config->name,
                                 .state = {.power = VM_POWERED_ON, .runs = true},
                                 .num_cpu = num_cpu,
                                 .memory_mb = memory_mb,
                         },
                         loop_now(loop));
        return 0;
}

static int local_open(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                      Provider **ret)
{
        struct sysinfo info = {0};

        (void)sysinfo(&info);
        return open_with(loop, config, callbacks, get_nprocs(),
                         (int32_t)((uint64_t)info.totalram * info.mem_unit >> 20), ret);
}

static int static_open(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                       Provider **ret)
{
        return open_with(loop, config, callbacks, 0, 0, ret);
}

static void local_channel(Provider *provider, const char *uuid, Usec now)
{
        (void)uuid;
        provider_channel_begin(&provider->channel, now);
}

static Provider *local_close(Provider *provider)
{
        if (provider)
                provider_channel_cancel(&provider->channel);
        free(provider);
        return NULL;
}

const ProviderType provider_local = {
        .name = "local",
        .open = local_open,
        .channel = local_channel,
        .close = local_close,
};

const ProviderType provider_static = {
        .name = "static",
        .open = static_open,
        .channel = local_channel,
        .close = local_close,
};
