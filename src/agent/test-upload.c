/*
 * Transfers to the guest, with a real worker: what becomes a file, with which attributes, and that
 * nothing else is left. All of it twice: the second time the kernel says that it knows no files
 * without names.
 */

#include "agent/test-transfer.h"

#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

static LoginVerdict self, nobody;

static const GuestFileAttributes none = {.type = &type_GuestFileAttributes};

/* The directory d, with nothing in it. */
static void fresh_directory(mode_t mode)
{
        (void)nftw(test_path("d"), test_entry_remove, 8, FTW_DEPTH | FTW_PHYS);
        if (mkdir(test_path("d"), 0700) < 0 || chmod(test_path("d"), mode) < 0)
                abort();
}

static int count_entries(void)
{
        DIR *directory = opendir(test_path("d"));
        int n = -2; /* "." and ".." */

        if (!directory)
                abort();
        while (readdir(directory))
                n++;
        closedir(directory);
        return n;
}

static bool has_content(const char *path, size_t size)
{
        _cleanup_(freep) char *data = malloc(size + 1);
        _cleanup_(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

        return data && fd >= 0 && read(fd, data, size + 1) == (ssize_t)size &&
               memcmp(data, content, size) == 0;
}

/* @name: of the path, which is good until the next call */
static TransferTerms to(const char *name, bool overwrite)
{
        static char path[128];

        (void)snprintf(path, sizeof(path), "%s", test_path(name));
        return (TransferTerms){
                .to_guest = true,
                .overwrite = overwrite,
                .path = path,
                .attributes = &none,
                .who = &self,
                .user = "somebody",
        };
}

static char *begin(Site *site, const TransferTerms *terms, size_t size)
{
        char *handle = site_promise(site, terms);

        site->data = content;
        site->size = size;
        site_begin(site, "OpenFileTransfer", handle, (WireLong){0}, (WireLong){0});
        return handle;
}

static void test_contents(void)
{
        static const struct {
                const char *about;
                size_t size;
                bool exists, overwrite;
        } rows[] = {
                {"nothing", 0, false, false},           {"a byte", 1, false, false},
                {"much", LARGE, false, false},          {"nothing, over a file", 0, true, true},
                {"a byte, over a file", 1, true, true}, {"much, over a file", LARGE, true, true},
                {"over no file", 1000, false, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const TransferTerms terms = to("d/file", rows[i].overwrite);
                char *handle;
                Site site;

                fresh_directory(0700);
                test_write("d/file", rows[i].exists ? "something else" : NULL);
                site_make(&site);
                handle = begin(&site, &terms, rows[i].size);
                site_run(&site);
                EXPECT(rows[i].about, site.end);
                EXPECT_STR(rows[i].about, fault_of(site.answer), NULL);
                EXPECT_STR(rows[i].about, fault_of(site.end), NULL);
                EXPECT(rows[i].about, has_content(test_path("d/file"), rows[i].size));
                EXPECT_INT(rows[i].about, count_entries(), 1);
                site_begin(&site, "OpenFileTransfer", handle, (WireLong){0}, (WireLong){0});
                EXPECT_STR("it is over", fault_of(site.answer), "NotFound");
                site_done(&site);
        }
}

static void test_refused(void)
{
        static const struct {
                const char *about, *name;
                bool overwrite, as_nobody;
                mode_t directory;
                const char *fault;
        } rows[] = {
                {"there already", "d/file", false, false, 0700, "FileAlreadyExists"},
                {"a directory", "d", true, false, 0700, "NotAFile"},
                {"the directory, with a slash", "d/", true, false, 0700, "NotAFile"},
                {"what would be a directory", "d/new/", true, false, 0700, "FileNotFound"},
                {"a file, with a slash", "d/file/", true, false, 0700, "NotADirectory"},
                {"the directory itself", "d/.", true, false, 0700, "NotAFile"},
                {"a pipe", "d/pipe", true, false, 0700, "NotAFile"},
                {"a link", "d/link", true, false, 0700, "InvalidArgument"},
                {"a link to nowhere", "d/dangling", true, false, 0700, "InvalidArgument"},
                {"no parent", "d/none/new", false, false, 0700, "FileNotFound"},
                {"a file for a parent", "d/file/new", false, false, 0700, "NotADirectory"},
                {"into another's directory", "d/new", false, true, 0755, "GuestPermissionDenied"},
                {"into what may not be seen", "d/new", false, true, 0700, "GuestPermissionDenied"},
                {"over another's file", "d/file", true, true, 0777, "GuestPermissionDenied"},
                {"over what may be written only", "d/open", true, true, 0755,
                 "GuestPermissionDenied"},
                {"as in /tmp", "d/open", true, true, 01777, "GuestPermissionDenied"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                TransferTerms terms = to(rows[i].name, rows[i].overwrite);
                Site site;
                int n;

                if (rows[i].as_nobody && geteuid() != 0)
                        continue;
                if (rows[i].as_nobody)
                        terms.who = &nobody;
                fresh_directory(rows[i].directory);
                test_write("d/file", "something else");
                test_write("d/open", "something else");
                if (chmod(test_path("d/file"), 0644) < 0 || chmod(test_path("d/open"), 0666) < 0 ||
                    mkfifo(test_path("d/pipe"), 0666) < 0 ||
                    symlink("file", test_path("d/link")) < 0 ||
                    symlink("none", test_path("d/dangling")) < 0)
                        abort();
                n = count_entries();
                site_make(&site);
                begin(&site, &terms, 10);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.answer), rows[i].fault);
                EXPECT(rows[i].about, !site.end && site.sent == 0);
                EXPECT_INT(rows[i].about, count_entries(), n);
                site_done(&site);
        }
}

static void test_long_name(void)
{
        char name[300];
        Site site;

        fresh_directory(0700);
        memset(name, 'a', sizeof(name));
        memcpy(name, "/tmp/", 5);
        name[sizeof(name) - 1] = '\0';
        site_make(&site);
        begin(&site,
              &(TransferTerms){.to_guest = true,
                               .path = name,
                               .attributes = &none,
                               .who = &self,
                               .user = "somebody"},
              10);
        site_run(&site);
        EXPECT_STR("a long name", fault_of(site.answer), "FileNameTooLong");
        site_done(&site);
}

static void test_attributes(void)
{
        static const GuestPosixFileAttributes mode = {
                .base.type = &type_GuestPosixFileAttributes,
                .permissions = {.set = true, .value = 04751},
        };
        static const GuestPosixFileAttributes owner = {
                .base.type = &type_GuestPosixFileAttributes,
                .owner_id = {.set = true, .value = 1234},
                .group_id = {.set = true, .value = 1235},
        };
        static const GuestFileAttributes times = {
                .type = &type_GuestFileAttributes,
                .modification_time = {.set = true, .usec = 1000000},
        };
        static const struct {
                const char *about;
                const GuestFileAttributes *attributes;
                mode_t old; /* 0: there is none */
                uid_t old_owner;
                bool as_nobody;
                const char *fault;
                mode_t mode;
                uid_t owner;
                time_t mtime; /* 0: any other than 1 */
        } rows[] = {
                {"none given", &none, 0, 0, false, NULL, 0644, 0, 0},
                {"a mode", &mode.base, 0, 0, false, NULL, 04751, 0, 0},
                {"times", &times, 0, 0, false, NULL, 0644, 0, 1},
                {"an owner", &owner.base, 0, 0, false, NULL, 0644, 1234, 0},
                {"those of the old", &none, 0640, 1234, false, NULL, 0640, 1234, 0},
                {"but set-user-ID", &none, 04755, 1234, false, NULL, 0755, 1234, 0},
                {"a mode in place of the old one", &mode.base, 0640, 1234, false, NULL, 04751, 1234,
                 0},
                {"an owner in place of the old one", &owner.base, 0600, 1, false, NULL, 0600, 1234,
                 0},
                {"somebody else's file", &none, 0666, 1234, true, NULL, 0666, NOBODY, 0},
                {"an owner, by who may not", &owner.base, 0, 0, true, "GuestPermissionDenied", 0, 0,
                 0},
        };

        if (geteuid() != 0)
                return;
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                TransferTerms terms = to("d/file", true);
                struct stat status = {0};
                Site site;

                terms.attributes = rows[i].attributes;
                terms.who = rows[i].as_nobody ? &nobody : &self;
                fresh_directory(0777);
                if (rows[i].old) {
                        test_write("d/file", "something else");
                        if (chown(test_path("d/file"), rows[i].old_owner, 0) < 0 ||
                            chmod(test_path("d/file"), rows[i].old) < 0)
                                abort();
                }
                site_make(&site);
                begin(&site, &terms, 10);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.answer), rows[i].fault);
                EXPECT_INT(rows[i].about, count_entries(), rows[i].fault ? 0 : 1);
                if (!rows[i].fault) {
                        EXPECT_INT(rows[i].about, stat(test_path("d/file"), &status), 0);
                        EXPECT_INT(rows[i].about, status.st_mode & 07777, rows[i].mode);
                        EXPECT_INT(rows[i].about, status.st_uid, rows[i].owner);
                        EXPECT(rows[i].about, (status.st_mtime == 1) == (rows[i].mtime == 1));
                }
                site_done(&site);
        }
}

