/* Sessions: as logind and utmp have them, and files that are neither. */

#include "agent/sessions.h"
#include "base/buf.h"

#include "base/test-file.h"
#include "base/test.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <utmpx.h>

static char logind[128], utmp[128];
static const SessionPlaces places = {logind, utmp};

static void test_logind(void)
{
        static const struct {
                const char *about, *text; /* NULL: a FIFO */
                int n;
        } rows[] = {
                {"a user",
                 "# This is private data. Do not parse.\nUID=0\nSTATE=active\n"
                 "CLASS=user\n",
                 1},
                {"one in the background", "CLASS=user\nSTATE=online\n", 1},
                {"one that began early", "STATE=active\nCLASS=user-early\n", 1},
                {"one that ends", "STATE=closing\nCLASS=user\n", 0},
                {"a login screen", "STATE=active\nCLASS=greeter\n", 0},
                {"a timer", "STATE=active\nCLASS=background\n", 0},
                {"a manager", "STATE=active\nCLASS=manager\n", 0},
                {"a word elsewhere", "STATE=active\nSERVICE=CLASS=user\n", 0},
                {"without an end", "CLASS=user", 1},
                {"nothing", "", 0},
                {"what would make us wait", NULL, 0},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                test_write("sessions/1", rows[i].text);
                if (!rows[i].text && mkfifo(test_path("sessions/1"), 0600) < 0)
                        abort();
                EXPECT_INT(rows[i].about, sessions_count(&places), rows[i].n);
                test_write("sessions/1", NULL);
        }
        test_write("sessions/c1", "CLASS=user\n");
        test_write("sessions/7", "CLASS=user\n");
        test_write("sessions/.8", "CLASS=user\n");
        EXPECT_INT("two, and one that is not finished", sessions_count(&places), 2);
}

static void put(Buf *out, short type, pid_t pid)
{
        const struct utmpx record = {.ut_type = type, .ut_pid = pid};

        (void)buf_put(out, &record, sizeof(record));
}

static void test_utmp(void)
{
        _cleanup_(buf_done) Buf records = {0};
        _cleanup_(fd_closep) int fd = -1;

        EXPECT_INT("nobody keeps count", sessions_count(&places), -ENOENT);
        test_write("utmp", "");
        EXPECT_INT("nobody", sessions_count(&places), 0);
        put(&records, BOOT_TIME, 0);
        put(&records, USER_PROCESS, getpid());
        put(&records, LOGIN_PROCESS, getpid());
        put(&records, USER_PROCESS, 0);
        put(&records, USER_PROCESS, -1);
        put(&records, USER_PROCESS, INT32_MAX); /* has ended without a word */
        put(&records, DEAD_PROCESS, getpid());
        put(&records, USER_PROCESS, getppid());
        (void)buf_put(&records, "half a record", 13);
        fd = open(utmp, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, records.data, records.size) != (ssize_t)records.size)
                abort();
        EXPECT_INT("two", sessions_count(&places), 2);
}

static bool tells(int inotify)
{
        struct pollfd ready = {.fd = inotify, .events = POLLIN};
        char data[4096];
        bool any = poll(&ready, 1, 0) > 0;

        while (read(inotify, data, sizeof(data)) > 0)
                ;
        return any;
}

static void test_watch(void)
{
        _cleanup_(fd_closep) int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

        if (inotify < 0) {
                (void)fprintf(stderr, "no inotify: changes are not tested: %s\n", strerror(errno));
                (void)mkdir(logind, 0700);
                return;
        }
        test_write("utmp", "");
        sessions_watch(&places, inotify);
        EXPECT("all is quiet", !tells(inotify));
        test_write("utmp", "x");
        EXPECT("utmp", tells(inotify));
        if (mkdir(logind, 0700) < 0)
                abort();
        EXPECT("logind comes", tells(inotify));
        sessions_watch(&places, inotify);
        test_write("sessions/1", "CLASS=user\n");
        EXPECT("a login", tells(inotify));
        test_write("sessions/1", NULL);
        EXPECT("a logout", tells(inotify));
        EXPECT("and quiet again", !tells(inotify));
}

int main(void)
{
        test_directory_make();
        (void)snprintf(logind, sizeof(logind), "%s/sessions", test_directory);
        (void)snprintf(utmp, sizeof(utmp), "%s/utmp", test_directory);
        test_utmp();
        test_watch();
        test_logind();
        test_directory_remove();
        return test_end();
}
