/* The guest's configuration: files, and what they come to. */

#include "agent/config.h"
#include "base/test-file.h"
#include "base/test.h"

#define SECONDS(member) offsetof(AgentConfig, member), USEC_PER_SEC
#define MSEC(member)    offsetof(AgentConfig, member), USEC_PER_MSEC
#define COUNT(member)   offsetof(AgentConfig, member), 1

/* Usec and size_t have the same width wherever this is built, but let nobody rely on it. */
static uint64_t number_at(const AgentConfig *config, size_t offset, uint64_t unit)
{
        const char *at = (const char *)config + offset;

        return unit == 1 ? *(const size_t *)(const void *)at
                         : *(const Usec *)(const void *)at / unit;
}

static void test_numbers(void)
{
        static const struct {
                const char *section, *key;
                size_t offset;
                uint64_t unit, standard, min, max;
        } rows[] = {
                {"guestoperations", "retention", SECONDS(retention_usec), 300, 0, 86400},
                {"guestoperations", "list_wait_ms", MSEC(list_wait_usec), 300, 0, 10000},
                {"guestoperations", "programs_max", COUNT(programs_max), 4096, 1, 1000000},
                {"guestoperations", "operations_max", COUNT(operations_max), 512, 1, 65536},
                {"guestoperations", "programs_per_user_max", COUNT(programs_per_user_max), 1024, 1,
                 1000000},
                {"guestoperations", "transfers_max", COUNT(transfers_max), 256, 1, 4096},
                {"guestoperations", "transfers_per_user_max", COUNT(transfers_per_user_max), 64, 1,
                 4096},
                {"login", "ticket", SECONDS(ticket_usec), 3600, 1, 86400},
                {"login", "credential_cache", SECONDS(credential_cache_usec), 30, 0, 60},
                {"login", "fail_delay", SECONDS(fail_delay_usec), 2, 0, 60},
                {"login", "timeout", SECONDS(login_usec), 20, 1, 600},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const struct {
                        uint64_t value;
                        bool good;
                } tries[] = {
                        {rows[i].min, true},
                        {rows[i].max, true},
                        {rows[i].min - 1, false},
                        {rows[i].max + 1, false},
                };

                for (size_t k = 0; k < ELEMENTS(tries); k++) {
                        _cleanup_(agent_config_freep) AgentConfig *config = NULL;
                        char text[128];

                        (void)snprintf(text, sizeof(text), "[%s]\n%s = %" PRIu64 "\n",
                                       rows[i].section, rows[i].key, tries[k].value);
                        test_write("file", text);
                        EXPECT_INT(text, agent_config_load(test_path("file"), true, &config),
                                   tries[k].good ? 0 : -EINVAL);
                        EXPECT(text, (config != NULL) == tries[k].good);
                        if (config)
                                EXPECT_INT(text, number_at(config, rows[i].offset, rows[i].unit),
                                           tries[k].value);
                }
                {
                        _cleanup_(agent_config_freep) AgentConfig *config = NULL;

                        EXPECT_INT(rows[i].key, agent_config_load("/nonexistent", false, &config),
                                   0);
                        EXPECT_INT(rows[i].key, number_at(config, rows[i].offset, rows[i].unit),
                                   rows[i].standard);
                }
        }
}