/* What happens at the target while the file is on its way. */
static void make_theirs(const char *path)
{
        (void)path;
        test_write("d/file", "theirs");
}

static void make_directory(const char *path)
{
        (void)mkdir(path, 0700);
}

static void make_link(const char *path)
{
        EXPECT_INT("a link", symlink("elsewhere", path), 0);
}

static void make_nothing(const char *path)
{
        EXPECT("nothing is there yet", access(path, F_OK) < 0);
}

/* acl(5) as the kernel keeps it: rw for the owner, r for user 1, nothing for the group and others.
 */
static const unsigned char some_acl[] = {
        2,  0, 0, 0,                     /* version */
        1,  0, 6, 0, 255, 255, 255, 255, /* owner */
        2,  0, 4, 0, 1,   0,   0,   0,   /* user 1 */
        4,  0, 0, 0, 255, 255, 255, 255, /* group */
        16, 0, 4, 0, 255, 255, 255, 255, /* mask */
        32, 0, 0, 0, 255, 255, 255, 255, /* others */
};

/* With the mode alone, the group could read it. */
static void test_access_lists(void)
{
        static const char access_list[] = "system.posix_acl_access";
        static const struct {
                const char *about;
                bool of_file, of_directory;
        } rows[] = {
                {"of the file", true, false},
                {"of the directory", false, true},
                {"of both", true, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const TransferTerms terms = to("d/file", true);
                unsigned char value[sizeof(some_acl)];
                char path[128];
                struct stat status;
                ssize_t n;
                Site site;

                fresh_directory(0700);
                test_write("d/file", "something else");
                (void)snprintf(path, sizeof(path), "%s", test_path("d/file"));
                if (chmod(path, 0640) < 0 ||
                    (rows[i].of_file &&
                     setxattr(path, access_list, some_acl, sizeof(some_acl), 0) < 0) ||
                    (rows[i].of_directory && setxattr(test_path("d"), "system.posix_acl_default",
                                                      some_acl, sizeof(some_acl), 0) < 0)) {
                        (void)fprintf(stderr, "no access control lists here\n");
                        return;
                }
                site_make(&site);
                begin(&site, &terms, 1000);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.end), NULL);
                EXPECT(rows[i].about, has_content(path, 1000));
                EXPECT_INT(rows[i].about, stat(path, &status), 0);
                EXPECT_INT(rows[i].about, status.st_mode & 07777, 0640);
                n = getxattr(path, access_list, value, sizeof(value));
                EXPECT_INT(rows[i].about, n, rows[i].of_file ? (ssize_t)sizeof(some_acl) : -1);
                EXPECT(rows[i].about, n < 0 || memcmp(value, some_acl, sizeof(some_acl)) == 0);
                site_done(&site);
        }
}

