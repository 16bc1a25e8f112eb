/* Operations that change files: what they do, and the fault where they do not. */

#include "agent/file-acts.h"
#include "agent/test-files.h"
#include "base/test.h"
#include "schema/tables.h"
#include "wire/read.h"

#define LONG_NAME                                                                                  \
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
        "8901234567890123456789012345678901234567890123456789012345678901234567890123456789012345" \
        "6789012345678901234567890123456789012345678901234567890123456789012345678901234567890123"

typedef struct Row {
        const char *about, *before;
        const char *path, *to;
        bool flag;         /* overwrite, recursive, parents */
        const char *fault; /* NULL: none */
        const char *after; /* NULL: as before */
} Row;

static const char *fault_name(const Fault *fault)
{
        return fault->detail ? fault->detail->type->name : NULL;
}

static void run_row(const Row *row, FileAct act, const void *params)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
        _cleanup_(freep) char *after = NULL;
        const void *value = NULL;
        Fault fault = {0};
        int r = act(params, arena, &fault, &value);

        EXPECT(row->about, (r < 0) == (row->fault != NULL));
        EXPECT_STR(row->about, fault_name(&fault), row->fault);
        EXPECT(row->about, !value);
        after = files_tell();
        EXPECT_STR(row->about, after, row->after ? row->after : row->before);
}

