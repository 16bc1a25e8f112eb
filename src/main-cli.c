/* guestops(1): what an administrator does with guest operations on this host. */

#include "base/base.h"

#include <stdio.h>

typedef struct Command {
        const char *name, *arguments, *about;
        int (*run)(int argc, char **argv); /* argv[0] is the command; returns an exit status */
} Command;

static const Command commands[] = {
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
        return EXIT_FAILURE;
}