/* The host sends what it has, after it was stopped. */
static void go_on(Site *site)
{
        site->stop_at = SIZE_MAX;
        loop_defer(site->loop, &site->turn);
}

static void test_meanwhile(void)
{
        static const struct {
                const char *about;
                bool overwrite;
                const char *fault;
                void (*happen)(const char *path);
        } rows[] = {
                {"nothing", false, NULL, make_nothing},
                {"somebody was faster", false, "FileAlreadyExists", make_theirs},
                {"a directory has come", true, "NotAFile", make_directory},
                {"a link has come", true, NULL, make_link},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const TransferTerms terms = to("d/file", rows[i].overwrite);
                struct stat status;
                Site site;

                fresh_directory(0700);
                site_make(&site);
                site.wait = true;
                site.stop_at = 0;
                begin(&site, &terms, 100000);
                site_run(&site);
                EXPECT(rows[i].about, site.opened);
                rows[i].happen(test_path("d/file"));
                go_on(&site);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.end), rows[i].fault);
                EXPECT_INT(rows[i].about, count_entries(), 1);
                EXPECT_INT(rows[i].about, lstat(test_path("d/file"), &status), 0);
                EXPECT(rows[i].about, rows[i].fault || (S_ISREG(status.st_mode) &&
                                                        has_content(test_path("d/file"), 100000)));
                site_done(&site);
        }
}

