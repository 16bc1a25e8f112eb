/* Provider "local": this very machine is the guest, its agent listens on a socket. */

#include "inventory/provider.h"

#include <sys/sysinfo.h>

struct Provider {
        const VmConfig *config;
        ProviderCallbacks callbacks;
};

static int local_open(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                      Provider **ret)
{
        Provider *provider = malloc(sizeof(*provider));
        struct sysinfo info = {0};

        if (!provider)
                return -ENOMEM;
        (void)sysinfo(&info);
        *provider = (Provider){.config = config, .callbacks = *callbacks};
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
        provider_open_channel(&provider->callbacks, uuid, provider->config->channel, now);
}

static Provider *local_close(Provider *provider)
{
        free(provider);
        return NULL;
}

const ProviderType provider_local = {
        .name = "local",
        .open = local_open,
        .channel = local_channel,
        .close = local_close,
};
