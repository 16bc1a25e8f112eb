/* Users of the service: their file, their roles, their passwords. */

#include "base/secret.h"
#include "base/test-file.h"
#include "base/test.h"
#include "session/users.h"

#include <sys/stat.h>

static bool accepts(const Users *users, const char *name, const char *password)
{
        _cleanup_(user_check_freep) UserCheck *check = user_check_new(users, name, password);

        if (!check)
                abort();
        check->job.run(&check->job);
        return check->accepted;
}

static void test_create(void)
{
        _cleanup_(secret_freep) char *password = NULL, *second = NULL;
        _cleanup_(users_freep) Users *users = NULL;
        struct stat status = {0};

        test_write("users", NULL);
        EXPECT_INT("create", users_create(test_path("users"), "root", &password), 0);
        EXPECT_INT("not again", users_create(test_path("users"), "root", &second), -EEXIST);
        EXPECT("not again", !second);
        EXPECT_INT("no such directory", users_create("/nonexistent/users", "root", &second),
                   -ENOENT);
        EXPECT_INT("stat", stat(test_path("users"), &status), 0);
        EXPECT_INT("nobody else reads it", status.st_mode & 0777, 0600);
        EXPECT_INT("load", users_load(test_path("users"), &users), 0);
        if (!users || !password)
                return;
        EXPECT("a password of some length", strlen(password) >= 20);
        EXPECT("its user is Admin",
               users_role(users, "root") && strcmp(users_role(users, "root")->name, "Admin") == 0);
        EXPECT("no other user", !users_role(users, "admin") && !users_role(users, ""));
        EXPECT("accepted", accepts(users, "root", password));
        EXPECT("unknown user", !accepts(users, "admin", password));
        EXPECT("unknown user without a name", !accepts(users, "", ""));
        EXPECT("no password", !accepts(users, "root", ""));
        password[0] = password[0] == '0' ? '1' : '0';
        EXPECT("another password", !accepts(users, "root", password));
}

/* An unknown name is checked against a hash of the same kind, so that it takes as long. */
static void test_dummy(void)
{
        _cleanup_(user_check_freep) UserCheck *known = NULL, *unknown = NULL, *again = NULL;
        _cleanup_(secret_freep) char *password = NULL;
        _cleanup_(users_freep) Users *users = NULL;

        test_write("users", NULL);
        EXPECT_INT("create", users_create(test_path("users"), "root", &password), 0);
        EXPECT_INT("load", users_load(test_path("users"), &users), 0);
        if (!users)
                return;
        known = user_check_new(users, "root", password);
        unknown = user_check_new(users, "nobody", "secret");
        again = user_check_new(users, "noone", "secret");
        if (!known || !unknown || !again)
                abort();
        EXPECT("same method",
               strncmp(known->hash, "$y$", 3) == 0 && strncmp(unknown->hash, "$y$", 3) == 0);
        EXPECT_INT("same parameters", strchr(known->hash + 3, '$') - known->hash,
                   strchr(unknown->hash + 3, '$') - unknown->hash);
        EXPECT_INT("same length", strlen(known->hash), strlen(unknown->hash));
        EXPECT_STR("the same for all unknown", unknown->hash, again->hash);
        EXPECT("nothing is accepted before it was checked", !known->accepted);
}

