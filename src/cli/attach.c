/* attach and detach are guestops-libvirt's: its options are theirs, and so is what it says. */

#include "cli/cli.h"

int command_attach(int argc, char **argv)
{
        _cleanup_(freep) char **words = calloc((size_t)argc + 2, sizeof(*words));

        if (!words)
                return cli_complain(argv[0], strerror(ENOMEM));
        words[0] = (char *)"guestops";
        memcpy(words + 1, argv, (size_t)argc * sizeof(*argv));
        return cli_become_helper(words);
}

int command_detach(int argc, char **argv)
{
        return command_attach(argc, argv);
}
