/*
 * The process behind provider "libvirt": guestops-libvirt, which may crash or hang and is then
 * replaced. Of the daemon it has its end of a socketpair, and standard error.
 */

#include "base/log.h"
#include "base/program.h"
#include "inventory/libvirt-private.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PROGRAM        "guestops-libvirt"
#define RETRY_FIRST    USEC_PER_SEC /* then twice as long each time, up to: */
#define RETRY_LAST     (60 * USEC_PER_SEC)
#define PING_USEC      (5 * USEC_PER_SEC)
#define PONGS_LATE_MAX 3

int libvirt_child_start(const VmConfig *config, int fd, pid_t *ret)
{
        _cleanup_(freep) char *path = NULL;
        char *argv[] = {(char *)PROGRAM, (char *)"serve", config->uri, NULL};
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none, all;
        int r;

        r = program_find(PROGRAM, &path);
        if (r < 0)
                return r;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
        posix_spawnattr_init(&attributes);
        /* A session of its own: what it starts, such as ssh, may not ask at our terminal. */
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETSID);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        r = -posix_spawn(ret, path, &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* its end */

static void retry_later(Provider *provider, Usec now)
{
        (void)loop_timer_set(provider->loop, &provider->retry, now + provider->retry_wait);
        provider->retry_wait *= 2;
        if (provider->retry_wait > RETRY_LAST)
                provider->retry_wait = RETRY_LAST;
}

static void lose_child(Provider *provider, const char *why, Usec now)
{
        loop_timer_clear(&provider->ping);
        packets_close(&provider->packets);
        if (provider->child.pid > 0)
                (void)kill(provider->child.pid, SIGKILL);
        libvirt_lose(provider, why, now);
        libvirt_forget_requests(provider, why, now);
        retry_later(provider, now);
}

static int on_exit_of_child(LoopChild *child, int status, Usec now)
{
        Provider *provider = container_of(child, Provider, child);

        (void)now;
        child->pid = 0;
        if (WIFSIGNALED(status))
                log_warning("%s: " PROGRAM " was ended by signal %d", provider->config->path,
                            WTERMSIG(status));
        else
                log_warning("%s: " PROGRAM " has ended with %d", provider->config->path,
                            WEXITSTATUS(status));
        return 0;
}

static void on_end(Packets *packets, const char *why, Usec now)
{
        Provider *provider = container_of(packets, Provider, packets);
        char text[128];

        (void)snprintf(text, sizeof(text), PROGRAM ": %s", why);
        lose_child(provider, text, now);
}

static void on_packet(Packets *packets, const char *text, size_t size, int fd, Usec now)
{
        libvirt_take(container_of(packets, Provider, packets), text, size, fd, now);
}

/* Its threads may hang in libvirt; it itself may not. */
static int on_ping(LoopTimer *timer, Usec now)
{
        Provider *provider = container_of(timer, Provider, ping);
        char text[64];
        int n;

        if (provider->pings - provider->pongs >= PONGS_LATE_MAX) {
                lose_child(provider, PROGRAM " hangs", now);
                return 0;
        }
        n = snprintf(text, sizeof(text), "{\"ping\":%u}", ++provider->pings);
        packets_send(&provider->packets, text, (size_t)n, -1);
        return loop_timer_set(provider->loop, &provider->ping, now + PING_USEC);
}

void libvirt_child_pong(Provider *provider, uint32_t number)
{
        provider->pongs = number;
        provider->retry_wait = RETRY_FIRST;
}

/* its beginning */

static int start(Provider *provider)
{
        int ends[2];
        pid_t pid = 0;
        int r;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        r = provider->start(provider->config, ends[1], &pid);
        fd_close(ends[1]);
        if (r < 0) {
                fd_close(ends[0]);
                return r;
        }
        provider->child.pid = pid;
        r = packets_open(&provider->packets, provider->loop, ends[0]);
        if (r >= 0 && pid > 0)
                r = loop_add_child(provider->loop, &provider->child);
        if (r < 0 && pid > 0) { /* nobody would be told of its end */
                packets_close(&provider->packets);
                (void)kill(pid, SIGKILL);
                (void)waitpid(pid, NULL, 0);
                provider->child.pid = 0;
        }
        return r;
}

static int begin(Provider *provider, Usec now)
{
        char why[128];
        int r;

        if (provider->child.pid > 0) { /* killed, and not gone yet */
                retry_later(provider, now);
                return 0;
        }
        r = start(provider);
        if (r >= 0) {
                provider->pings = provider->pongs = 0;
                return loop_timer_set(provider->loop, &provider->ping, now + PING_USEC);
        }
        if (r == -ENOENT)
                (void)snprintf(why, sizeof(why),
                               "it takes the program " PROGRAM
                               ", which is not installed (package " PROGRAM ")");
        else
                (void)snprintf(why, sizeof(why), PROGRAM ": %s", strerror(-r));
        libvirt_lose(provider, why, now);
        retry_later(provider, now);
        return 0;
}

static int on_retry(LoopTimer *timer, Usec now)
{
        return begin(container_of(timer, Provider, retry), now);
}

int libvirt_child_begin(Provider *provider, Usec now)
{
        provider->retry_wait = RETRY_FIRST;
        provider->retry.on_due = on_retry;
        provider->ping.on_due = on_ping;
        provider->child.on_exit = on_exit_of_child;
        provider->packets.io.fd = -1;
        provider->packets.on_packet = on_packet;
        provider->packets.on_end = on_end;
        return begin(provider, now);
}

void libvirt_child_end(Provider *provider)
{
        loop_timer_clear(&provider->retry);
        loop_timer_clear(&provider->ping);
        packets_close(&provider->packets);
        if (provider->child.pid <= 0)
                return;
        loop_child_remove(&provider->child);
        (void)kill(provider->child.pid, SIGKILL); /* no wait for what may hang in it */
        (void)waitpid(provider->child.pid, NULL, 0);
}
