#include "cli/cli.h"

bool cli_machine_is(const json_t *machine, const char *name)
{
        static const char *const members[] = {"name", "uuid", "moid"};

        for (size_t i = 0; i < ELEMENTS(members); i++) {
                const char *text = cli_text(machine, members[i]);

                if (text && strcmp(text, name) == 0)
                        return true;
        }
        return false;
}

static const char *channel_problem(const json_t *machine)
{
        const char *state = cli_text(json_object_get(machine, "channel"), "state");

        if (!state || strcmp(state, "ready") == 0)
                return NULL;
        return strcmp(state, "greeting") == 0 ? "no-agent" : "no-channel";
}

const char *cli_machine_problem(const json_t *machine)
{
        const json_t *agent = json_object_get(machine, "agent");
        const json_t *problems = json_object_get(json_object_get(machine, "guest"), "problems");
        const char *power = cli_text(machine, "power");

        if (cli_text(machine, "lost"))
                return "source-lost";
        if (cli_text(machine, "job"))
                return "busy";
        if (!power || strcmp(power, "poweredOn") != 0)
                return NULL;
        if (!json_is_true(json_object_get(machine, "runs")))
                return "stopped";
        if (channel_problem(machine))
                return channel_problem(machine);
        if (json_array_size(problems) > 0)
                return json_string_value(json_array_get(problems, 0));
        if (cli_count(agent, "missing") > 0)
                return "agent-old";
        return cli_count(agent, "disabled") > 0 ? "operations-disabled" : NULL;
}
