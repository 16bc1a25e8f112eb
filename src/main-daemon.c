/* guestopsd(8): read the configuration, make one daemon, run it. */

#include "api/daemon.h"

#include <getopt.h>
#include <stdio.h>

#define CONFIG_PATH "/etc/guestops/guestopsd.conf"

static void usage(FILE *to)
{
        (void)fputs(
                "Usage: guestopsd [OPTION...]\n"
                "Serves vSphere guest operations for the virtual machines of this host.\n"
                "\n"
                "  -c, --config=FILE      configuration (" CONFIG_PATH ")\n"
                "      --log-level=LEVEL  error, warning, info or debug, whatever the file says\n"
                "  -h, --help             this text\n"
                "  -V, --version          the version\n",
                to);
}

/* Return: 1 to go on, 0 where all has been said, or -EINVAL. */
static int parse_options(int argc, char **argv, DaemonOptions *ret)
{
        enum { OPTION_LOG_LEVEL = 256 };
        static const struct option options[] = {
                {"config", required_argument, NULL, 'c'},
                {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'V'},
                {0},
        };
        int c;

        while ((c = getopt_long(argc, argv, "c:hV", options, NULL)) >= 0) {
                switch (c) {
                case 'c':
                        ret->config = optarg;
                        ret->config_required = true;
                        break;
                case OPTION_LOG_LEVEL:
                        if (log_level_parse(optarg, &ret->level) < 0) {
                                (void)fprintf(stderr, "guestopsd: '%s' is no log level\n", optarg);
                                return -EINVAL;
                        }
                        ret->level_given = true;
                        break;
                case 'h':
                        usage(stdout);
                        return 0;
                case 'V':
                        (void)puts("guestopsd " GUESTOPS_VERSION);
                        return 0;
                default:
                        usage(stderr);
                        return -EINVAL;
                }
        }
        if (optind < argc) {
                (void)fprintf(stderr, "guestopsd: '%s' is not understood\n", argv[optind]);
                return -EINVAL;
        }
        return 1;
}

int main(int argc, char **argv)
{
        DaemonOptions options = {.config = CONFIG_PATH, .level = LOG_LEVEL_INFO};
        _cleanup_(daemon_freep) Daemon *daemon = NULL;
        int r;

        log_open("guestopsd", options.level);
        r = parse_options(argc, argv, &options);
        if (r <= 0)
                return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        r = daemon_new(&options, &daemon);
        if (r >= 0)
                r = daemon_run(daemon);
        if (r < 0)
                log_error("ends: %s", strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
