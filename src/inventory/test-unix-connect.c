/* Sockets that somebody else may have put there, and what is heard before it is accepted. */

#include "inventory/unix-connect.h"

#include "base/test-file.h"
#include "base/test.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define ALICE   ((uid_t)54321)
#define MALLORY ((uid_t)54322)

static int listen_in(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 1) < 0)
                abort();
        return fd;
}

static void test_kinds(void)
{
        static const struct {
                const char *about, *name;
                int r;
                const char *why; /* how it goes on after the path */
        } rows[] = {
                {"a socket", "socket", 0, ""},
                {"a link to it", "link", -ELOOP, ": it is a symbolic link, and not followed"},
                {"a link to nothing", "dead", -ELOOP, ": it is a symbolic link, and not followed"},
                {"a file", "file", -ENOTSOCK, ": it is no socket"},
                {"a directory", ".", -ENOTSOCK, ": it is no socket"},
                {"nothing", "nothing", -ENOENT, ": No such file or directory"},
                {"below a file", "file/socket", -ENOTDIR, ": Not a directory"},
                {"by a link to the directory", "to/socket", 0, ""},
        };
        _cleanup_(fd_closep) int listener = listen_in(test_path("socket"));

        test_write("file", "");
        if (symlink("socket", test_path("link")) < 0 || symlink("gone", test_path("dead")) < 0 ||
            symlink(test_directory, test_path("to")) < 0)
                abort();
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(fd_closep) int fd = -1;
                const char *path = test_path(rows[i].name);
                char why[UNIX_WHY_MAX];

                EXPECT_INT(rows[i].about, unix_connect(path, why, &fd), rows[i].r);
                EXPECT_INT(rows[i].about, fd >= 0, rows[i].r == 0);
                if (fd < 0)
                        EXPECT_STR(rows[i].about, why + strlen(path), rows[i].why);
                else
                        EXPECT(rows[i].about,
                               fcntl(fd, F_GETFL) & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC);
                fd = fd_close(fd);
                if (rows[i].r == 0)
                        (void)close(accept(listener, NULL, NULL));
        }
        (void)unlink(test_path("socket"));
        (void)unlink(test_path("to"));
}

static void test_nobody_listens(void)
{
        char why[UNIX_WHY_MAX];
        int fd = -1;

        (void)close(listen_in(test_path("left")));
        EXPECT_INT("left behind", unix_connect(test_path("left"), why, &fd), -ECONNREFUSED);
        EXPECT_INT("nothing is open", fd, -1);
}

/* More than sun_path holds: what is above the socket's own directory does not count. */
static void test_long_path(void)
{
        char deep[300], path[310], why[UNIX_WHY_MAX];
        _cleanup_(fd_closep) int listener = -1, fd = -1;

        (void)snprintf(deep, sizeof(deep), "%s/%0150d", test_directory, 7);
        (void)snprintf(path, sizeof(path), "%s/s", deep);
        if (mkdir(deep, 0700) < 0 || chdir(deep) < 0)
                abort();
        listener = listen_in("s");
        EXPECT("a long path", listener >= 0);
        EXPECT_INT("a long path", unix_connect(path, why, &fd), 0);
        if (chdir("/") < 0)
                abort();
}

/* @path/outer/inner/socket, with owners and modes; the rest above is root's. */
static void test_owners(void)
{
        static const struct {
                const char *about;
                uid_t socket, inner;
                mode_t inner_mode;
                uid_t outer;
                mode_t outer_mode;
                const char *blamed; /* of the directories; NULL: it is connected to */
        } rows[] = {
                {"root's", 0, 0, 0755, 0, 0755, NULL},
                {"root's, wherever it is", 0, MALLORY, 0777, MALLORY, 0777, NULL},
                {"libvirt's way: both are QEMU's", ALICE, ALICE, 0755, 0, 0755, NULL},
                {"in a directory of root's", ALICE, 0, 0755, 0, 0755, NULL},
                {"all is below QEMU's home", ALICE, ALICE, 0700, ALICE, 0755, NULL},
                {"root's below a directory for all", ALICE, 0, 0755, 0, 01777, NULL},
                {"in a directory for all", ALICE, 0, 01777, 0, 0755, "inner"},
                {"a directory for all, not sticky", ALICE, 0, 0777, 0, 0755, "inner"},
                {"in a directory for a group", ALICE, 0, 0770, 0, 0755, "inner"},
                {"in its own directory, for all", ALICE, ALICE, 0777, 0, 0755, "inner"},
                {"in a stranger's directory", ALICE, MALLORY, 0755, 0, 0755, "inner"},
                {"its directory may be a stranger's", ALICE, ALICE, 0755, 0, 01777, "outer"},
                {"its directory is in a stranger's", ALICE, ALICE, 0755, MALLORY, 0755, "outer"},
                {"its directory can be replaced", ALICE, 0, 0755, 0, 0777, "outer"},
        };

        if (geteuid() != 0) {
                (void)fprintf(stderr, "not root: owners are not tested\n");
                return;
        }
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(fd_closep) int listener = -1, fd = -1;
                char outer[100], inner[120], path[140], why[UNIX_WHY_MAX], reason[UNIX_WHY_MAX];
                const char *blamed = rows[i].blamed;

                (void)snprintf(outer, sizeof(outer), "%s/outer%zu", test_directory, i);
                (void)snprintf(inner, sizeof(inner), "%s/inner", outer);
                (void)snprintf(path, sizeof(path), "%s/socket", inner);
                if (mkdir(outer, 0700) < 0 || mkdir(inner, 0700) < 0)
                        abort();
                listener = listen_in(path);
                EXPECT(rows[i].about, listener >= 0);
                if (chown(path, rows[i].socket, 0) < 0 || chown(inner, rows[i].inner, 0) < 0 ||
                    chmod(inner, rows[i].inner_mode) < 0 || chown(outer, rows[i].outer, 0) < 0 ||
                    chmod(outer, rows[i].outer_mode) < 0)
                        abort();
                EXPECT_INT(rows[i].about, unix_connect(path, why, &fd), blamed ? -EPERM : 0);
                if (!blamed)
                        continue;
                (void)snprintf(reason, sizeof(reason),
                               "%s: it belongs to user 54321, and others can write to %s: anybody "
                               "may have put it there",
                               path, strcmp(blamed, "inner") == 0 ? inner : outer);
                EXPECT_STR(rows[i].about, why, reason);
        }
}

