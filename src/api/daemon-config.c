#include "api/daemon-config.h"

#include "base/config.h"
#include "base/log.h"

#include <stdio.h>

#define AT_KEY(member) offsetof(DaemonConfig, member)

static const ConfigKey keys[] = {
        {"guest", "requests_max", CONFIG_COUNT, AT_KEY(guest_requests_max), 1, 65536},
        {"guest", "timeout", CONFIG_SECONDS, AT_KEY(guest_deadline), 1, 3600},
        {"guest", "transfers_max", CONFIG_COUNT, AT_KEY(transfers_max), 1, 65536},
        {"guest", "transfers_per_user_max", CONFIG_COUNT, AT_KEY(transfers_per_user_max), 1, 65536},
        {"guest", "transfers_per_vm_max", CONFIG_COUNT, AT_KEY(transfers_per_vm_max), 1, 65536},
        {"http", "address", CONFIG_STRING, AT_KEY(address)},
        {"http", "body_bytes_max", CONFIG_COUNT, AT_KEY(body_bytes_max), 4096, 16 << 20},
        {"http", "certificate", CONFIG_STRING, AT_KEY(certificate)},
        {"http", "connections_max", CONFIG_COUNT, AT_KEY(connections_max), 1, 100000},
        {"http", "connections_per_address_max", CONFIG_COUNT, AT_KEY(connections_per_address_max),
         1, 100000},
        {"http", "key", CONFIG_STRING, AT_KEY(key)},
        {"http", "port", CONFIG_PORT, AT_KEY(port), 0, 65535},
        {"inventory", "api_type", CONFIG_STRING, AT_KEY(api_type)},
        {"inventory", "datacenter", CONFIG_STRING, AT_KEY(datacenter)},
        {"inventory", "vms", CONFIG_STRING, AT_KEY(vms)},
        {"log", "audit", CONFIG_STRING, AT_KEY(audit)},
        {"log", "level", CONFIG_STRING, AT_KEY(log_level)},
        {"service", "state", CONFIG_STRING, AT_KEY(state)},
        {"service", "status", CONFIG_STRING, AT_KEY(status)},
        {"sessions", "calls_max", CONFIG_COUNT, AT_KEY(session_calls_max), 1, 100000},
        {"sessions", "idle", CONFIG_SECONDS, AT_KEY(session_idle), 1, 604800},
        {"sessions", "max", CONFIG_COUNT, AT_KEY(sessions_max), 1, 1000000},
        {"sessions", "per_user_max", CONFIG_COUNT, AT_KEY(sessions_per_user_max), 1, 1000000},
};

static DaemonConfig *config_new(void)
{
        _cleanup_(daemon_config_freep) DaemonConfig *config = malloc(sizeof(*config));

        if (!config)
                return NULL;
        *config = (DaemonConfig){
                .address = strdup("0.0.0.0"),
                .port = 8697,
                .state = strdup("/var/lib/guestops"),
                .status = strdup("/run/guestops/status.sock"),
                .vms = strdup("/etc/guestops/vms.d"),
                .log_level = strdup("info"),
                .datacenter = strdup("guestops"),
                .api_type = strdup("HostAgent"),
                .connections_max = 4096,
                .connections_per_address_max = 1024,
                .body_bytes_max = (size_t)1 << 20,
                .session_idle = 1800 * USEC_PER_SEC,
                .session_calls_max = 256,
                .sessions_max = 4096,
                .sessions_per_user_max = 512,
                .guest_deadline = 60 * USEC_PER_SEC,
                .guest_requests_max = 256,
                .transfers_max = 1024,
                .transfers_per_user_max = 256,
                .transfers_per_vm_max = 256,
        };
        if (!config->address || !config->state || !config->status || !config->vms ||
            !config->log_level || !config->datacenter || !config->api_type)
                return NULL;
        return moved(config);
}

DaemonConfig *daemon_config_free(DaemonConfig *config)
{
        if (!config)
                return NULL;
        for (size_t i = 0; i < ELEMENTS(keys); i++)
                if (keys[i].kind == CONFIG_STRING)
                        free(*(char **)(void *)((char *)config + keys[i].offset));
        free(config);
        return NULL;
}

static int complete(char **path, const char *directory, const char *name)
{
        if (*path)
                return 0;
        return asprintf(path, "%s/%s", directory, name) < 0 ? -ENOMEM : 0;
}

static int check(const DaemonConfig *config, const char *path)
{
        LogLevel level;

        if (log_level_parse(config->log_level, &level) < 0) {
                log_error("%s: [log] level: '%s' is none of error, warning, info, debug", path,
                          config->log_level);
                return -EINVAL;
        }
        if (strcmp(config->api_type, "HostAgent") != 0 &&
            strcmp(config->api_type, "VirtualCenter") != 0) {
                log_error("%s: [inventory] api_type: '%s' is neither HostAgent nor VirtualCenter",
                          path, config->api_type);
                return -EINVAL;
        }
        return 0;
}

static int resolve_paths(DaemonConfig *config, const char *path)
{
        char **paths[] = {&config->state,       &config->status, &config->vms,
                          &config->certificate, &config->key,    &config->audit};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTS(paths); i++)
                r = config_resolve_path(paths[i], path);
        config->own_files = !config->certificate && !config->key;
        if (r >= 0)
                r = complete(&config->certificate, config->state, "certificate.pem");
        if (r >= 0)
                r = complete(&config->key, config->state, "key.pem");
        if (r >= 0)
                r = complete(&config->audit, config->state, "audit.jsonl");
        return r;
}

int daemon_config_load(const char *path, bool required, DaemonConfig **ret)
{
        _cleanup_(daemon_config_freep) DaemonConfig *config = config_new();
        int r;

        if (!config)
                return -ENOMEM;
        r = config_read(path, keys, ELEMENTS(keys), config, NULL);
        if (r == -ENOENT && required)
                log_error("%s: no such file", path);
        if (r < 0 && (r != -ENOENT || required))
                return r;
        r = check(config, path);
        if (r >= 0)
                r = resolve_paths(config, path);
        if (r >= 0)
                *ret = moved(config);
        return r;
}
