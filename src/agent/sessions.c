#include "agent/sessions.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <utmpx.h>

#define FILE_BYTES_MAX 4096
#define RECORDS_MAX    16384

const SessionPlaces session_places = {
        .logind = "/run/systemd/sessions",
        .utmp = "/run/utmp",
};

/* Root's files all of them, and yet: never one that could make us wait. */
static int open_regular(int directory, const char *name)
{
        _cleanup_(fd_closep) int fd =
                openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        return S_ISREG(status.st_mode) ? moved_fd(fd) : -EINVAL;
}

/* logind */

static bool has_line(const char *text, const char *start)
{
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, start, strlen(start)) == 0)
                        return true;
        }
        return false;
}

/* Of a user, not of a login screen, a timer or a manager; and not one that is about to end. */
static bool is_user_session(int directory, const char *name)
{
        _cleanup_(fd_closep) int fd = open_regular(directory, name);
        char text[FILE_BYTES_MAX];
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

        if (n < 0)
                return false;
        text[n] = '\0';
        return has_line(text, "CLASS=user") && !has_line(text, "STATE=closing");
}

static int count_logind(DIR *sessions)
{
        const struct dirent *entry;
        int n = 0;

        for (int i = 0; i < SESSIONS_MAX && (entry = readdir(sessions)); i++)
                n += entry->d_name[0] != '.' && is_user_session(dirfd(sessions), entry->d_name);
        return n;
}

/* utmp: read as it is; getutxent(3) waits for whoever has it locked */

static int count_utmp(int fd)
{
        struct utmpx record;
        int n = 0;

        for (int i = 0; i < RECORDS_MAX && n < SESSIONS_MAX &&
                        read(fd, &record, sizeof(record)) == (ssize_t)sizeof(record);
             i++)
                n += record.ut_type == USER_PROCESS && record.ut_pid > 0 &&
                     (kill(record.ut_pid, 0) == 0 || errno == EPERM);
        return n;
}

int sessions_count(const SessionPlaces *places)
{
        _cleanup_(fd_closep) int fd = -1;
        DIR *sessions = opendir(places->logind);
        int n;

        if (sessions) {
                n = count_logind(sessions);
                closedir(sessions);
                return n;
        }
        fd = open_regular(AT_FDCWD, places->utmp);
        return fd < 0 ? -ENOENT : count_utmp(fd);
}

/* logind may come after us, and makes its directory then. */
void sessions_watch(const SessionPlaces *places, int inotify)
{
        char above[200];

        if (inotify_add_watch(inotify, places->logind,
                              IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR) >=
            0)
                return;
        (void)snprintf(above, sizeof(above), "%s", places->logind);
        (void)inotify_add_watch(inotify, dirname(above), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
        (void)inotify_add_watch(inotify, places->utmp, IN_MODIFY);
}