static void test_make_directory(void)
{
        static const Row rows[] = {
                {"new", "", "a", .after = "a/"},
                {"with a slash", "", "a/", .after = "a/"},
                {"in another", "a/", "a//b", .after = "a/ a/b/"},
                {"through a link", "a/ l->a", "l/b", .after = "a/ a/b/ l->a"},
                {"through itself", "a/", "./a/../b", .after = "a/ b/"},
                {"there", "a/", "a", .fault = "FileAlreadyExists"},
                {"there, parents", "a/", "a/", .flag = true, .fault = "FileAlreadyExists"},
                {"a file is there", "a=", "a", .fault = "FileAlreadyExists"},
                {"a link is there", "l->nowhere", "l", .fault = "FileAlreadyExists"},
                {"here", "", ".", .fault = "FileAlreadyExists"},
                {"the root", "", "/", .flag = true, .fault = "FileAlreadyExists"},
                {"no parent", "", "a/b", .fault = "FileNotFound"},
                {"parents", "", "a/b/c", .flag = true, .after = "a/ a/b/ a/b/c/"},
                {"some parents", "a/", "a/b/c/", .flag = true, .after = "a/ a/b/ a/b/c/"},
                {"a file as parent", "a=", "a/b", .fault = "NotADirectory"},
                {"a file among parents", "a=", "a/b/c", .flag = true, .fault = "NotADirectory"},
                {"a dangling parent", "l->no", "l/b", .flag = true, .fault = "FileNotFound"},
                {"a loop", "l->l", "l/b", .flag = true, .fault = "FileFault"},
                {"long", "", LONG_NAME, .fault = "FileNameTooLong"},
                {"long parent", "", LONG_NAME "/b", .flag = true, .fault = "FileNameTooLong"},
                {"no UTF-8", "", "\xef\x83\xa4", .after = "\xe4/"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const MakeDirectoryInGuestRequestType params = {
                        .directory_path = (char *)rows[i].path,
                        .create_parent_directories = rows[i].flag,
                };

                files_begin(rows[i].before);
                run_row(&rows[i], make_directory_act, &params);
                files_end();
        }
}

static void test_delete_file(void)
{
        static const Row rows[] = {
                {"file", "a=1 b=2", "a", .after = "b=2"},
                {"link", "a=1 l->a", "l", .after = "a=1"},
                {"link to a directory", "a/ l->a", "l", .after = "a/"},
                {"dangling link", "l->no", "l", .after = ""},
                {"link in a loop", "l->l", "l", .after = ""},
                {"through a link", "a/ a/f= l->a", "l/f", .after = "a/ l->a"},
                {"no UTF-8", "\xe4=", "\xef\x83\xa4", .after = ""},
                {"directory", "a/", "a", .fault = "NotAFile"},
                {"directory with a slash", "a/", "a/", .fault = "NotAFile"},
                {"fifo", "p|", "p", .fault = "NotAFile"},
                {"here", "", ".", .fault = "NotAFile"},
                {"the root", "", "/", .fault = "NotAFile"},
                {"missing", "", "a", .fault = "FileNotFound"},
                {"no parent", "", "a/b", .fault = "FileNotFound"},
                {"file as parent", "a=", "a/b", .fault = "NotADirectory"},
                {"file with a slash", "a=", "a/", .fault = "NotADirectory"},
                {"link with a slash", "a/ l->a", "l/", .fault = "NotADirectory"},
                {"through a loop", "l->l", "l/b", .fault = "FileFault"},
                {"long", "", LONG_NAME, .fault = "FileNameTooLong"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const DeleteFileInGuestRequestType params = {.file_path = (char *)rows[i].path};

                files_begin(rows[i].before);
                run_row(&rows[i], delete_file_act, &params);
                files_end();
        }
}

static void test_delete_directory(void)
{
        static const Row rows[] = {
                {"empty", "a/", "a", .after = ""},
                {"with slashes", "a/", "a//", .after = ""},
                {"empty, recursive", "a/", "a", .flag = true, .after = ""},
                {"not empty", "a/ a/f=", "a", .fault = "DirectoryNotEmpty"},
                {"tree", "a/ a/b/ a/b/c/ a/b/f= a/g= a/l->f a/p| x=", "a", .flag = true,
                 .after = "x="},
                {"links in it", "a/ a/l->../b a/m->../f b/ b/f= f=", "a", .flag = true,
                 .after = "b/ b/f= f="},
                {"link", "a/ a/f= l->a", "l", .flag = true, .fault = "NotADirectory"},
                {"link with a slash", "a/ a/f= l->a", "l/", .flag = true, .fault = "NotADirectory"},
                {"link, not recursive", "a/ l->a", "l", .fault = "NotADirectory"},
                {"file", "a=", "a", .fault = "NotADirectory"},
                {"file, recursive", "a=", "a", .flag = true, .fault = "NotADirectory"},
                {"missing", "", "a", .fault = "FileNotFound"},
                {"missing, recursive", "", "a", .flag = true, .fault = "FileNotFound"},
                {"here", "f=", ".", .flag = true, .fault = "FileFault"},
                {"above", "a/ a/f=", "a/..", .flag = true, .fault = "FileFault"},
                {"the root", "", "/", .flag = true, .fault = "FileFault"},
                {"the root, twice", "", "//", .flag = true, .fault = "FileFault"},
                {"long", "", LONG_NAME, .flag = true, .fault = "FileNameTooLong"},
                {"no UTF-8", "\xe4/ \xe4/\xe5=", "\xef\x83\xa4", .flag = true, .after = ""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const DeleteDirectoryInGuestRequestType params = {
                        .directory_path = (char *)rows[i].path,
                        .recursive = rows[i].flag,
                };

                files_begin(rows[i].before);
                run_row(&rows[i], delete_directory_act, &params);
                files_end();
        }
}

static void test_move_file(void)
{
        static const Row rows[] = {
                {"new name", "a=1", "a", "b", .after = "b=1"},
                {"new name, overwriting", "a=1", "a", "b", true, .after = "b=1"},
                {"into a directory", "a=1 d/", "a", "d/b", .after = "d/ d/b=1"},
                {"taken", "a=1 b=2", "a", "b", .fault = "FileAlreadyExists"},
                {"taken, overwriting", "a=1 b=2", "a", "b", true, .after = "b=1"},
                {"link", "a=1 l->a", "l", "m", .after = "a=1 m->a"},
                {"link to a directory", "a/ l->a", "l", "m", .after = "a/ m->a"},
                {"over a link", "a=1 b=2 l->b", "a", "l", true, .after = "b=2 l=1"},
                {"over a link to a directory", "a=1 d/ l->d", "a", "l", true, .after = "d/ l=1"},
                {"over a dangling link", "a=1 l->no", "a", "l", true, .after = "l=1"},
                {"to a dangling link", "a=1 l->no", "a", "l", .fault = "FileAlreadyExists"},
                {"fifo", "p|", "p", "q", .after = "q|"},
                {"same", "a=1", "a", "./a"},
                {"same by a hard link", "a=1 b&a", "a", "b", .after = "a=1 b=1"},
                {"link over its target", "a=1 l->a", "l", "a", true},
                {"target over its link", "a=1 l->a", "a", "l", true},
                {"missing", "", "a", "b", .fault = "FileNotFound"},
                {"dangling", "l->no", "l", "b", .fault = "FileNotFound"},
                {"loop", "l->l", "l", "b", .fault = "FileFault"},
                {"directory", "a/", "a", "b", .fault = "NotAFile"},
                {"here", "", ".", "b", .fault = "NotAFile"},
                {"with a slash", "a=1", "a/", "b", .fault = "NotADirectory"},
                {"to a directory", "a=1 d/", "a", "d", .fault = "FileAlreadyExists"},
                {"to a directory, overwriting", "a=1 d/", "a", "d/", true,
                 .fault = "FileAlreadyExists"},
                {"to here", "a=1", "a", ".", true, .fault = "FileAlreadyExists"},
                {"to a slash", "a=1", "a", "b/", .fault = "NotADirectory"},
                {"no parent there", "a=1", "a", "d/b", .fault = "FileNotFound"},
                {"file as parent there", "a=1 f=", "a", "f/b", .fault = "NotADirectory"},
                {"long", "a=1", "a", LONG_NAME, .fault = "FileNameTooLong"},
                {"no UTF-8", "\xe4=1", "\xef\x83\xa4", "\xef\x83\xa5", .after = "\xe5=1"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const MoveFileInGuestRequestType params = {
                        .src_file_path = (char *)rows[i].path,
                        .dst_file_path = (char *)rows[i].to,
                        .overwrite = rows[i].flag,
                };

                files_begin(rows[i].before);
                run_row(&rows[i], move_file_act, &params);
                files_end();
        }
}

static void test_move_directory(void)
{
        static const Row rows[] = {
                {"new name", "a/ a/f=1", "a", "b", .after = "b/ b/f=1"},
                {"with slashes", "a/ a/f=1", "a/", "b//", .after = "b/ b/f=1"},
                {"into another", "a/ d/", "a", "d/a", .after = "d/ d/a/"},
                {"same", "a/", "a", "a/"},
                {"same by a link", "a/ l->a", "a", "l"},
                {"taken", "a/ b/", "a", "b", .fault = "FileAlreadyExists"},
                {"a file is there", "a/ b=", "a", "b", .fault = "FileAlreadyExists"},
                {"a link is there", "a/ l->no", "a", "l", .fault = "FileAlreadyExists"},
                {"to here", "a/", "a", ".", .fault = "FileAlreadyExists"},
                {"missing", "", "a", "b", .fault = "FileNotFound"},
                {"file", "a=", "a", "b", .fault = "NotADirectory"},
                {"link", "a/ l->a", "l", "b", .fault = "NotADirectory"},
                {"link with a slash", "a/ l->a", "l/", "b", .fault = "NotADirectory"},
                {"here", "", ".", "../guestops-test-moved", .fault = "FileFault"},
                {"into itself", "a/ a/b/", "a", "a/b/c", .fault = "FileFault"},
                {"no parent there", "a/", "a", "d/b", .fault = "FileNotFound"},
                {"long", "a/", "a", LONG_NAME, .fault = "FileNameTooLong"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const MoveDirectoryInGuestRequestType params = {
                        .src_directory_path = (char *)rows[i].path,
                        .dst_directory_path = (char *)rows[i].to,
                };

                files_begin(rows[i].before);
                run_row(&rows[i], move_directory_act, &params);
                files_end();
        }
}

static void test_create_temporary(void)
{
        static const struct {
                const char *about, *prefix, *suffix, *directory;
                const char *under; /* what the answer begins with, or the fault */
                bool fault;
        } rows[] = {
                {"plain", "pre-", ".txt", "d", "d/pre-", false},
                {"slashes", "pre-", ".txt", "d//", "d/pre-", false},
                {"nothing but randomness", "", "", "d", "d/", false},
                {"no UTF-8", "\xef\x83\xa4", "", "d", "d/\xef\x83\xa4", false},
                {"missing", "", "", "no", "FileNotFound", true},
                {"file", "", "", "f", "NotADirectory", true},
                {"long", LONG_NAME, "", "d", "FileNameTooLong", true},
        };

        for (size_t i = 0; i < 2 * ELEMENTS(rows); i++) {
                FileAct act = i % 2 ? create_temporary_file_act : create_temporary_directory_act;
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                CreateTemporaryFileInGuestRequestType params = {
                        .prefix = (char *)rows[i / 2].prefix,
                        .suffix = (char *)rows[i / 2].suffix,
                };
                const char *about = rows[i / 2].about, *under = rows[i / 2].under;
                const void *value = NULL;
                Fault fault = {0};
                int r;

                files_begin("d/ f=");
                params.directory_path =
                        arena_printf(arena, "%s/%s", test_directory, rows[i / 2].directory);
                r = act(&params, arena, &fault, &value);
                EXPECT(about, (r < 0) == rows[i / 2].fault);
                if (rows[i / 2].fault) {
                        EXPECT_STR(about, fault_name(&fault), under);
                } else {
                        const char *path = *(const char *const *)value, *name;
                        size_t n = strlen(test_directory);

                        EXPECT(about, strncmp(path, test_directory, n) == 0 &&
                                              strncmp(path + n + 1, under, strlen(under)) == 0);
                        name = strrchr(path, '/') + 1;
                        EXPECT_INT(about, strlen(name),
                                   strlen(params.prefix) + 16 + strlen(params.suffix));
                }
                files_end();
        }
}

/* Each may be as long as a string of a request, and the fault's may not be longer. */
static void test_very_long_temporary(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(4 << 20);
        char *half = arena_alloc(arena, WIRE_STRING_MAX);
        const CreateTemporaryFileInGuestRequestType params = {
                .prefix = half,
                .suffix = half,
                .directory_path = test_directory,
        };
        const void *value = NULL;
        Fault fault = {0};

        memset(half, 'x', WIRE_STRING_MAX - 1);
        half[WIRE_STRING_MAX - 1] = '\0';
        files_begin("");
        EXPECT("very long", create_temporary_file_act(&params, arena, &fault, &value) < 0);
        EXPECT_STR("very long", fault_name(&fault), "FileNameTooLong");
        EXPECT("very long", strlen(((const FileFault *)fault.detail)->file) <= WIRE_STRING_MAX);
        files_end();
}

static_assert(offsetof(CreateTemporaryFileInGuestRequestType, directory_path) ==
                      offsetof(CreateTemporaryDirectoryInGuestRequestType, directory_path),
              "the rows above are for both");

static void test_change_attributes(void)
{
        static const struct {
                const char *about;
                GuestPosixFileAttributes attributes;
                mode_t mode;
                int64_t atime, mtime;
        } rows[] = {
                {"nothing", {.permissions.set = false}, 0644, 1000, 2000},
                {"permissions", {.permissions = {true, 0751}}, 0751, 1000, 2000},
                {"none", {.permissions = {true, 0}}, 0, 1000, 2000},
                {"a time", {.base.modification_time = {true, 7000000}}, 0644, 1000, 7},
                {"before 1970", {.base.access_time = {true, -1500000}}, 0644, -2, 2000},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                static const struct timespec times[] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                GuestPosixFileAttributes attributes = rows[i].attributes;
                const ChangeFileAttributesInGuestRequestType params = {
                        .guest_file_path = (char *)"l",
                        .file_attributes = &attributes.base,
                };
                const char *about = rows[i].about;
                const void *value = NULL;
                struct stat status;
                Fault fault = {0};

                attributes.base.type = &type_GuestPosixFileAttributes;
                files_begin("f=1 l->f");
                if (utimensat(AT_FDCWD, "f", times, 0) < 0)
                        abort();
                EXPECT_INT(about, change_file_attributes_act(&params, arena, &fault, &value), 0);
                EXPECT_INT(about, stat("f", &status), 0);
                EXPECT_INT(about, status.st_mode & 07777, rows[i].mode);
                EXPECT_INT(about, status.st_atim.tv_sec, rows[i].atime);
                EXPECT_INT(about, status.st_mtim.tv_sec, rows[i].mtime);
                files_end();
        }
}

int main(void)
{
        umask(022);
        test_make_directory();
        test_delete_file();
        test_delete_directory();
        test_move_file();
        test_move_directory();
        test_create_temporary();
        test_very_long_temporary();
        test_change_attributes();
        return test_end();
}