static void test_hashes(void)
{
        /* The first two: test vectors of Drepper's "Unix crypt using SHA-256 and SHA-512". */
        static const struct {
                const char *about, *hash, *password;
                bool accepted;
        } rows[] = {
                {"SHA-512",
                 "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI"
                 "68u4OTLiBFdcbYEdFCoEOfaS35inz1",
                 "Hello world!", true},
                {"SHA-256", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
                 "Hello world!", true},
                {"another password", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
                 "Hello world", false},
                {"one character of the hash",
                 "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc9", "Hello world!",
                 false},
                {"half a hash", "$5$saltstring$5B8vYYiY", "Hello world!", false},
                {"a salt alone", "$5$saltstring$", "Hello world!", false},
                {"locked", "!", "!", false},
                {"locked, with no password", "!", "", false},
                {"a star", "*", "*", false},
                {"what crypt says when it fails", "*0", "", false},
                {"and otherwise", "*1", "", false},
                {"plain text", "secret", "secret", false},
                {"an unknown method", "$zz$salt$hash", "secret", false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(users_freep) Users *users = NULL;
                char text[256];

                (void)snprintf(text, sizeof(text), "alice:%s:Admin\n", rows[i].hash);
                test_write("users", text);
                EXPECT_INT(rows[i].about, users_load(test_path("users"), &users), 0);
                if (users)
                        EXPECT(rows[i].about,
                               accepts(users, "alice", rows[i].password) == rows[i].accepted);
        }
}

#define NAME_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_files(void)
{
        static const struct {
                const char *about, *file;
                int result;
                const char *user, *role;
        } rows[] = {
                {"an empty file", "", 0, "alice", NULL},
                {"one", "alice:!:Admin\n", 0, "alice", "Admin"},
                {"without a newline", "alice:!:Admin", 0, "alice", "Admin"},
                {"operator", "alice:!:GuestOperator\n", 0, "alice", "GuestOperator"},
                {"no access", "alice:!:NoAccess\n", 0, "alice", "NoAccess"},
                {"read only", "alice:!:ReadOnly\n", 0, "alice", "ReadOnly"},
                {"the second", "alice:!:Admin\nbob:!:ReadOnly\n", 0, "bob", "ReadOnly"},
                {"comments", "# alice:!:Admin\n\nbob:!:ReadOnly\n", 0, "alice", NULL},
                {"names are told apart", "alice:!:Admin\nAlice:!:ReadOnly\n", 0, "Alice",
                 "ReadOnly"},
                {"a name with all but a colon", "DOMAIN\\a b@c:!:Admin\n", 0, "DOMAIN\\a b@c",
                 "Admin"},
                {"the longest name", NAME_64 NAME_64 ":!:Admin\n", 0, NAME_64 NAME_64, "Admin"},

                {"a name too long", NAME_64 NAME_64 "0:!:Admin\n", -EINVAL, NULL, NULL},
                {"twice", "alice:!:Admin\nalice:!:ReadOnly\n", -EINVAL, NULL, NULL},
                {"one word", "alice\n", -EINVAL, NULL, NULL},
                {"no role", "alice:!\n", -EINVAL, NULL, NULL},
                {"an empty role", "alice:!:\n", -EINVAL, NULL, NULL},
                {"an empty hash", "alice::Admin\n", -EINVAL, NULL, NULL},
                {"no name", ":!:Admin\n", -EINVAL, NULL, NULL},
                {"an unknown role", "alice:!:Administrator\n", -EINVAL, NULL, NULL},
                {"a role in small letters", "alice:!:admin\n", -EINVAL, NULL, NULL},
                {"a field too many", "alice:!:Admin:x\n", -EINVAL, NULL, NULL},
                {"a blank behind it", "alice:!:Admin \n", -EINVAL, NULL, NULL},
                {"lines of another system", "alice:!:Admin\r\n", -EINVAL, NULL, NULL},
                {"good lines, then a bad one", "alice:!:Admin\nbob\n", -EINVAL, NULL, NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(users_freep) Users *users = NULL;
                const UserRole *role;

                test_write("users", rows[i].file);
                EXPECT_INT(rows[i].about, users_load(test_path("users"), &users), rows[i].result);
                EXPECT(rows[i].about, (users != NULL) == (rows[i].result == 0));
                if (!users)
                        continue;
                role = users_role(users, rows[i].user);
                EXPECT_STR(rows[i].about, role ? role->name : NULL, rows[i].role);
        }
}

static void test_privileges(void)
{
        static const struct {
                const char *privilege;
                bool admin, guest_operator, read_only, no_access;
        } rows[] = {
                {"System.Anonymous", true, true, true, false},
                {"System.View", true, true, true, false},
                {"System.Read", true, true, true, false},
                {"VirtualMachine.GuestOperations.Query", true, true, false, false},
                {"VirtualMachine.GuestOperations.Execute", true, true, false, false},
                {"VirtualMachine.GuestOperations.Modify", true, true, false, false},
                {"VirtualMachine.GuestOperations", true, false, false, false},
                {"VirtualMachine.GuestOperationsX.Query", true, false, false, false},
                {"VirtualMachine.Interact.PowerOff", true, false, false, false},
                {"Sessions.TerminateSession", true, false, false, false},
                {"System", true, false, false, false},
                {"SystemX.Read", true, false, false, false},
                {"system.Read", true, false, false, false},
                {"", true, false, false, false},
        };
        _cleanup_(users_freep) Users *users = NULL;

        test_write("users", "a:!:Admin\ng:!:GuestOperator\nr:!:ReadOnly\nn:!:NoAccess\n");
        EXPECT_INT("load", users_load(test_path("users"), &users), 0);
        for (size_t i = 0; users && i < ELEMENTS(rows); i++) {
                const struct {
                        const char *user;
                        bool has;
                } columns[] = {
                        {"a", rows[i].admin},
                        {"g", rows[i].guest_operator},
                        {"r", rows[i].read_only},
                        {"n", rows[i].no_access},
                };

                for (size_t k = 0; k < ELEMENTS(columns); k++)
                        EXPECT(rows[i].privilege, role_has(users_role(users, columns[k].user),
                                                           rows[i].privilege) == columns[k].has);
        }
}

static void test_no_file(void)
{
        _cleanup_(users_freep) Users *users = NULL;

        EXPECT_INT("no file", users_load("/nonexistent/users", &users), -ENOENT);
        EXPECT("no file", !users);
        EXPECT("users_free(NULL)", users_free(NULL) == NULL);
        EXPECT("user_check_free(NULL)", user_check_free(NULL) == NULL);
}

int main(void)
{
        test_directory_make();
        test_create();
        test_dummy();
        test_hashes();
        test_files();
        test_privileges();
        test_no_file();
        test_directory_remove();
        return test_end();
}
