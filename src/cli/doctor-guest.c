/* Steps: the agent, and what it says of its guest. */

#include "cli/doctor-private.h"

#define INSTALL                                                                                    \
        "in the guest: apt install guestops-agent\n"                                               \
        "in the guest: systemctl enable --now guestops-agent"
#define CONFIGURATION "in the guest: edit /etc/guestops/agent.conf, section [guestoperations]"

static const char *channel_state(const Facts *facts)
{
        return cli_text(json_object_get(facts->machine, "channel"), "state");
}

static bool is_ready(const Facts *facts)
{
        const char *state = channel_state(facts);

        return state && strcmp(state, "ready") == 0;
}

/* What libvirt says of it may be late; an agent that answers has it open. */
bool check_port(const Facts *facts, Verdict *verdict)
{
        const char *state = cli_text(doctor_channel(facts, "live"), "state");

        if (is_ready(facts) || !state || strcmp(state, "connected") == 0)
                return true;
        buf_puts(&verdict->detail, "the agent is not installed there, or does not run");
        buf_puts(&verdict->mend, INSTALL);
        return false;
}

bool check_agent(const Facts *facts, Verdict *verdict)
{
        const json_t *channel = json_object_get(facts->machine, "channel");
        const json_t *agent = json_object_get(facts->machine, "agent");
        const json_t *latency = json_object_get(agent, "latencyUsec");
        const char *os = cli_text(json_object_get(facts->machine, "guest"), "os");
        const char *why = cli_text(channel, "why");
        long long seconds = json_integer_value(json_object_get(channel, "seconds"));

        if (is_ready(facts)) {
                buf_putf(&verdict->detail, "version %s, %s", cli_text(agent, "version"),
                         os ? os : "of an unknown system");
                if (latency)
                        buf_putf(&verdict->detail, ", within %.1f ms",
                                 (double)json_integer_value(latency) / 1000);
                return true;
        }
        buf_putf(&verdict->detail, "%s, %lld s ago",
                 why ? why : "it has not answered since the channel was opened", seconds);
        buf_puts(&verdict->mend, agent ? "in the guest: systemctl restart guestops-agent\n"
                                         "in the guest: journalctl -u guestops-agent"
                                       : INSTALL);
        return false;
}

bool check_age(const Facts *facts, Verdict *verdict)
{
        const json_t *agent = json_object_get(facts->machine, "agent");

        if (cli_count(agent, "missing") == 0)
                return true;
        buf_putf(&verdict->detail, "version %s is too old for: ", cli_text(agent, "version"));
        cli_join(&verdict->detail, agent, "missing");
        buf_puts(&verdict->mend,
                 "in the guest: apt update && apt install --only-upgrade guestops-agent");
        return false;
}

/* Words of PROTOCOL.md, "Facts". */
static const struct {
        const char *word, *about, *mend;
} problems[] = {
        {"configuration-invalid", "the agent's configuration cannot be read",
         "in the guest: journalctl -u guestops-agent\n"
         "in the guest: edit /etc/guestops/agent.conf"},
        {"not-root", "the agent does not run as root, and can become nobody else",
         "in the guest: systemctl cat guestops-agent"},
        {"operations-disabled", "/etc/guestops/agent.conf disables all guest operations",
         CONFIGURATION ": disabled = false"},
        {"pam-service-missing", "there is no PAM service for the agent: nobody can log in",
         "in the guest: apt install --reinstall -o Dpkg::Options::=--force-confmiss "
         "guestops-agent"},
};

bool check_set_up(const Facts *facts, Verdict *verdict)
{
        const json_t *told = json_object_get(json_object_get(facts->machine, "guest"), "problems");
        const char *word = json_string_value(json_array_get(told, 0));

        if (!word)
                return true;
        for (size_t i = 0; i < ELEMENTS(problems); i++)
                if (strcmp(problems[i].word, word) == 0) {
                        buf_puts(&verdict->detail, problems[i].about);
                        buf_puts(&verdict->mend, problems[i].mend);
                        return false;
                }
        buf_putf(&verdict->detail, "the agent reports: %s", word);
        buf_puts(&verdict->mend, "in the guest: man guestops-agent");
        return false;
}

bool check_enabled(const Facts *facts, Verdict *verdict)
{
        const json_t *agent = json_object_get(facts->machine, "agent");

        if (cli_count(agent, "disabled") == 0)
                return true;
        buf_puts(&verdict->detail,
                 "/etc/guestops/agent.conf disabled, when the agent was greeted: ");
        cli_join(&verdict->detail, agent, "disabled");
        buf_puts(&verdict->mend, CONFIGURATION "\nin the guest: systemctl restart guestops-agent");
        return false;
}
