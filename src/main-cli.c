/* guestops(1): what an administrator does with guest operations on this host. */

#include "cli/cli.h"

#include <stdio.h>

typedef struct Command {
        const char *name, *arguments, *about;
        int (*run)(int argc, char **argv); /* argv[0] is the command; returns an exit status */
} Command;

static const Command commands[] = {
        {"attach", "[-c URI] [--vsock[=CID]] [--port NAME] DOMAIN",
         "gives a domain of libvirt the agent's channel", command_attach},
        {"detach", "[-c URI] [--vsock] [--port NAME] DOMAIN", "takes it away again",
         command_detach},
        {"doctor", "[-c URI] [--socket PATH] DOMAIN",
         "says what keeps guest operations of a machine from working, and what mends it",
         command_doctor},
        {"status", "[--json] [--socket PATH] [MACHINE]", "shows the service's machines",
         command_status},
        {0},
};

static void usage(FILE *to)
{
        (void)fputs("Usage: guestops COMMAND [ARGUMENT...]\n"
                    "Sets up and looks at guest operations of this host's machines.\n"
                    "\n",
                    to);
        for (const Command *command = commands; command->name; command++)
                (void)fprintf(to, "  %s %s\n\t%s\n", command->name, command->arguments,
                              command->about);
        (void)fputs("  -h, --help     this text\n"
                    "  -V, --version  the version\n",
                    to);
}

int main(int argc, char **argv)
{
        const char *word = argc > 1 ? argv[1] : "";

        if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
                usage(stdout);
                return EXIT_SUCCESS;
        }
        if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
                (void)puts("guestops " GUESTOPS_VERSION);
                return EXIT_SUCCESS;
        }
        for (const Command *command = commands; command->name; command++)
                if (strcmp(command->name, word) == 0)
                        return command->run(argc - 1, argv + 1);
        usage(stderr);
        return CLI_USAGE;
}
