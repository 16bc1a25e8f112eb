/*
 * May the service's user connect? What the kernel asks for: search in each directory, write on the
 * socket; and then what AppArmor or SELinux say.
 */

#include "cli/doctor.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#define LOG_LINE_MAX 8192

static bool is_in_group(gid_t wanted, gid_t gid, const json_t *groups)
{
        if (wanted == gid)
                return true;
        for (size_t i = 0; i < json_array_size(groups); i++)
                if (json_integer_value(json_array_get(groups, i)) == wanted)
                        return true;
        return false;
}

/* @bits: as for others, S_IXOTH or S_IWOTH */
static bool is_let(const struct stat *status, uid_t uid, bool in_group, mode_t bits)
{
        if (uid == 0)
                return true;
        if (status->st_uid == uid)
                return status->st_mode & (bits << 6);
        return status->st_mode & (in_group ? bits << 3 : bits);
}

static int note_refusal(const char *path, const struct stat *status, mode_t bits, Look *ret)
{
        const struct passwd *user = getpwuid(status->st_uid);
        const struct group *group = getgrgid(status->st_gid);
        const char *group_name = group ? group->gr_name : NULL;

        ret->refuses = strdup(path);
        if (asprintf(&ret->owners, "%s:%s, mode %04o", user ? user->pw_name : "?",
                     group_name ? group_name : "?", status->st_mode & 07777U) < 0)
                ret->owners = NULL;
        if (group_name && status->st_mode & (bits << 3))
                ret->group = strdup(group_name);
        return ret->refuses && ret->owners ? 0 : -ENOMEM;
}

/* Down the path, up to what refuses. */
static int look_at_modes(char *path, uid_t uid, gid_t gid, const json_t *groups, Look *ret)
{
        char *slash = path;

        while (*slash) {
                struct stat status;
                mode_t bits;
                char end;
                int r;

                slash = strchrnul(slash + 1, '/');
                bits = *slash ? S_IXOTH : S_IWOTH;
                end = *slash;
                *slash = '\0';
                r = stat(path, &status);
                if (r == 0 && !is_let(&status, uid, is_in_group(status.st_gid, gid, groups), bits))
                        r = note_refusal(path, &status, bits, ret);
                else if (r < 0)
                        r = 0; /* what cannot be looked at here is no reason to complain */
                *slash = end;
                if (r < 0 || ret->refuses)
                        return r;
        }
        return 0;
}

static bool reads(const char *path, const char *wanted)
{
        char text[16] = "";
        _cleanup_(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

        return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && text[0] == *wanted;
}

/* The kernel's ring of messages from its beginning, a message a read; the last one counts. */
static int look_at_log(const char *path, Look *ret)
{
        _cleanup_(fd_closep) int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        char line[LOG_LINE_MAX + 1];
        ssize_t n = 0;

        while (fd >= 0) {
                n = read(fd, line, LOG_LINE_MAX);
                if (n < 0 && errno == EPIPE)
                        continue; /* overwritten meanwhile */
                if (n <= 0)
                        break;
                line[n] = '\0';
                line[strcspn(line, "\n")] = '\0';
                if (!strstr(line, path) ||
                    (!strstr(line, "apparmor=\"DENIED\"") && !strstr(line, "avc:  denied")))
                        continue;
                free(ret->denied);
                ret->denied = strdup(strchr(line, ';') ? strchr(line, ';') + 1 : line);
                if (!ret->denied)
                        return -ENOMEM;
        }
        return 0;
}

int doctor_look(const char *path, uid_t uid, gid_t gid, const json_t *groups, Look *ret)
{
        _cleanup_(freep) char *copy = strdup(path);
        struct stat status;
        int r;

        if (!copy)
                return -ENOMEM;
        if (lstat(path, &status) < 0) {
                ret->error = -errno;
        } else {
                ret->is_socket = S_ISSOCK(status.st_mode);
                ret->is_link = S_ISLNK(status.st_mode);
        }
        if (reads("/sys/fs/selinux/enforce", "1"))
                ret->enforcing = "SELinux";
        else if (reads("/sys/module/apparmor/parameters/enabled", "Y"))
                ret->enforcing = "AppArmor";
        r = look_at_modes(copy, uid, gid, groups, ret);
        return r < 0 ? r : look_at_log(path, ret);
}

void doctor_look_done(Look *look)
{
        free(look->refuses);
        free(look->owners);
        free(look->group);
        free(look->denied);
        *look = (Look){0};
}
