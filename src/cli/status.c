/* status: all machines in a table, or one with all that is known of it. */

#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>

typedef struct Options {
        const char *socket, *machine;
        bool json;
} Options;

static const char *or_dash(const char *text)
{
        return str_is_empty(text) ? "-" : text;
}

/* the table */

enum { COLUMNS = 5 };

typedef struct Row {
        const char *cells[COLUMNS];
} Row;

static const char *const heads[COLUMNS] = {"NAME", "POWER", "AGENT", "VERSION", "PROBLEM"};

static const char *agent_word(const json_t *machine)
{
        const char *state = cli_text(json_object_get(machine, "channel"), "state");

        return state && strcmp(state, "greeting") == 0 ? "silent" : state;
}

static Row make_row(const json_t *machine)
{
        return (Row){{
                or_dash(cli_text(machine, "name")),
                or_dash(cli_text(machine, "power")),
                or_dash(agent_word(machine)),
                or_dash(cli_text(json_object_get(machine, "agent"), "version")),
                or_dash(cli_machine_problem(machine)),
        }};
}

static int compare_rows(const void *a, const void *b)
{
        return strcmp(((const Row *)a)->cells[0], ((const Row *)b)->cells[0]);
}

/* In characters, as far as each takes one place. */
static size_t width_of(const char *text)
{
        size_t n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

static void put_row(const char *const cells[COLUMNS], const size_t widths[COLUMNS])
{
        for (size_t i = 0; i + 1 < COLUMNS; i++)
                cli_put("%s%*s", cells[i], (int)(widths[i] - width_of(cells[i])) + 2, "");
        cli_put("%s", cells[COLUMNS - 1]);
        (void)putchar('\n');
}

static int put_table(const json_t *machines)
{
        size_t n = json_array_size(machines);
        _cleanup_(freep) Row *rows = calloc(n + 1, sizeof(*rows));
        size_t widths[COLUMNS];

        if (!rows)
                return cli_complain("status", strerror(ENOMEM));
        for (size_t i = 0; i < n; i++)
                rows[i] = make_row(json_array_get(machines, i));
        qsort(rows, n, sizeof(*rows), compare_rows);
        for (size_t c = 0; c < COLUMNS; c++) {
                widths[c] = width_of(heads[c]);
                for (size_t i = 0; i < n; i++)
                        if (width_of(rows[i].cells[c]) > widths[c])
                                widths[c] = width_of(rows[i].cells[c]);
        }
        put_row(heads, widths);
        for (size_t i = 0; i < n; i++)
                put_row(rows[i].cells, widths);
        return EXIT_SUCCESS;
}

/* one machine */

static const struct {
        const char *label, *object, *member; /* object NULL: of the machine itself */
        const char *unit;                    /* of numbers */
} lines[] = {
        {"Name", NULL, "name", NULL},
        {"UUID", NULL, "uuid", NULL},
        {"Id", NULL, "moid", NULL},
        {"File", NULL, "file", NULL},
        {"Provider", NULL, "provider", NULL},
        {"URI", NULL, "uri", NULL},
        {"Source lost", NULL, "lost", NULL},
        {"Power", NULL, "power", NULL},
        {"Stopped", NULL, "reason", NULL},
        {"Busy with", NULL, "job", NULL},
        {"Channel", "channel", "state", NULL},
        {"since", "channel", "seconds", " s"},
        {"because", "channel", "why", NULL},
        {"socket", "channel", "path", NULL},
        {"vsock CID", "channel", "vsockCid", ""},
        {"vsock port", "channel", "vsockPort", ""},
        {"Agent", "agent", "version", NULL},
        {"protocol", "agent", "protocol", ""},
        {"latency", "agent", "latencyUsec", " us"},
        {"missing", "agent", "missing", NULL},
        {"unknown", "agent", "unknown", NULL},
        {"disabled", "agent", "disabled", NULL},
        {"Guest", "guest", "hostName", NULL},
        {"system", "guest", "os", NULL},
        {"addresses", "guest", "addresses", NULL},
        {"booted", "guest", "bootTime", NULL},
        {"user sessions", "guest", "userSessions", ""},
        {"problems", "guest", "problems", NULL},
        {"Requests", NULL, "requests", " in progress"},
        {"Transfers", NULL, "transfers", " open"},
};

static void put_machine(const json_t *machine)
{
        for (size_t i = 0; i < ELEMENTS(lines); i++) {
                _cleanup_(buf_done) Buf value = {0};
                const json_t *object =
                        lines[i].object ? json_object_get(machine, lines[i].object) : machine;
                const json_t *member = json_object_get(object, lines[i].member);

                if (json_is_string(member))
                        buf_puts(&value, json_string_value(member));
                else if (json_is_integer(member))
                        buf_putf(&value, "%lld%s", (long long)json_integer_value(member),
                                 lines[i].unit);
                else
                        cli_join(&value, object, lines[i].member);
                if (value.size == 0 || !buf_text(&value))
                        continue;
                cli_put("%s%-16s%s", lines[i].label[0] >= 'a' ? "  " : "", lines[i].label,
                        value.data);
                (void)putchar('\n');
        }
}

/* the command */

static int put_json(const json_t *value)
{
        /* ASCII: nothing in it is for a terminal. */
        if (json_dumpf(value, stdout, JSON_ENSURE_ASCII | JSON_INDENT(1)) < 0)
                return cli_complain("status", strerror(EIO));
        (void)putchar('\n');
        return EXIT_SUCCESS;
}

static int show(const Options *options, const json_t *status)
{
        const json_t *machines = json_object_get(status, "machines");
        size_t found = 0;

        if (!options->machine)
                return options->json ? put_json(status) : put_table(machines);
        for (size_t i = 0; i < json_array_size(machines); i++) {
                const json_t *machine = json_array_get(machines, i);

                if (!cli_machine_is(machine, options->machine))
                        continue;
                if (found++ > 0 && !options->json)
                        (void)putchar('\n');
                if (!options->json)
                        put_machine(machine);
                else if (put_json(machine) != EXIT_SUCCESS)
                        return CLI_WRONG;
        }
        return found > 0 ? EXIT_SUCCESS
                         : cli_complain(options->machine, "the service knows no such machine");
}

static int parse(int argc, char **argv, Options *ret)
{
        static const struct option words[] = {
                {"json", no_argument, NULL, 'j'},
                {"socket", required_argument, NULL, 's'},
                {0},
        };
        int c;

        while ((c = getopt_long(argc, argv, "js:", words, NULL)) >= 0) {
                if (c == 'j')
                        ret->json = true;
                else if (c == 's')
                        ret->socket = optarg;
                else
                        return -EINVAL;
        }
        if (optind + 1 < argc)
                return cli_complain(argv[optind + 1], "one machine is enough"), -EINVAL;
        ret->machine = argv[optind];
        return 0;
}

int command_status(int argc, char **argv)
{
        Options options = {.socket = STATUS_SOCKET};
        json_t *status = NULL;
        int r;

        if (parse(argc, argv, &options) < 0)
                return CLI_USAGE;
        r = cli_ask_status(options.socket, &status);
        if (r < 0)
                return cli_complain(options.socket, strerror(-r));
        r = show(&options, status);
        json_decref(status);
        return fflush(stdout) == 0 ? r : cli_complain("status", strerror(errno));
}
