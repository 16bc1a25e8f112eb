#include "inventory/vm-config.h"

#include "base/config.h"
#include "base/log.h"
#include "base/utf8.h"
#include "channel/link.h"

#include <ctype.h>
#include <sys/stat.h>

#define UUID_CHARS   36
#define NAME_BYTES   80  /* vSphere's own limit */
#define SOCKET_BYTES 107 /* unix(7), sun_path without its NUL */
#define CID_MIN      3   /* vsock(7): the hypervisor, the machine itself and its host come before */
#define CID_MAX      UINT32_MAX - 1
#define PORT_MAX     1023 /* only root in the guest can listen there */

static const ConfigKey keys[] = {
        {"vm", "channel", CONFIG_STRING, offsetof(VmConfig, channel)},
        {"vm", "name", CONFIG_STRING, offsetof(VmConfig, name)},
        {"vm", "provider", CONFIG_STRING, offsetof(VmConfig, provider)},
        {"vm", "qmp", CONFIG_STRING, offsetof(VmConfig, qmp)},
        {"vm", "shutdown", CONFIG_STRING, offsetof(VmConfig, shutdown)},
        {"vm", "uri", CONFIG_STRING, offsetof(VmConfig, uri)},
        {"vm", "uuid", CONFIG_STRING, offsetof(VmConfig, uuid)},
        {"vm", "vsock_cid", CONFIG_COUNT, offsetof(VmConfig, vsock_cid), CID_MIN, CID_MAX},
        {"vm", "vsock_port", CONFIG_COUNT, offsetof(VmConfig, vsock_port), 1, PORT_MAX},
};

static const ProviderType *const providers[] = {&provider_libvirt, &provider_local, &provider_qmp,
                                                &provider_static};

const char *vm_config_key(const VmConfig *config)
{
        return config->uuid ? config->uuid : config->uri;
}

const ProviderType *vm_config_provider(const VmConfig *config)
{
        for (size_t i = 0; i < ELEMENTS(providers); i++)
                if (strcmp(providers[i]->name, config->provider) == 0)
                        return providers[i];
        return NULL;
}

VmConfig *vm_config_free(VmConfig *config)
{
        if (!config)
                return NULL;
        free(config->path);
        free(config->provider);
        free(config->name);
        free(config->uuid);
        free(config->qmp);
        free(config->channel);
        free(config->uri);
        free(config->shutdown);
        free(config);
        return NULL;
}

/* Lower-cases it, too. */
static bool take_uuid(char *uuid)
{
        if (strlen(uuid) != UUID_CHARS)
                return false;
        for (size_t i = 0; i < UUID_CHARS; i++) {
                bool dash = i == 8 || i == 13 || i == 18 || i == 23;

                if (dash ? uuid[i] != '-' : !isxdigit((unsigned char)uuid[i]))
                        return false;
                uuid[i] = (char)tolower((unsigned char)uuid[i]);
        }
        return true;
}

static bool is_name(const char *name)
{
        for (const char *p = name; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == '/')
                        return false;
        return strlen(name) <= NAME_BYTES && utf8_is_valid(name, strlen(name));
}

static int refuse(const char *path, const char *why)
{
        log_error("%s: %s", path, why);
        return -EINVAL;
}

/* Of a provider that finds its machines itself. */
static int check_many(const VmConfig *config)
{
        if (!config->uri)
                return refuse(config->path, "uri has to be one of libvirt, as qemu:///system");
        if (config->name || config->uuid || config->channel || config->qmp || config->shutdown)
                return refuse(config->path, "provider libvirt has no key but uri: it finds the "
                                            "machines itself");
        return 0;
}

static int check(VmConfig *config)
{
        const char *path = config->path;

        if (!config->provider || !vm_config_provider(config))
                return refuse(path, "provider has to be libvirt, qmp, static or local");
        if (vm_config_provider(config)->many)
                return check_many(config);
        if (config->uri)
                return refuse(path, "uri is for provider libvirt only");
        if (!config->name || !is_name(config->name))
                return refuse(path, "name has to be 1 to 80 bytes of UTF-8 without '/'");
        if (!config->uuid || !take_uuid(config->uuid))
                return refuse(path,
                              "uuid has to be a UUID, as 4c4c4544-0031-4210-8031-b2c04f4d4d32");
        if (!config->channel && config->vsock_cid == 0)
                return refuse(path, "the guest has to be reached by channel or by vsock_cid");
        if (config->channel && config->vsock_cid != 0)
                return refuse(path, "channel and vsock_cid are two ways; there can be one");
        if (config->channel && strlen(config->channel) > SOCKET_BYTES)
                return refuse(path, "channel has to be the path of a socket, of at most 107 bytes");
        if (vm_config_provider(config) == &provider_qmp &&
            (!config->qmp || strlen(config->qmp) > SOCKET_BYTES))
                return refuse(path, "qmp has to be the path of a socket, of at most 107 bytes");
        if (config->shutdown && strcmp(config->shutdown, "poweroff") != 0 &&
            strcmp(config->shutdown, "pause") != 0)
                return refuse(path, "shutdown has to be poweroff or pause");
        return 0;
}

int vm_config_load(const char *path, VmConfig **ret)
{
        _cleanup_(vm_config_freep) VmConfig *config = calloc(1, sizeof(*config));
        struct stat status = {0};
        int r;

        if (!config)
                return -ENOMEM;
        (void)stat(path, &status); /* where that fails, so does reading it */
        config->modified = (int64_t)status.st_mtim.tv_sec * (int64_t)USEC_PER_SEC +
                           status.st_mtim.tv_nsec / 1000;
        r = config_set_string(&config->path, path);
        if (r >= 0)
                r = config_read(path, keys, ELEMENTS(keys), config, NULL);
        if (r >= 0)
                r = config_resolve_path(&config->qmp, path);
        if (r >= 0)
                r = config_resolve_path(&config->channel, path);
        if (r >= 0)
                r = check(config);
        if (config->vsock_cid != 0 && config->vsock_port == 0)
                config->vsock_port = CHANNEL_VSOCK_PORT;
        if (r >= 0)
                *ret = moved(config);
        return r;
}

static bool same(const char *a, const char *b)
{
        return a == b || (a && b && strcmp(a, b) == 0);
}

bool vm_config_equal(const VmConfig *a, const VmConfig *b)
{
        return same(a->provider, b->provider) && same(a->name, b->name) && same(a->uuid, b->uuid) &&
               same(a->qmp, b->qmp) && same(a->channel, b->channel) && same(a->uri, b->uri) &&
               same(a->shutdown, b->shutdown) && a->vsock_cid == b->vsock_cid &&
               a->vsock_port == b->vsock_port;
}