static void test_accepted(void)
{
        _cleanup_(fd_closep) int listener = listen_in(test_path("one")), first = -1, second = -1,
                                 served = -1;
        char why[UNIX_WHY_MAX];

        EXPECT_INT("first", unix_connect(test_path("one"), why, &first), 0);
        if (unix_is_accepted(first, 1) == -ENOENT) {
                (void)fprintf(stderr, "no unix_diag: what is accepted is not tested\n");
                return;
        }
        EXPECT_INT("waits", unix_is_accepted(first, 1), 0);
        served = accept(listener, NULL, NULL);
        EXPECT("accepted", served >= 0);
        EXPECT_INT("accepted", unix_is_accepted(first, 1), 1);
        EXPECT_INT("second", unix_connect(test_path("one"), why, &second), 0);
        EXPECT_INT("waits", unix_is_accepted(second, 1), 0);
        EXPECT_INT("still", unix_is_accepted(first, 1), 1);
        fd_close(served);
        EXPECT_INT("waits, though the first has left", unix_is_accepted(second, 1), 0);
        served = accept(listener, NULL, NULL);
        EXPECT("second is accepted", served >= 0);
        EXPECT_INT("second is accepted", unix_is_accepted(second, 1), 1);
        EXPECT("no socket", unix_is_accepted(STDERR_FILENO, 1) < 0);
}

/* So many ask in one turn of the loop that most are answered from a list. */
static void test_many_ask(void)
{
        _cleanup_(fd_closep) int listener = listen_in(test_path("crowd"));
        int fds[100], served[50];
        char why[UNIX_WHY_MAX];

        if (listen(listener, ELEMENTS(fds)) < 0)
                abort();
        for (size_t i = 0; i < ELEMENTS(fds); i++)
                if (unix_connect(test_path("crowd"), why, &fds[i]) < 0)
                        abort();
        if (unix_is_accepted(fds[0], 2) == -ENOENT) {
                (void)fprintf(stderr, "no unix_diag: what is accepted is not tested\n");
                return;
        }
        for (size_t i = 0; i < ELEMENTS(fds); i++)
                EXPECT_INT("nobody yet", unix_is_accepted(fds[i], 3), 0);
        for (size_t i = 0; i < ELEMENTS(served); i++)
                served[i] = accept(listener, NULL, NULL);
        for (size_t i = 0; i < ELEMENTS(fds); i++)
                EXPECT_INT("half of them", unix_is_accepted(fds[i], 4), i < ELEMENTS(served));
        EXPECT_INT("as old as the turn", unix_is_accepted(fds[60], 4), 0);
        fd_close(fds[0]);
        if (unix_connect(test_path("crowd"), why, &fds[0]) < 0)
                abort();
        EXPECT_INT("not in the list", unix_is_accepted(fds[0], 4), 0);
        for (size_t i = 0; i < ELEMENTS(fds); i++)
                fd_close(fds[i]);
        for (size_t i = 0; i < ELEMENTS(served); i++)
                fd_close(served[i]);
}

static void test_too_many_wait(void)
{
        _cleanup_(fd_closep) int listener = listen_in(test_path("many"));
        int fds[8], r = 0;
        size_t n = 0;
        char why[UNIX_WHY_MAX];

        while (r >= 0 && n < ELEMENTS(fds)) {
                fds[n] = -1;
                r = unix_connect(test_path("many"), why, &fds[n++]);
        }
        EXPECT_INT("the backlog is full", r, -EAGAIN);
        while (n > 0)
                fd_close(fds[--n]);
}

int main(void)
{
        test_directory_make();
        test_kinds();
        test_nobody_listens();
        test_long_path();
        test_owners();
        test_accepted();
        test_many_ask();
        test_too_many_wait();
        test_directory_remove();
        return test_end();
}
