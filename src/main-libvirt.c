/*
 * guestops-libvirt: the one program that speaks with libvirt. A child of guestopsd(8), one for each
 * connection, or of guestops(1).
 */

#include "libvirt/commands.h"

#include "base/base.h"

#include <libvirt/libvirt.h>
#include <stdio.h>

typedef struct Command {
        const char *name, *arguments;
        int (*run)(int argc, char **argv); /* argv[0] is the command; returns an exit status */
} Command;

static const Command commands[] = {
        {"attach", "[-c URI] [--vsock[=CID]] [--port NAME] DOMAIN", command_attach},
        {"describe", "DOMAIN [URI]", command_describe},
        {"detach", "[-c URI] [--vsock] [--port NAME] DOMAIN", command_detach},
        {"serve", "URI   tells guestopsd of the machines there", command_serve},
        {0},
};

static void usage(FILE *to)
{
        (void)fputs("Usage: guestops-libvirt COMMAND [ARGUMENT...]\n"
                    "Speaks with libvirt for guestopsd and guestops, and is started by them.\n"
                    "\n",
                    to);
        for (const Command *command = commands; command->name; command++)
                (void)fprintf(to, "  %s %s\n", command->name, command->arguments);
        (void)fputs("  -h, --help     this text\n"
                    "  -V, --version  the version, and libvirt's\n",
                    to);
}

static int print_version(void)
{
        unsigned long version = 0;

        (void)virGetVersion(&version, NULL, NULL);
        (void)printf("guestops-libvirt " GUESTOPS_VERSION ", libvirt %lu.%lu.%lu\n",
                     version / 1000000, version / 1000 % 1000, version % 1000);
        return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
        const char *word = argc > 1 ? argv[1] : "";

        if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
                usage(stdout);
                return EXIT_SUCCESS;
        }
        if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
                return print_version();
        for (const Command *command = commands; command->name; command++)
                if (strcmp(command->name, word) == 0)
                        return command->run(argc - 1, argv + 1);
        usage(stderr);
        return EXIT_FAILURE;
}
