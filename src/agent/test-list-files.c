#include "agent/list-files.h"

#include "agent/file-attributes.h"
#include "base/test-file.h"
#include "base/test.h"
#include "schema/tables.h"

#include <sys/stat.h>
#include <sys/types.h>

#define ROWS_SHOWN 32
#define TOLD_E4    "\xef\x83\xa4" /* of the byte 0xe4 */

static void make_files(void)
{
        if (mkdir(test_path("d"), 0750) < 0 || mkdir(test_path("d/sub"), 0700) < 0 ||
            mkdir(test_path("empty"), 0700) < 0)
                abort();
        test_write("d/a.txt", "12345");
        test_write("d/b.log", "");
        test_write("d/B.txt", "1");
        test_write("d/with space\n", "12");
        test_write("d/\xe4.txt", "123");
        test_write("d/\xc3\xa4.txt", "1234");
        test_write("file", "123456789");
        if (symlink("a.txt", test_path("d/link")) < 0 || symlink("sub", test_path("d/lsub")) < 0 ||
            symlink("no\xe4where", test_path("d/nil")) < 0 ||
            symlink("round", test_path("round")) < 0 || symlink("d", test_path("ld")) < 0 ||
            symlink("file", test_path("lfile")) < 0 || symlink("gone", test_path("lgone")) < 0 ||
            mkfifo(test_path("fifo"), 0600) < 0 || chmod(test_path("d/b.log"), 04751) < 0)
                abort();
}

typedef struct Asked {
        const char *path, *pattern; /* path: in the test's directory */
        int32_t index, max;         /* max -1: not said */
} Asked;

/* Return: the names of the first rows with a bar behind each; or the fault. */
static const char *ask(Arena *arena, const Asked *asked, const GuestListFileInfo **ret)
{
        const ListFilesInGuestRequestType request = {
                .type = &type_ListFilesInGuestRequestType,
                .file_path = test_path(asked->path),
                .index = {asked->index != 0, asked->index},
                .max_results = {asked->max >= 0, asked->max},
                .match_pattern = (char *)asked->pattern,
        };
        GuestListFileInfo *const *info = NULL;
        const void *value = NULL;
        char *text = arena_strdup(arena, "");
        Fault fault = {0};
        int r = list_files(&request, arena, &fault, &value);

        *ret = NULL;
        if (r < 0)
                return fault.detail ? fault.detail->type->name : strerror(-r);
        info = value;
        for (size_t i = 0; i < (*info)->files.n && i < ROWS_SHOWN; i++)
                text = arena_printf(arena, "%s%s|", text,
                                    ((const GuestFileInfo *)(*info)->files.items[i])->path);
        *ret = *info;
        return text;
}

static void test_pages(void)
{
        static const struct {
                const char *about;
                Asked asked;
                const char *names;
                int32_t remaining;
        } rows[] = {
                {"all",
                 {"d", NULL, 0, -1},
                 ".|..|B.txt|a.txt|b.log|link|lsub|nil|sub|with space\n|\xc3\xa4.txt|" TOLD_E4
                 ".txt|",
                 0},
                {"the first", {"d", NULL, 0, 1}, ".|", 11},
                {"the next", {"d", NULL, 1, 2}, "..|B.txt|", 9},
                {"the last", {"d", NULL, 11, 50}, TOLD_E4 ".txt|", 0},
                {"behind", {"d", NULL, 12, 50}, "", 0},
                {"far behind", {"d", NULL, INT32_MAX, INT32_MAX}, "", 0},
                {"none", {"d", NULL, 0, 0}, "", 12},
                {"none further on", {"d", NULL, 4, 0}, "", 8},
                {"as many as there can be", {"d", "^[ab]", 0, INT32_MAX}, "a.txt|b.log|", 0},
                {"no pattern", {"empty", "", 0, -1}, ".|..|", 0},
                {"a pattern", {"d", "txt$", 0, -1}, "B.txt|a.txt|\xc3\xa4.txt|" TOLD_E4 ".txt|", 0},
                {"a pattern, paged", {"d", "txt$", 1, 2}, "a.txt|\xc3\xa4.txt|", 1},
                {"one character of any kind",
                 {"d", "^.\\.txt$", 2, -1},
                 "\xc3\xa4.txt|" TOLD_E4 ".txt|",
                 0},
                {"as it is told", {"d", "^" TOLD_E4, 0, -1}, TOLD_E4 ".txt|", 0},
                {"dots too", {"d", "^\\.\\.?$", 0, -1}, ".|..|", 0},
                {"nothing matches", {"d", "xyz", 0, -1}, "", 0},
                {"nothing in it", {"empty", NULL, 0, -1}, ".|..|", 0},
                {"a link to a directory, as one", {"ld/", "^[ab]", 0, -1}, "a.txt|b.log|", 0},
                {"a bad pattern", {"d", "(", 0, -1}, "InvalidArgument", 0},
                {"a bad pattern for a file", {"file", "(", 0, -1}, "InvalidArgument", 0},
                {"a bad pattern for nothing", {"gone", "(", 0, -1}, "InvalidArgument", 0},
                {"nothing there", {"gone", NULL, 0, -1}, "FileNotFound", 0},
                {"a link to nothing", {"lgone", NULL, 0, -1}, "FileNotFound", 0},
                {"a link to itself", {"round", NULL, 0, -1}, "FileFault", 0},
                {"a file with a slash", {"file/", NULL, 0, -1}, "NotADirectory", 0},
                {"below a file", {"file/x", NULL, 0, -1}, "NotADirectory", 0},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                const GuestListFileInfo *info;

                EXPECT_STR(rows[i].about, ask(arena, &rows[i].asked, &info), rows[i].names);
                if (info)
                        EXPECT_INT(rows[i].about, info->remaining, rows[i].remaining);
        }
}

