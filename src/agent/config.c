#include "agent/config.h"

#include "base/config.h"
#include "base/log.h"
#include "schema/method.h"

#define DAY_SECONDS 86400

static const ConfigKey keys[] = {
        {"agent", "listen", CONFIG_STRING, offsetof(AgentConfig, listen)},
        {"agent", "port", CONFIG_STRING, offsetof(AgentConfig, port)},
        {"agent", "vsock", CONFIG_COUNT, offsetof(AgentConfig, vsock), 0, 1023},
        {"agent", "vsock_any_port", CONFIG_BOOL, offsetof(AgentConfig, vsock_any_port)},
        {"guestoperations", "disabled", CONFIG_BOOL, offsetof(AgentConfig, disabled)},
        {"guestoperations", "list_wait_ms", CONFIG_MSEC, offsetof(AgentConfig, list_wait_usec), 0,
         10000},
        {"guestoperations", "operations_max", CONFIG_COUNT, offsetof(AgentConfig, operations_max),
         1, 65536},
        {"guestoperations", "programs_max", CONFIG_COUNT, offsetof(AgentConfig, programs_max), 1,
         1000000},
        {"guestoperations", "programs_per_user_max", CONFIG_COUNT,
         offsetof(AgentConfig, programs_per_user_max), 1, 1000000},
        {"guestoperations", "retention", CONFIG_SECONDS, offsetof(AgentConfig, retention_usec), 0,
         DAY_SECONDS},
        {"guestoperations", "transfers_max", CONFIG_COUNT, offsetof(AgentConfig, transfers_max), 1,
         4096},
        {"guestoperations", "transfers_per_user_max", CONFIG_COUNT,
         offsetof(AgentConfig, transfers_per_user_max), 1, 4096},
        {"login", "allow_groups", CONFIG_STRING, offsetof(AgentConfig, allow_groups)},
        {"login", "allow_users", CONFIG_STRING, offsetof(AgentConfig, allow_users)},
        {"login", "credential_cache", CONFIG_SECONDS, offsetof(AgentConfig, credential_cache_usec),
         0, 60},
        {"login", "fail_delay", CONFIG_SECONDS, offsetof(AgentConfig, fail_delay_usec), 0, 60},
        {"login", "pam_service", CONFIG_STRING, offsetof(AgentConfig, pam_service)},
        {"login", "ticket", CONFIG_SECONDS, offsetof(AgentConfig, ticket_usec), 1, DAY_SECONDS},
        {"login", "timeout", CONFIG_SECONDS, offsetof(AgentConfig, login_usec), 1, 600},
};

static int add_disabled(AgentConfig *config, const char *name)
{
        char **grown = reallocarray(config->disabled_operations, config->n_disabled_operations + 1,
                                    sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        config->disabled_operations = grown;
        grown[config->n_disabled_operations] = strdup(name);
        if (!grown[config->n_disabled_operations])
                return -ENOMEM;
        config->n_disabled_operations++;
        return 0;
}

/* [guestoperations] StartProgramInGuest.disabled = true */
static int on_other_key(void *target, const char *section, const char *key, const char *value)
{
        const char *dot = strchr(key, '.');
        char name[64];
        bool off = false;

        if (strcmp(section, "guestoperations") != 0 || !dot || strcmp(dot, ".disabled") != 0 ||
            (size_t)(dot - key) >= sizeof(name))
                return -ENOENT;
        memcpy(name, key, (size_t)(dot - key));
        name[dot - key] = '\0';
        if (!method_find_guest(name))
                return -ENOENT;
        if (config_parse_bool(value, &off) < 0)
                return -EINVAL;
        return off ? add_disabled(target, name) : 0;
}

static AgentConfig *config_new(void)
{
        _cleanup_(agent_config_freep) AgentConfig *config = malloc(sizeof(*config));

        if (!config)
                return NULL;
        *config = (AgentConfig){
                .port = strdup(AGENT_PORT_NAME),
                .vsock = AGENT_VSOCK_AUTO,
                .pam_service = strdup("guestops-agent"),
                .credential_cache_usec = 30 * USEC_PER_SEC,
                .ticket_usec = 3600 * USEC_PER_SEC,
                .fail_delay_usec = 2 * USEC_PER_SEC,
                .login_usec = 20 * USEC_PER_SEC,
                .retention_usec = 300 * USEC_PER_SEC,
                .list_wait_usec = 300 * USEC_PER_MSEC,
                .programs_max = 4096,
                .programs_per_user_max = 1024,
                .operations_max = 512,
                .transfers_max = 256,
                .transfers_per_user_max = 64,
        };
        return config->port && config->pam_service ? moved(config) : NULL;
}

int agent_config_load(const char *path, bool required, AgentConfig **ret)
{
        _cleanup_(agent_config_freep) AgentConfig *config = config_new();
        int r;

        if (!config)
                return -ENOMEM;
        r = config_read(path, keys, ELEMENTS(keys), config, on_other_key);
        if (r == -ENOENT && required)
                log_error("%s: no such file", path);
        if (r < 0 && (r != -ENOENT || required))
                return r;
        *ret = moved(config);
        return 0;
}

AgentConfig *agent_config_free(AgentConfig *config)
{
        if (!config)
                return NULL;
        for (size_t i = 0; i < config->n_disabled_operations; i++)
                free(config->disabled_operations[i]);
        free(config->disabled_operations);
        free(config->port);
        free(config->listen);
        free(config->pam_service);
        free(config->allow_users);
        free(config->allow_groups);
        free(config);
        return NULL;
}

bool agent_config_disables(const AgentConfig *config, const char *operation)
{
        if (config->disabled)
                return true;
        for (size_t i = 0; i < config->n_disabled_operations; i++)
                if (strcmp(config->disabled_operations[i], operation) == 0)
                        return true;
        return false;
}
