/*
 * Moves by copying, as to another file system: here between two directories of one, so that they
 * can be looked at anywhere; and between two file systems, if this machine has them.
 */

#include "agent/file-copy.h"
#include "agent/move-across.h"
#include "agent/test-files.h"
#include "agent/tree.h"
#include "base/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>

#define NOBODY          65534
#define LONG_TEXT_BYTES ((size_t)300 << 10)

/* In place of the C library's. */

static int directory_error; /* what it says of directories */
static unsigned int n_syncs;

int fsync(int fd)
{
        struct stat status;

        if (directory_error && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
                errno = directory_error;
                return -1;
        }
        return (int)syscall(SYS_fsync, fd);
}

void sync(void)
{
        n_syncs++;
}

static FilePlace place(const char *directory, const char *name)
{
        return (FilePlace){
                .path = name,
                .directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC),
                .name = name,
        };
}

static void expect_files(const char *about, const char *wanted)
{
        _cleanup_(freep) char *told = files_tell();

        EXPECT_STR(about, told, wanted);
}

typedef struct Row {
        const char *about, *before, *from, *to; /* from a/ to b/ */
        int error;
        const char *after;
        bool overwrite;
} Row;

static void test_files(void)
{
        static const Row rows[] = {
                {"file", "a/ a/f=1 b/", "f", "g", 0, "a/ b/ b/g=1"},
                {"overwriting nothing", "a/ a/f=1 b/", "f", "g", 0, "a/ b/ b/g=1", true},
                {"empty file", "a/ a/f= b/", "f", "g", 0, "a/ b/ b/g="},
                {"link", "a/ a/l->no/where b/", "l", "l", 0, "a/ b/ b/l->no/where"},
                {"fifo", "a/ a/p| b/", "p", "p", 0, "a/ b/ b/p|"},
                {"one of two names", "a/ a/f=1 a/g&a/f b/", "f", "f", 0, "a/ a/g=1 b/ b/f=1"},
                {"taken", "a/ a/f=1 b/ b/g=2", "f", "g", -EEXIST, "a/ a/f=1 b/ b/g=2"},
                {"overwriting", "a/ a/f=1 b/ b/g=2", "f", "g", 0, "a/ b/ b/g=1", true},
                {"over a link", "a/ a/f=1 b/ b/g->h b/h=2", "f", "g", 0, "a/ b/ b/g=1 b/h=2", true},
                {"to a link", "a/ a/f=1 b/ b/g->no", "f", "g", -EEXIST, "a/ a/f=1 b/ b/g->no"},
                {"over a directory", "a/ a/f=1 b/ b/g/", "f", "g", -EISDIR, "a/ a/f=1 b/ b/g/",
                 true},
                {"missing", "a/ b/", "f", "g", -ENOENT, "a/ b/"},
                {"directory", "a/ a/d/ b/", "d", "g", -EISDIR, "a/ a/d/ b/"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(file_place_close) FilePlace from = FILE_PLACE_NONE;
                _cleanup_(file_place_close) FilePlace to = FILE_PLACE_NONE;
                bool copied = false;

                files_begin(rows[i].before);
                from = place("a", rows[i].from);
                to = place("b", rows[i].to);
                EXPECT_INT(rows[i].about, file_move_across(&from, &to, rows[i].overwrite, &copied),
                           rows[i].error);
                EXPECT(rows[i].about, !copied);
                expect_files(rows[i].about, rows[i].after);
                files_end();
        }
}

static void test_trees(void)
{
        static const Row rows[] = {
                {"empty", "a/ a/d/ b/", "d", "e", 0, "a/ b/ b/e/"},
                {"tree", "a/ a/d/ a/d/f=1 a/d/g/ a/d/g/h=2 a/d/l->../x a/d/p| b/", "d", "d", 0,
                 "a/ b/ b/d/ b/d/f=1 b/d/g/ b/d/g/h=2 b/d/l->../x b/d/p|"},
                {"taken", "a/ a/d/ a/d/f=1 b/ b/d/", "d", "d", -EEXIST, "a/ a/d/ a/d/f=1 b/ b/d/"},
                {"a link is there", "a/ a/d/ b/ b/d->no", "d", "d", -EEXIST, "a/ a/d/ b/ b/d->no"},
                {"missing", "a/ b/", "d", "d", -ENOENT, "a/ b/"},
                {"file", "a/ a/d= b/", "d", "d", -ENOTDIR, "a/ a/d= b/"},
                {"link", "a/ a/d->x a/x/ b/", "d", "d", -ENOTDIR, "a/ a/d->x a/x/ b/"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(file_place_close) FilePlace from = FILE_PLACE_NONE;
                _cleanup_(file_place_close) FilePlace to = FILE_PLACE_NONE;
                bool copied = false;

                files_begin(rows[i].before);
                from = place("a", rows[i].from);
                to = place("b", rows[i].to);
                EXPECT_INT(rows[i].about, tree_move_across(&from, &to, &copied), rows[i].error);
                EXPECT(rows[i].about, !copied);
                expect_files(rows[i].about, rows[i].after);
                files_end();
        }
}

/* As a bind mount makes it possible. */
static void test_tree_into_itself(void)
{
        _cleanup_(file_place_close) FilePlace from = FILE_PLACE_NONE;
        _cleanup_(file_place_close) FilePlace to = FILE_PLACE_NONE;
        bool copied = false;

        files_begin("a/ a/b/ a/f=1");
        from = place(".", "a");
        to = place("a/b", "c");
        EXPECT_INT("into itself", tree_move_across(&from, &to, &copied), -EINVAL);
        expect_files("into itself", "a/ a/b/ a/f=1");
        files_end();
}

static void test_reservation(void)
{
        static const struct {
                const char *about, *before, *from, *to;
                bool is_directory;
                int error;
                const char *after;
        } rows[] = {
                {"file", "f=1", "f", "g", false, 0, "g=1"},
                {"directory", "d/ d/f=1", "d", "e", true, 0, "e/ e/f=1"},
                {"taken", "f=1 g=2", "f", "g", false, -EEXIST, "f=1 g=2"},
                {"directory, taken", "d/ e/", "d", "e", true, -EEXIST, "d/ e/"},
                {"missing", "", "f", "g", false, -ENOENT, ""},
                {"into itself", "d/", "d", "d/e", true, -EINVAL, "d/"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                files_begin(rows[i].before);
                EXPECT_INT(rows[i].about,
                           rename_by_reservation(AT_FDCWD, rows[i].from, AT_FDCWD, rows[i].to,
                                                 rows[i].is_directory),
                           rows[i].error);
                expect_files(rows[i].about, rows[i].after);
                files_end();
        }
}

static void test_not_on_disk(void)
{
        static const struct {
                const char *about, *before, *after;
                bool is_directory, overwrite;
                int error, result;
                bool copied;
        } rows[] = {
                {"file", "a/ a/f=1 b/", "a/ a/f=1 b/", false, false, EIO, -EIO, false},
                {"file, overwriting", "a/ a/f=1 b/ b/f=2", "a/ a/f=1 b/ b/f=1", false, true, EIO,
                 -EIO, true},
                {"tree", "a/ a/f/ a/f/g=1 b/", "a/ a/f/ a/f/g=1 b/ b/f/ b/f/g=1", true, false, EIO,
                 -EIO, true},
                {"what cannot be synced", "a/ a/f=1 b/", "a/ b/ b/f=1", false, false, EINVAL, 0,
                 false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(file_place_close) FilePlace from = FILE_PLACE_NONE;
                _cleanup_(file_place_close) FilePlace to = FILE_PLACE_NONE;
                bool copied = false;
                int r;

                files_begin(rows[i].before);
                from = place("a", "f");
                to = place("b", "f");
                directory_error = rows[i].error;
                r = rows[i].is_directory ? tree_move_across(&from, &to, &copied)
                                         : file_move_across(&from, &to, rows[i].overwrite, &copied);
                directory_error = 0;
                EXPECT_INT(rows[i].about, r, rows[i].result);
                EXPECT(rows[i].about, copied == rows[i].copied);
                expect_files(rows[i].about, rows[i].after);
                files_end();
        }
}

static void test_unreadable_directory(void)
{
        _cleanup_(file_place_close) FilePlace from = FILE_PLACE_NONE;
        _cleanup_(file_place_close) FilePlace to = FILE_PLACE_NONE;
        bool copied = false;

        files_begin("a/ a/f=1 b/");
        from = place("a", "f");
        to = place("b", "f");
        if (chmod("b", 0333) < 0 || chmod("a", 0777) < 0 || chown("a/f", NOBODY, NOBODY) < 0 ||
            setegid(NOBODY) < 0 || seteuid(NOBODY) < 0) {
                (void)fprintf(stderr, "not root\n");
        } else {
                n_syncs = 0;
                EXPECT_INT("unreadable", file_move_across(&from, &to, false, &copied), 0);
                EXPECT_INT("unreadable", n_syncs, 1);
        }
        if (seteuid(getuid()) < 0 || setegid(getgid()) < 0 || chmod("b", 0755) < 0)
                abort();
        files_end();
}

/* what is changed meanwhile */

static int leases[2]; /* of files that say when they are opened */
static volatile sig_atomic_t n_opened;

/* Both have been opened: the directory of the one that was the first is left by now. */
static void on_opened(int signo, siginfo_t *info, void *context)
{
        bool first_is_f = info->si_fd != leases[0];

        (void)signo;
        (void)context;
        if (++n_opened == 2)
                close(open(first_is_f ? "a/d/f/new" : "a/d/g/new", O_WRONLY | O_CREAT, 0600));
        (void)fcntl(info->si_fd, F_SETLEASE, F_UNLCK);
}

static bool lease(const char *path, int *ret)
{
        *ret = open(path, O_RDWR | O_CLOEXEC);
        return fcntl(*ret, F_SETSIG, SIGRTMIN) >= 0 && fcntl(*ret, F_SETLEASE, F_WRLCK) >= 0;
}

static void test_new_file_meanwhile(void)
{
        const struct sigaction action = {.sa_sigaction = on_opened,
                                         .sa_flags = SA_SIGINFO | SA_RESTART};
        _cleanup_(file_place_close) FilePlace from = FILE_PLACE_NONE;
        _cleanup_(file_place_close) FilePlace to = FILE_PLACE_NONE;
        bool copied = false;

        files_begin("a/ a/d/ a/d/f/ a/d/f/1=1 a/d/g/ a/d/g/2=2 b/");
        from = place("a", "d");
        to = place("b", "d");
        sigaction(SIGRTMIN, &action, NULL);
        if (lease("a/d/f/1", &leases[0]) && lease("a/d/g/2", &leases[1])) {
                EXPECT_INT("made meanwhile", tree_move_across(&from, &to, &copied), -EBUSY);
                EXPECT_INT("made meanwhile", n_opened, 2);
                EXPECT("made meanwhile", !copied);
                EXPECT("made meanwhile",
                       access("a/d/f/new", F_OK) == 0 || access("a/d/g/new", F_OK) == 0);
                EXPECT("made meanwhile", access("a/d/f/1", F_OK) == 0);
                EXPECT("made meanwhile", access("b/d", F_OK) < 0);
        } else {
                (void)fprintf(stderr, "no leases here: %s\n", strerror(errno));
        }
        fd_close(leases[0]);
        fd_close(leases[1]);
        files_end();
}

/* what is kept */

static const struct timespec some_times[] = {{1000000000, 123456789}, {-86400, 987654321}};

static void set_times(const char *path)
{
        if (utimensat(AT_FDCWD, path, some_times, AT_SYMLINK_NOFOLLOW) < 0)
                abort();
}

static struct stat status_of(const char *path)
{
        struct stat status;

        if (lstat(path, &status) < 0)
                memset(&status, 0, sizeof(status));
        return status;
}

static void expect_kept(const char *about, const struct stat *before, const struct stat *after)
{
        EXPECT_INT(about, after->st_mode, before->st_mode);
        EXPECT_INT(about, after->st_uid, before->st_uid);
        EXPECT_INT(about, after->st_gid, before->st_gid);
        EXPECT_INT(about, after->st_atim.tv_sec, before->st_atim.tv_sec);
        EXPECT_INT(about, after->st_atim.tv_nsec, before->st_atim.tv_nsec);
        EXPECT_INT(about, after->st_mtim.tv_sec, before->st_mtim.tv_sec);
        EXPECT_INT(about, after->st_mtim.tv_nsec, before->st_mtim.tv_nsec);
}

/* @to: a directory, maybe of another file system. */
static void move_tree(const char *about, const char *to_directory)
{
        _cleanup_(file_place_close) FilePlace from = place(".", "d");
        _cleanup_(file_place_close) FilePlace to = place(to_directory, "e");
        bool copied = false;

        EXPECT_INT(about, tree_move_across(&from, &to, &copied), 0);
}

static void test_metadata(const char *about, const char *to, const char *wanted)
{
        static const struct {
                const char *path;
                mode_t mode;
        } rows[] = {
                {"d/f", 04751}, {"d/l", 0777}, {"d/p", 0620}, {"d/g", 01750}, {"d", 02700},
        };
        struct stat before[ELEMENTS(rows)];
        char path[256];

        files_make("d/ d/f=1 d/g/ d/g/h= d/l->nowhere d/p|");
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                if (getuid() == 0 && lchown(rows[i].path, 12, 34) < 0)
                        abort();
                if (strcmp(rows[i].path, "d/l") != 0 && chmod(rows[i].path, rows[i].mode) < 0)
                        abort();
                set_times(rows[i].path);
                before[i] = status_of(rows[i].path);
        }
        move_tree(about, to);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                struct stat after;

                (void)snprintf(path, sizeof(path), "%s/e%s", to, rows[i].path + 1);
                after = status_of(path);
                expect_kept(rows[i].path, &before[i], &after);
        }
        expect_files(about, wanted);
}

static void test_hard_links(void)
{
        files_begin("x= b/ d/ d/f=1 d/g/ d/g/f&d/f d/h=2 d/i&x d/l->f d/m=");
        if (unlink("d/m") < 0 || linkat(AT_FDCWD, "d/l", AT_FDCWD, "d/m", 0) < 0)
                abort();
        move_tree("hard links", "b");
        expect_files("hard links", "b/ b/e/ b/e/f=1 b/e/g/ b/e/g/f=1 b/e/h=2 b/e/i= b/e/l->f "
                                   "b/e/m->f x=");
        EXPECT_INT("of a file", status_of("b/e/f").st_ino, status_of("b/e/g/f").st_ino);
        EXPECT_INT("of a file", status_of("b/e/f").st_nlink, 2);
        EXPECT_INT("of a link", status_of("b/e/l").st_ino, status_of("b/e/m").st_ino);
        EXPECT_INT("of one", status_of("b/e/h").st_nlink, 1);
        EXPECT_INT("of one that stays", status_of("b/e/i").st_nlink, 1);
        EXPECT_INT("that stays", status_of("x").st_nlink, 1);
        files_end();
}

static void test_holes(void)
{
        _cleanup_(freep) char *text = malloc(LONG_TEXT_BYTES), *copy = malloc(LONG_TEXT_BYTES);
        _cleanup_(fd_closep) int fd = -1;
        struct stat before, after;

        files_begin("");
        memset(text, 'x', LONG_TEXT_BYTES);
        fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (pwrite(fd, text, LONG_TEXT_BYTES, 64 << 20) < 0 || ftruncate(fd, 128 << 20) < 0 ||
            fsync(fd) < 0)
                abort();
        before = status_of("f");
        EXPECT_INT("holes", file_copy(AT_FDCWD, "f", AT_FDCWD, "g", true, NULL), 0);
        after = status_of("g");
        EXPECT_INT("holes", after.st_size, before.st_size);
        EXPECT("holes", after.st_blocks <= before.st_blocks + 64);
        fd_close(fd);
        fd = open("g", O_RDONLY | O_CLOEXEC);
        EXPECT_INT("data", pread(fd, copy, LONG_TEXT_BYTES, 64 << 20), LONG_TEXT_BYTES);
        EXPECT("data", memcmp(text, copy, LONG_TEXT_BYTES) == 0);
        files_end();
}

/* acl(5) as the kernel keeps it: r for the owner, r for user 1, nothing for others. */
static const unsigned char some_acl[] = {
        2,  0, 0, 0,                     /* version */
        1,  0, 4, 0, 255, 255, 255, 255, /* owner */
        2,  0, 4, 0, 1,   0,   0,   0,   /* user 1 */
        4,  0, 0, 0, 255, 255, 255, 255, /* group */
        16, 0, 4, 0, 255, 255, 255, 255, /* mask */
        32, 0, 0, 0, 255, 255, 255, 255, /* others */
};

static void test_attributes(void)
{
        static const char access[] = "system.posix_acl_access";
        unsigned char value[256];

        files_begin("f=1 g=2 a/ b/");
        if (setxattr("f", "user.test", "abc", 3, 0) < 0 ||
            setxattr("f", access, some_acl, sizeof(some_acl), 0) < 0 ||
            setxattr("b", "system.posix_acl_default", some_acl, sizeof(some_acl), 0) < 0) {
                (void)fprintf(stderr, "no extended attributes here: %s\n", strerror(errno));
                files_end();
                return;
        }
        EXPECT_INT("attributes", file_copy(AT_FDCWD, "f", AT_FDCWD, "a/f", true, NULL), 0);
        EXPECT_INT("of the user", getxattr("a/f", "user.test", value, sizeof(value)), 3);
        EXPECT("of the user", memcmp(value, "abc", 3) == 0);
        EXPECT_INT("access control", getxattr("a/f", access, value, sizeof(value)),
                   sizeof(some_acl));
        EXPECT("access control", memcmp(value, some_acl, sizeof(some_acl)) == 0);
        EXPECT_INT("permissions", status_of("a/f").st_mode & 07777, 0440);
        EXPECT_INT("born with some", file_copy(AT_FDCWD, "g", AT_FDCWD, "b/g", true, NULL), 0);
        EXPECT_INT("born with some", getxattr("b/g", access, value, sizeof(value)), -1);
        EXPECT_INT("born with some", status_of("b/g").st_mode & 07777, 0644);
        files_end();
}

static void test_socket(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "s"};
        _cleanup_(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        files_begin("");
        if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                abort();
        EXPECT_INT("socket", file_copy(AT_FDCWD, "s", AT_FDCWD, "t", true, NULL), 0);
        EXPECT("socket", S_ISSOCK(status_of("t").st_mode));
        files_end();
}

static void test_other_file_system(void)
{
        static const char root[] = "/dev/shm";
        struct stat here, there;
        char other[64];

        files_begin("");
        (void)snprintf(other, sizeof(other), "%s/test-move-XXXXXX", root);
        if (stat(".", &here) < 0 || stat(root, &there) < 0 || here.st_dev == there.st_dev ||
            !mkdtemp(other)) {
                (void)fprintf(stderr, "no other file system here\n");
                files_end();
                return;
        }
        test_metadata("to another file system", other, "");
        files_end();
        (void)snprintf(test_directory, sizeof(test_directory), "%s", other);
        test_directory_remove();
}

int main(void)
{
        umask(022);
        test_files();
        test_trees();
        test_tree_into_itself();
        test_reservation();
        test_not_on_disk();
        test_unreadable_directory();
        test_new_file_meanwhile();
        files_begin("b/");
        test_metadata("in one file system", "b",
                      "b/ b/e/ b/e/f=1 b/e/g/ b/e/g/h= b/e/l->nowhere b/e/p|");
        files_end();
        test_hard_links();
        test_holes();
        test_attributes();
        test_socket();
        test_other_file_system();
        return test_end();
}