static void test_texts(void)
{
        static const struct {
                const char *about, *file, *port, *listen, *pam_service; /* port NULL: refused */
        } rows[] = {
                {"an empty file", "", AGENT_PORT_NAME, NULL, "guestops-agent"},
                {"a port", "[agent]\nport = com.example.0\n", "com.example.0", NULL,
                 "guestops-agent"},
                {"a socket", "[agent]\nlisten = /run/agent\n", AGENT_PORT_NAME, "/run/agent",
                 "guestops-agent"},
                {"a service", "[login]\npam_service = login\n", AGENT_PORT_NAME, NULL, "login"},
                {"no port", "[agent]\nport =\n", NULL, NULL, NULL},
                {"a key elsewhere", "[login]\nport = a\n", NULL, NULL, NULL},
                {"an unknown key", "[agent]\nports = a\n", NULL, NULL, NULL},
                {"an unknown section", "[agents]\nport = a\n", NULL, NULL, NULL},
                {"no configuration at all", "Hello!\n", NULL, NULL, NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(agent_config_freep) AgentConfig *config = NULL;

                test_write("file", rows[i].file);
                EXPECT_INT(rows[i].about, agent_config_load(test_path("file"), true, &config),
                           rows[i].port ? 0 : -EINVAL);
                if (!config)
                        continue;
                EXPECT_STR(rows[i].about, config->port, rows[i].port);
                EXPECT_STR(rows[i].about, config->listen, rows[i].listen);
                EXPECT_STR(rows[i].about, config->pam_service, rows[i].pam_service);
        }
}

static void test_vsock(void)
{
        static const struct {
                const char *about, *file;
                int r;
                size_t vsock;
                bool any_port;
        } rows[] = {
                {"where there is no port", "", 0, AGENT_VSOCK_AUTO, false},
                {"never", "[agent]\nvsock = 0\n", 0, 0, false},
                {"another port", "[agent]\nvsock = 1023\n", 0, 1023, false},
                {"a VMM's", "[agent]\nvsock = 869\nvsock_any_port = yes\n", 0, 869, true},
                {"a port for everybody", "[agent]\nvsock = 1024\n", -EINVAL, 0, false},
                {"no number", "[agent]\nvsock = yes\n", -EINVAL, 0, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(agent_config_freep) AgentConfig *config = NULL;

                test_write("file", rows[i].file);
                EXPECT_INT(rows[i].about, agent_config_load(test_path("file"), true, &config),
                           rows[i].r);
                if (!config)
                        continue;
                EXPECT(rows[i].about, config->vsock == rows[i].vsock);
                EXPECT_INT(rows[i].about, config->vsock_any_port, rows[i].any_port);
        }
}

static void test_disabled(void)
{
        static const struct {
                const char *about, *file;
                int result;
                bool start, list; /* disabled */
        } rows[] = {
                {"nothing", "", 0, false, false},
                {"all", "disabled = true\n", 0, true, true},
                {"not all", "disabled = false\n", 0, false, false},
                {"one", "StartProgramInGuest.disabled = true\n", 0, true, false},
                {"the other", "ListProcessesInGuest.disabled = yes\n", 0, false, true},
                {"both", "StartProgramInGuest.disabled = 1\nListProcessesInGuest.disabled = 1\n", 0,
                 true, true},
                {"one is not", "StartProgramInGuest.disabled = false\n", 0, false, false},
                {"all, whatever one says", "disabled = yes\nStartProgramInGuest.disabled = false\n",
                 0, true, true},
                {"neither true nor false", "StartProgramInGuest.disabled = maybe\n", -EINVAL, false,
                 false},
                {"no such operation", "StopProgramInGuest.disabled = true\n", -EINVAL, false,
                 false},
                {"no operation of the guest", "Login.disabled = true\n", -EINVAL, false, false},
                {"in small letters", "startprograminguest.disabled = true\n", -EINVAL, false,
                 false},
                {"no name", ".disabled = true\n", -EINVAL, false, false},
                {"another property", "StartProgramInGuest.enabled = true\n", -EINVAL, false, false},
                {"more behind it", "StartProgramInGuest.disabled.now = true\n", -EINVAL, false,
                 false},
                {"a long name",
                 "StartProgramInGuestStartProgramInGuestStartProgramInGuestStartProgramInGuest"
                 ".disabled = true\n",
                 -EINVAL, false, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(agent_config_freep) AgentConfig *config = NULL;
                char text[256];

                (void)snprintf(text, sizeof(text), "[guestoperations]\n%s", rows[i].file);
                test_write("file", text);
                EXPECT_INT(rows[i].about, agent_config_load(test_path("file"), true, &config),
                           rows[i].result);
                if (!config)
                        continue;
                EXPECT(rows[i].about,
                       agent_config_disables(config, "StartProgramInGuest") == rows[i].start);
                EXPECT(rows[i].about,
                       agent_config_disables(config, "ListProcessesInGuest") == rows[i].list);
        }
        test_write("file", "[agent]\nStartProgramInGuest.disabled = true\n");
        {
                _cleanup_(agent_config_freep) AgentConfig *config = NULL;

                EXPECT_INT("in another section",
                           agent_config_load(test_path("file"), true, &config), -EINVAL);
        }
}

static void test_no_file(void)
{
        _cleanup_(agent_config_freep) AgentConfig *config = NULL;

        EXPECT_INT("required", agent_config_load("/nonexistent", true, &config), -ENOENT);
        EXPECT("required", !config);
        EXPECT_INT("not required", agent_config_load("/nonexistent", false, &config), 0);
        EXPECT("not required", config && !config->disabled && !config->listen);
        EXPECT("agent_config_free(NULL)", agent_config_free(NULL) == NULL);
}

int main(void)
{
        test_directory_make();
        test_numbers();
        test_texts();
        test_vsock();
        test_disabled();
        test_no_file();
        test_directory_remove();
        return test_end();
}
