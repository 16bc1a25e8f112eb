/* guestops-libvirt, which has what speaks with libvirt: becoming it, or asking it. */

#include "cli/cli.h"

#include "base/clock.h"
#include "base/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#define PROGRAM       "guestops-libvirt"
#define OUT_MAX       ((size_t)16 << 20)
#define SAID_MAX      ((size_t)1 << 20)
#define READ_BYTES    ((size_t)16 << 10)
#define PATIENCE_USEC (10 * USEC_PER_SEC)

int cli_become_helper(char **argv)
{
        _cleanup_(freep) char *path = NULL;
        int r = program_find(PROGRAM, &path);

        if (r == -ENOENT)
                return cli_complain(PROGRAM, "it is not installed; it has a package of its own");
        if (r >= 0)
                (void)execv(path, argv);
        return cli_complain(PROGRAM, strerror(r < 0 ? -r : errno));
}

static int start(const char *path, const char *const *argv, const int fds[2], pid_t *ret)
{
        posix_spawn_file_actions_t actions;
        int r;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, fds[0], STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
        r = -posix_spawn(ret, path, &actions, NULL, (char *const *)argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* Return: 1, 0 at the end of the stream, or a negative errno. */
static int read_more(int fd, Buf *into)
{
        size_t before = into->size;
        char *at = buf_grow(into, READ_BYTES);
        ssize_t n;

        if (!at)
                return buf_error(into);
        n = read(fd, at, READ_BYTES);
        into->size = before + (n > 0 ? (size_t)n : 0);
        return n < 0 ? -errno : n > 0;
}

/* Reads both until their ends. */
static int read_both(const int fds[2], Buf *bufs[2])
{
        struct pollfd polls[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
        Usec end = clock_boottime() + PATIENCE_USEC;

        while (polls[0].fd >= 0 || polls[1].fd >= 0) {
                Usec now = clock_boottime();
                int r = now < end ? poll(polls, 2, (int)((end - now) / USEC_PER_MSEC) + 1) : 0;

                if (r == 0)
                        return -ETIMEDOUT;
                if (r < 0 && errno != EINTR)
                        return -errno;
                for (size_t i = 0; r > 0 && i < ELEMENTS(polls); i++) {
                        int more = polls[i].revents ? read_more(polls[i].fd, bufs[i]) : 1;

                        if (more < 0)
                                return more;
                        if (more == 0)
                                polls[i].fd = -1;
                }
        }
        return 0;
}

static int run(const char *path, const char *const *argv, Buf *bufs[2])
{
        int out[2] = {-1, -1}, said[2] = {-1, -1};
        int status = 0;
        pid_t pid = 0;
        int r;

        if (pipe2(out, O_CLOEXEC) < 0 || pipe2(said, O_CLOEXEC) < 0)
                r = -errno;
        else
                r = start(path, argv, (int[2]){out[1], said[1]}, &pid);
        fd_close(out[1]);
        fd_close(said[1]);
        if (r >= 0) {
                r = read_both((int[2]){out[0], said[0]}, bufs);
                if (r < 0)
                        (void)kill(pid, SIGKILL);
                (void)waitpid(pid, &status, 0);
        }
        fd_close(out[0]);
        fd_close(said[0]);
        return r < 0 || status == 0 ? r : -EIO;
}

int cli_ask_helper(const char *const *argv, json_t **ret, char **ret_said)
{
        _cleanup_(freep) char *path = NULL;
        _cleanup_(buf_done) Buf out = {.max = OUT_MAX}, said = {.max = SAID_MAX};
        int r;

        *ret_said = NULL;
        r = program_find(PROGRAM, &path);
        if (r >= 0)
                r = run(path, argv, (Buf *[2]){&out, &said});
        if (buf_text(&said))
                *ret_said = moved(said.data);
        if (r < 0)
                return r;
        *ret = json_loadb(out.data, out.size, 0, NULL);
        return json_is_object(*ret) ? 0 : -EIO;
}