static void test_single_files(void)
{
        static const struct {
                const char *about;
                Asked asked;
                const char *type;
                int64_t size;
                int32_t remaining;
        } rows[] = {
                {"a file", {"file", NULL, 0, -1}, "file", 9, 0},
                {"by another way", {"d/../file", NULL, 0, -1}, "file", 9, 0},
                {"a name that is no text", {"d/" TOLD_E4 ".txt", NULL, 0, -1}, "file", 3, 0},
                {"a pattern for its path", {"file", "^/tmp/.*/file$", 0, -1}, "file", 9, 0},
                {"a pattern for another one", {"file", "^file", 0, -1}, NULL, 0, 0},
                {"the second", {"file", NULL, 1, -1}, NULL, 0, 0},
                {"none", {"file", NULL, 0, 0}, NULL, 0, 1},
                {"a link", {"lfile", NULL, 0, -1}, "symlink", 0, 0},
                {"a link to a directory", {"ld", NULL, 0, -1}, "symlink", 0, 0},
                {"a fifo", {"fifo", NULL, 0, -1}, "file", 0, 0},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                const GuestListFileInfo *info;
                const GuestFileInfo *row;

                (void)ask(arena, &rows[i].asked, &info);
                EXPECT(rows[i].about, info && info->files.n == (rows[i].type != NULL));
                if (!info)
                        continue;
                EXPECT_INT(rows[i].about, info->remaining, rows[i].remaining);
                if (info->files.n == 0)
                        continue;
                row = (const void *)info->files.items[0];
                EXPECT_STR(rows[i].about, row->path, test_path(rows[i].asked.path));
                EXPECT_STR(rows[i].about, row->file_type, rows[i].type);
                EXPECT_INT(rows[i].about, row->size, rows[i].size);
        }
}

static void test_rows(void)
{
        static const struct {
                const char *pattern, *type;
                int64_t size, permissions;
                const char *target;
        } rows[] = {
                {"^\\.$", "directory", 0, 040750, NULL},
                {"^a", "file", 5, 0100600, NULL},
                {"^b", "file", 0, 0104751, NULL},
                {"^sub", "directory", 0, 040700, NULL},
                {"^link", "symlink", 0, 0100600, "a.txt"},
                {"^lsub", "symlink", 0, 040700, "sub"},
                {"^nil", "symlink", 0, 0120777, "no" TOLD_E4 "where"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const Asked asked = {"d", rows[i].pattern, 0, -1};
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                const GuestListFileInfo *info;
                const GuestFileInfo *row;
                const GuestPosixFileAttributes *attributes;

                (void)ask(arena, &asked, &info);
                EXPECT(rows[i].pattern, info && info->files.n == 1);
                if (!info || info->files.n != 1)
                        continue;
                row = (const void *)info->files.items[0];
                attributes = (const void *)row->attributes;
                EXPECT(rows[i].pattern, attributes->base.type == &type_GuestPosixFileAttributes);
                EXPECT_STR(rows[i].pattern, row->file_type, rows[i].type);
                EXPECT_INT(rows[i].pattern, row->size, rows[i].size);
                EXPECT_INT(rows[i].pattern, attributes->permissions.value, rows[i].permissions);
                EXPECT_INT(rows[i].pattern, attributes->owner_id.value, getuid());
                EXPECT_STR(rows[i].pattern, attributes->base.symlink_target, rows[i].target);
        }
}

/* More than one answer holds, by number or by bytes: what is left is told. */
static void test_large_answers(void)
{
        static const Asked all = {"many", NULL, 0, INT32_MAX},
                           links = {"links", NULL, 0, INT32_MAX};
        _cleanup_(arena_freep) Arena *arena = arena_new((size_t)64 << 20);
        const GuestListFileInfo *info;
        char target[3001] = "", name[64];

        if (mkdir(test_path("many"), 0700) < 0 || mkdir(test_path("links"), 0700) < 0)
                abort();
        memset(target, 'x', sizeof(target) - 1);
        for (int i = 0; i < 5000; i++) {
                (void)snprintf(name, sizeof(name), "many/%d", i);
                if (mkfifo(test_path(name), 0600) < 0)
                        abort();
                (void)snprintf(name, sizeof(name), "links/%d", i);
                if (i < 2000 && symlink(target, test_path(name)) < 0)
                        abort();
        }
        (void)ask(arena, &all, &info);
        EXPECT("many", info && info->files.n == 4096);
        EXPECT_INT("many", info ? info->remaining : 0, 5002 - 4096);
        (void)ask(arena, &links, &info);
        EXPECT("links", info && info->files.n > 1000 && info->files.n < 1400);
        EXPECT_INT("links", info ? (int64_t)info->files.n + info->remaining : 0, 2002);
}

static void test_far_times(void)
{
        static const struct {
                const char *about;
                int64_t second;
                int64_t usec;
        } rows[] = {
                {"usual", 1000000000, 1000000000999999},
                {"before 1970", -1, -1},
                {"far", INT64_MAX, 9223372036853999999},
                {"long ago", INT64_MIN, -9223372036852000001},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 16);

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const struct timespec time = {rows[i].second, 999999999};
                const struct stat status = {.st_mtim = time, .st_atim = time};
                const GuestFileAttributes *attributes = file_attributes_of(arena, &status, NULL);

                EXPECT_INT(rows[i].about, attributes->modification_time.usec, rows[i].usec);
                EXPECT_INT(rows[i].about, attributes->access_time.usec, rows[i].usec);
        }
}

int main(void)
{
        test_directory_make();
        make_files();
        test_pages();
        test_single_files();
        test_rows();
        test_large_answers();
        test_directory_remove();
        test_far_times();
        return test_end();
}
