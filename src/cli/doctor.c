/* doctor: the command, and what it looks at. */

#include "cli/doctor.h"

#include <getopt.h>
#include <stdio.h>

#define AGENT_PORT  "org.guestops.agent.0"
#define ABOUT_CHARS 40

const json_t *doctor_channel(const Facts *facts, const char *place)
{
        const json_t *channels = json_object_get(json_object_get(facts->domain, place), "channels");

        for (size_t i = 0; i < json_array_size(channels); i++) {
                const json_t *channel = json_array_get(channels, i);
                const char *name = cli_text(channel, "name"), *target = cli_text(channel, "target");

                if (name && target && strcmp(name, AGENT_PORT) == 0 &&
                    strcmp(target, "virtio") == 0)
                        return channel;
        }
        return NULL;
}

const char *doctor_channel_path(const Facts *facts)
{
        const char *path = cli_text(doctor_channel(facts, "live"), "path");

        return path ? path : cli_text(json_object_get(facts->machine, "channel"), "path");
}

bool doctor_is_connected(const Facts *facts)
{
        const char *state = cli_text(json_object_get(facts->machine, "channel"), "state");

        return state && (strcmp(state, "greeting") == 0 || strcmp(state, "ready") == 0);
}

void doctor_put_word(Buf *out, const char *text)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "%+,-./:=@_";

        if (*text && strspn(text, plain) == strlen(text)) {
                buf_puts(out, text);
                return;
        }
        buf_putc(out, '\'');
        for (; *text; text++) {
                if (*text == '\'')
                        buf_puts(out, "'\\''");
                else
                        buf_putc(out, *text);
        }
        buf_putc(out, '\'');
}

/* looking */

/* By @uri, where it is set: another connection's machine of that name is not meant. */
static void find_machine(Facts *facts, const char *name)
{
        const json_t *machines = json_object_get(facts->status, "machines");

        facts->machine = NULL;
        facts->n_called_so = 0;
        for (size_t i = 0; i < json_array_size(machines); i++) {
                const json_t *machine = json_array_get(machines, i);
                const char *uri = cli_text(machine, "uri");

                if (!cli_machine_is(machine, name) ||
                    (facts->uri && (!uri || strcmp(uri, facts->uri) != 0)))
                        continue;
                facts->machine = machine;
                facts->n_called_so++;
        }
}

/* A domain is known by its UUID: names may differ, and one of them be hidden by another's. */
static void find_by_uuid(Facts *facts)
{
        const json_t *machines = json_object_get(facts->status, "machines");
        const char *uuid = cli_text(facts->domain, "uuid");

        for (size_t i = 0; uuid && i < json_array_size(machines); i++) {
                const char *other = cli_text(json_array_get(machines, i), "uuid");

                if (other && strcmp(other, uuid) == 0)
                        facts->machine = json_array_get(machines, i);
        }
}

static void ask_libvirt(Facts *facts)
{
        const char *uri = facts->uri ? facts->uri : cli_text(facts->machine, "uri");
        const char *uuid = cli_text(facts->machine, "uuid");
        const char *const argv[] = {"guestops-libvirt", "describe", uuid ? uuid : facts->name, uri,
                                    NULL};

        facts->domain_error = cli_ask_helper(argv, &facts->domain, &facts->domain_said);
        if (facts->domain && !facts->machine)
                find_by_uuid(facts);
}

int doctor_gather(Facts *facts)
{
        const char *provider, *path;

        facts->status_error = cli_ask_status(facts->socket, &facts->status);
        if (facts->status_error < 0)
                return 0;
        find_machine(facts, facts->name);
        if (facts->n_called_so > 1)
                return 0;
        provider = cli_text(facts->machine, "provider");
        facts->by_libvirt = !provider || strcmp(provider, "libvirt") == 0;
        if (facts->by_libvirt)
                ask_libvirt(facts);
        path = doctor_channel_path(facts);
        if (!path)
                return 0;
        return doctor_look(path, (uid_t)json_integer_value(json_object_get(facts->status, "uid")),
                           (gid_t)json_integer_value(json_object_get(facts->status, "gid")),
                           json_object_get(facts->status, "groups"), &facts->look);
}

void doctor_done(Facts *facts)
{
        json_decref(facts->status);
        json_decref(facts->domain);
        free(facts->domain_said);
        doctor_look_done(&facts->look);
}

/* walking */

/* Each line of it by itself. */
static void put_mend(Buf *mend)
{
        char *text = buf_text(mend) ? mend->data : NULL;
        char *line;

        while ((line = strsep(&text, "\n"))) {
                cli_put("      %s", line);
                (void)putchar('\n');
        }
}

static bool take_step(const Step *step, const Facts *facts)
{
        Verdict verdict = {0};
        bool ok = step->check(facts, &verdict);
        const char *detail = buf_text(&verdict.detail);

        cli_put("%-6s%-*s%s", ok ? "ok" : "FAIL", detail && *detail ? ABOUT_CHARS : 0, step->about,
                detail ? detail : "");
        (void)putchar('\n');
        if (!ok)
                put_mend(&verdict.mend);
        buf_done(&verdict.detail);
        buf_done(&verdict.mend);
        return ok;
}

int doctor_walk(const Facts *facts)
{
        for (size_t i = 0; i < n_doctor_steps; i++)
                if ((!doctor_steps[i].applies || doctor_steps[i].applies(facts)) &&
                    !take_step(&doctor_steps[i], facts))
                        return CLI_WRONG;
        return EXIT_SUCCESS;
}

static int parse(int argc, char **argv, Facts *ret)
{
        static const struct option words[] = {
                {"connect", required_argument, NULL, 'c'},
                {"socket", required_argument, NULL, 's'},
                {0},
        };
        int c;

        while ((c = getopt_long(argc, argv, "c:s:", words, NULL)) >= 0) {
                if (c == 'c')
                        ret->uri = optarg;
                else if (c == 's')
                        ret->socket = optarg;
                else
                        return -EINVAL;
        }
        if (optind != argc - 1)
                return cli_complain(argv[0], "it takes one DOMAIN"), -EINVAL;
        ret->name = argv[optind];
        return 0;
}

int command_doctor(int argc, char **argv)
{
        _cleanup_(doctor_done) Facts facts = {.socket = STATUS_SOCKET};
        int r;

        if (parse(argc, argv, &facts) < 0)
                return CLI_USAGE;
        r = doctor_gather(&facts);
        if (r < 0)
                return cli_complain(argv[0], strerror(-r));
        return doctor_walk(&facts);
}