/* What others were kept from meanwhile they are kept from afterwards. */
static void test_closed_meanwhile(void)
{
        for (int existed = 0; existed <= 1; existed++) {
                const TransferTerms terms = to("d/file", true);
                const char *about = existed ? "closed meanwhile" : "made meanwhile";
                struct stat status;
                Site site;

                fresh_directory(0700);
                test_write("d/file", existed ? "open to all" : NULL);
                if (existed && chmod(test_path("d/file"), 0666) < 0)
                        abort();
                site_make(&site);
                site.wait = true;
                site.stop_at = 0;
                begin(&site, &terms, 1000);
                site_run(&site);
                test_write("d/file", "theirs");
                if (chmod(test_path("d/file"), 0600) < 0)
                        abort();
                go_on(&site);
                site_run(&site);
                EXPECT_STR(about, fault_of(site.end), NULL);
                EXPECT(about, has_content(test_path("d/file"), 1000));
                EXPECT_INT(about, stat(test_path("d/file"), &status), 0);
                EXPECT_INT(about, status.st_mode & 07777, 0600);
                site_done(&site);
        }
}

static void test_given_up(void)
{
        static const struct {
                const char *about;
                size_t at;
                bool conversation;
        } rows[] = {
                {"before any data", 0, false},
                {"in the middle", 3000000, false},
                {"all sent, but not the end", LARGE, false},
                {"the conversation ends", 3000000, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const TransferTerms terms = to("d/file", true);
                char *handle;
                Site site;

                fresh_directory(0700);
                test_write("d/file", "as it was");
                site_make(&site);
                site.stop_at = rows[i].at;
                handle = begin(&site, &terms, LARGE);
                site_run(&site);
                EXPECT(rows[i].about, site.opened && site.sent >= rows[i].at);
                site.data = NULL;
                if (rows[i].conversation)
                        operations_cancel_all(site.operations);
                else
                        operations_cancel(site.operations, ID);
                EXPECT_INT(rows[i].about, site.operations->n_running, 0);
                loop_timer_set(site.loop, &site.watch, 0);
                EXPECT_INT(rows[i].about, loop_run(site.loop), 0);
                EXPECT(rows[i].about, !site.end);
                EXPECT_INT(rows[i].about, count_entries(), 1);
                EXPECT(rows[i].about, !has_content(test_path("d/file"), LARGE));

                /* The handle is as good as before. */
                site.data = content;
                site.sent = 0;
                site.credit = LINK_WINDOW_BYTES;
                site.stop_at = SIZE_MAX;
                site_begin(&site, "OpenFileTransfer", handle, (WireLong){0}, (WireLong){0});
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.end), NULL);
                EXPECT(rows[i].about, has_content(test_path("d/file"), LARGE));
                site_done(&site);
        }
}

static void test_no_room(void)
{
        const TransferTerms terms = to("d/file", false);
        struct rlimit before, limit;
        Site site;

        fresh_directory(0700);
        if (getrlimit(RLIMIT_FSIZE, &before) < 0)
                abort();
        limit = before;
        limit.rlim_cur = 1000000;
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        site_make(&site);
        begin(&site, &terms, LARGE);
        site_run(&site);
        (void)setrlimit(RLIMIT_FSIZE, &before);
        EXPECT_STR("too large", fault_of(site.end), "FileFault");
        EXPECT_INT("nothing is left", count_entries(), 0);
        site_done(&site);
}

static void kill_child(void)
{
        FILE *file;
        char path[64];
        int pid = 0;

        (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
        file = fopen(path, "re");
        if (!file || fscanf(file, "%d", &pid) != 1 || kill(pid, SIGKILL) < 0)
                abort();
        (void)fclose(file);
}

/* The worker is the user's process, and he may kill it. */
static void test_killed(void)
{
        const TransferTerms terms = to("d/file", false);
        Site site;

        fresh_directory(0700);
        site_make(&site);
        site.wait = true;
        site.stop_at = 0;
        begin(&site, &terms, LARGE);
        site_run(&site);
        kill_child();
        site_run(&site);
        EXPECT_STR("killed", fault_of(site.end), "GuestOperationsFault");
        EXPECT("no file", access(test_path("d/file"), F_OK) < 0);
        site_done(&site);
}

/* For the rest of this process's life, and for its children's. */
static void forbid_unnamed_files(void)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
                BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = {.len = ELEMENTS(filter), .filter = filter};

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                abort();
        EXPECT("none any more", open(test_path("d"), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600) < 0);
}

int main(void)
{
        test_directory_make();
        (void)chmod(test_directory, 0755);
        self = (LoginVerdict){.type = &type_LoginVerdict, .uid = getuid(), .gid = getgid()};
        nobody = (LoginVerdict){.type = &type_LoginVerdict, .uid = NOBODY, .gid = NOBODY};
        make_content();
        test_long_name();
        test_no_room();
        for (int round = 0; round < 2; round++) {
                test_contents();
                test_refused();
                test_attributes();
                test_meanwhile();
                test_access_lists();
                test_closed_meanwhile();
                test_given_up();
                test_killed();
                if (round == 0)
                        forbid_unnamed_files();
        }
        free(content);
        test_directory_remove();
        return test_end();
}
