/* guestops-agent(8): read the configuration, make one agent, run it. */

#include "agent/agent.h"
#include "agent/login-helper.h"
#include "base/limits.h"
#include "base/log.h"
#include "channel/link.h"

#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#define CONFIG_PATH "/etc/guestops/agent.conf"

/* Larger blocks lie by themselves: what they do not use takes no memory, and they go at once. */
#define MAPPED_BYTES_MIN (48 << 10)

typedef struct Options {
        const char *config, *port, *listen;
        size_t vsock; /* 0: not given */
        LogLevel level;
} Options;

static void usage(FILE *to)
{
        (void)fputs(
                "Usage: guestops-agent [OPTION...]\n"
                "Carries out vSphere guest operations in this guest, for the host's guestopsd.\n"
                "\n"
                "  -c, --config=FILE      configuration (" CONFIG_PATH ")\n"
                "  -p, --port=NAME        virtio-serial port (" AGENT_PORT_NAME ")\n"
                "  -l, --listen=SOCKET    listen on a UNIX socket instead of a port\n"
                "      --vsock[=PORT]     listen on vsock instead of a port (869)\n"
                "      --log-level=LEVEL  error, warning, info or debug (info)\n"
                "  -h, --help             this text\n"
                "  -V, --version          the version\n",
                to);
}

/* @text NULL: the usual one */
static int parse_vsock(const char *text, size_t *ret)
{
        char *end = NULL;
        unsigned long port = text ? strtoul(text, &end, 10) : CHANNEL_VSOCK_PORT;

        if (port == 0 || port > 1023 || (text && (*end || *text < '0' || *text > '9')))
                return -EINVAL;
        *ret = port;
        return 0;
}

/* Return: 1 to go on, 0 where all has been said, or -EINVAL. */
static int parse_options(int argc, char **argv, Options *ret)
{
        enum { OPTION_LOG_LEVEL = 256, OPTION_VSOCK };
        static const struct option options[] = {
                {"config", required_argument, NULL, 'c'},
                {"port", required_argument, NULL, 'p'},
                {"listen", required_argument, NULL, 'l'},
                {"vsock", optional_argument, NULL, OPTION_VSOCK},
                {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'V'},
                {0},
        };
        int c;

        while ((c = getopt_long(argc, argv, "c:p:l:hV", options, NULL)) >= 0) {
                switch (c) {
                case 'c':
                        ret->config = optarg;
                        break;
                case 'p':
                        ret->port = optarg;
                        break;
                case 'l':
                        ret->listen = optarg;
                        break;
                case OPTION_VSOCK:
                        if (parse_vsock(optarg, &ret->vsock) < 0) {
                                (void)fprintf(stderr,
                                              "guestops-agent: '%s' is no port below 1024\n",
                                              optarg);
                                return -EINVAL;
                        }
                        break;
                case OPTION_LOG_LEVEL:
                        if (log_level_parse(optarg, &ret->level) < 0) {
                                (void)fprintf(stderr, "guestops-agent: '%s' is no log level\n",
                                              optarg);
                                return -EINVAL;
                        }
                        break;
                case 'h':
                        usage(stdout);
                        return 0;
                case 'V':
                        (void)puts("guestops-agent " GUESTOPS_VERSION);
                        return 0;
                default:
                        usage(stderr);
                        return -EINVAL;
                }
        }
        if (optind < argc) {
                (void)fprintf(stderr, "guestops-agent: '%s' is not understood\n", argv[optind]);
                return -EINVAL;
        }
        return 1;
}

static int override(char **at, const char *value)
{
        if (!value)
                return 0;
        free(*at);
        *at = strdup(value);
        return *at ? 0 : -ENOMEM;
}

/* The agent's working directory is "/", whatever it was when the paths were given. */
static int make_absolute(char **path)
{
        _cleanup_(freep) char *directory = NULL;
        char *absolute;

        if (!*path || **path == '/')
                return 0;
        directory = getcwd(NULL, 0);
        if (!directory)
                return -errno;
        if (asprintf(&absolute, "%s/%s", directory, *path) < 0)
                return -ENOMEM;
        free(*path);
        *path = absolute;
        return 0;
}

static int make_config(const Options *options, const char *path, AgentConfig **ret)
{
        _cleanup_(agent_config_freep) AgentConfig *config = NULL;
        int r;

        r = agent_config_load(path, options->config, &config);
        if (r >= 0)
                r = override(&config->port, options->port);
        if (r >= 0)
                r = override(&config->listen, options->listen);
        if (r >= 0)
                r = make_absolute(&config->listen);
        if (options->vsock != 0 && config)
                config->vsock = options->vsock;
        if (r >= 0)
                *ret = moved(config);
        return r;
}

static int on_signal(void *user, int signo, Usec now)
{
        (void)now;
        log_info("signal %d: the agent ends; what it started goes on", signo);
        loop_quit(user);
        return 0;
}

/* Whoever starts us without them must not have a pipe of ours take their place. */
static int open_standard_descriptors(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd < 0)
                return -errno;
        fd_close(fd);
        return 0;
}

static int run(const Options *options)
{
        static const int signals[] = {SIGINT, SIGTERM};
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(agent_freep) Agent *agent = NULL;
        _cleanup_(freep) char *path = strdup(options->config ? options->config : CONFIG_PATH);
        AgentConfig *config = NULL;
        int r;

        r = open_standard_descriptors();
        if (r >= 0)
                r = path ? make_absolute(&path) : -ENOMEM;
        if (r < 0)
                return r;
        (void)signal(SIGPIPE, SIG_IGN);
        (void)mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
        (void)prctl(PR_SET_DUMPABLE, 0); /* passwords pass through here: no core, no debugger */
        limits_raise_descriptors();
        r = make_config(options, path, &config);
        if (r < 0)
                return r;
        r = loop_new(&loop);
        if (r >= 0)
                r = loop_on_signals(loop, signals, ELEMENTS(signals), on_signal, loop);
        if (r < 0) {
                agent_config_free(config);
                return r;
        }
        r = agent_new(loop, config, path, &agent);
        if (r < 0)
                return r;
        if (chdir("/") < 0)
                return -errno;
        log_info("guestops-agent " GUESTOPS_VERSION " runs");
        return loop_run(loop);
}

int main(int argc, char **argv)
{
        Options options = {.level = LOG_LEVEL_INFO};
        int r;

        log_open("guestops-agent", options.level);
        if (argc == 2 && strcmp(argv[0], LOGIN_HELPER_NAME) == 0)
                return login_helper_main(argv[1]);
        r = parse_options(argc, argv, &options);
        if (r <= 0)
                return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        log_open("guestops-agent", options.level);
        r = run(&options);
        if (r < 0)
                log_error("ends: %s", strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
