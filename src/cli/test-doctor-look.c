/* What of a path keeps a user from connecting: tried with real files, for users who are not we. */

#include "cli/doctor.h"

#include "base/test-file.h"
#include "base/test.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define STRANGER 4000000001U

static void make_socket(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                abort();
}

static void test_modes(void)
{
        static const struct {
                const char *about;
                mode_t directory, socket;
                uid_t uid;     /* 0: ours */
                bool in_group; /* of the files */
                const char *refuses;
                bool group; /* its members would be let in */
        } rows[] = {
                {"open to all", 0755, 0777, STRANGER, false, NULL, false},
                {"search is all that it takes", 0711, 0722, STRANGER, false, NULL, false},
                {"a directory for its owner", 0700, 0777, STRANGER, false, "d", false},
                {"a directory for its group", 0750, 0777, STRANGER, false, "d", true},
                {"of which we are", 0750, 0770, STRANGER, true, NULL, false},
                {"a socket for its owner", 0755, 0755, STRANGER, false, "d/s", false},
                {"a socket for its group", 0755, 0775, STRANGER, false, "d/s", true},
                {"of which we are, too", 0755, 0775, STRANGER, true, NULL, false},
                {"others may, its group may not", 0755, 0707, STRANGER, true, "d/s", false},
                {"root, whatever the mode", 0700, 0700, 0, false, NULL, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                json_t *groups = json_array();
                Look look = {0};

                if (rows[i].in_group)
                        (void)json_array_append_new(groups, json_integer(getegid()));
                if (chmod(test_path("d/s"), rows[i].socket) < 0 ||
                    chmod(test_path("d"), rows[i].directory) < 0)
                        abort();
                EXPECT_INT(rows[i].about,
                           doctor_look(test_path("d/s"), rows[i].uid, STRANGER, groups, &look), 0);
                EXPECT(rows[i].about, look.error == 0 && look.is_socket && !look.is_link);
                EXPECT_STR(rows[i].about, look.refuses,
                           rows[i].refuses ? test_path(rows[i].refuses) : NULL);
                EXPECT_INT(rows[i].about, look.group != NULL, rows[i].group);
                EXPECT_INT(rows[i].about, look.owners != NULL, rows[i].refuses != NULL);
                doctor_look_done(&look);
                json_decref(groups);
        }
}

static void test_what_it_is(void)
{
        static const struct {
                const char *name;
                int error;
                bool is_link;
        } rows[] = {{"none", -ENOENT, false},
                    {"d/s/below", -ENOTDIR, false},
                    {"link", 0, true},
                    {"file", 0, false}};

        test_write("file", "");
        if (symlink("d/s", test_path("link")) < 0)
                abort();
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Look look = {0};

                EXPECT_INT(rows[i].name, doctor_look(test_path(rows[i].name), 0, 0, NULL, &look),
                           0);
                EXPECT_INT(rows[i].name, look.error, rows[i].error);
                EXPECT_INT(rows[i].name, look.is_link, rows[i].is_link);
                EXPECT(rows[i].name, !look.is_socket && !look.refuses);
                doctor_look_done(&look);
        }
}

int main(void)
{
        test_directory_make();
        (void)umask(0);
        if (chmod(test_directory, 0755) < 0 || mkdir(test_path("d"), 0755) < 0)
                abort();
        make_socket(test_path("d/s"));
        test_modes();
        (void)chmod(test_path("d"), 0755);
        test_what_it_is();
        test_directory_remove();
        return test_end();
}
