/*
 * ListFilesInGuest: a page of a directory. Source: vSphere Web Services API, GuestFileManager.
 */

#include "agent/list-files.h"

#include "agent/file-attributes.h"
#include "agent/guest-path.h"
#include "agent/pattern.h"
#include "agent/select-names.h"
#include "schema/tables.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>

#define RESULTS_DEFAULT  50
#define RESULTS_MAX      4096              /* of one answer */
#define ANSWER_BYTES_MAX ((size_t)4 << 20) /* at which no further row begins */
#define ROW_BYTES        256               /* what a row takes besides its two texts */
#define NAMES_KEPT       32768
#define NAME_TOLD_BYTES  ((size_t)64 << 10)
#define CPU_USEC_MAX     (10 * USEC_PER_SEC) /* where there is a pattern */

typedef struct Listing {
        const char *path; /* as the client says it */
        Arena *arena;
        Fault *fault;
        Pattern *pattern; /* NULL: everything */
        DIR *dir;
        uint64_t index;
        size_t count;
} Listing;

static void closedirp(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

/* rows */

static const char *type_name(mode_t mode)
{
        return S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "symlink" : "file";
}

/* The status becomes that of what the link leads to, if that can be had; so does the target. */
static void follow(int dir, const char *name, struct stat *status, char *target, size_t size)
{
        struct stat followed;
        ssize_t n = readlinkat(dir, name, target, size - 1);

        target[n > 0 ? n : 0] = '\0';
        if (fstatat(dir, name, &followed, 0) == 0)
                *status = followed;
}

/* Return: 1, 0 for a file that is gone, or a negative errno. */
static int describe(Arena *arena, int dir, const char *name, const char *told, GuestFileInfo **ret)
{
        GuestFileInfo *info = arena_new_object(arena, GuestFileInfo);
        struct stat status = {0};
        char target[PATH_MAX] = "";

        if (!info)
                return -ENOMEM;
        if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
                return 0;
        *info = (GuestFileInfo){
                .type = &type_GuestFileInfo,
                .path = (char *)told,
                .file_type = (char *)type_name(status.st_mode),
                .size = S_ISREG(status.st_mode) ? status.st_size : 0,
        };
        if (S_ISLNK(status.st_mode))
                follow(dir, name, &status, target, sizeof(target));
        info->attributes = file_attributes_of(arena, &status, *target ? target : NULL);
        if (!info->attributes)
                return -ENOMEM;
        *ret = info;
        return 1;
}

static size_t row_bytes(const GuestFileInfo *row)
{
        const char *target = row->attributes->symlink_target;

        return ROW_BYTES + strlen(row->path) + (target ? strlen(target) : 0);
}

/* Adds rows until the answer is full. Return: how many names were dealt with, or negative. */
static int add_rows(const Listing *listing, const Names *names, GuestListFileInfo *info)
{
        size_t bytes = 0, i;

        info->files.items = arena_array(listing->arena, names->n + 1, sizeof(WireObject *));
        if (!info->files.items)
                return -ENOMEM;
        for (i = 0; i < names->n && bytes < ANSWER_BYTES_MAX; i++) {
                const char *told = guest_path_encode(listing->arena, names->items[i]);
                GuestFileInfo *row = NULL;
                int r = told ? describe(listing->arena, dirfd(listing->dir), names->items[i], told,
                                        &row)
                             : -ENOMEM;

                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                info->files.items[info->files.n++] = (WireObject *)row;
                bytes += row_bytes(row);
        }
        return (int)i;
}

/* directories */

static int listing_rewind(void *user)
{
        const Listing *listing = user;

        rewinddir(listing->dir);
        return 0;
}

/* What clients are told is what patterns are put to. */
static int matches(const Listing *listing, const char *name)
{
        _cleanup_(arena_freep) Arena *scratch = NULL;
        const char *told;

        if (!listing->pattern)
                return 1;
        scratch = arena_new(NAME_TOLD_BYTES);
        told = scratch ? guest_path_encode(scratch, name) : NULL;
        if (!told)
                return -ENOMEM;
        return pattern_matches(listing->pattern, told, listing->fault, listing->arena);
}

static int listing_next(void *user, const char **ret)
{
        const Listing *listing = user;
        const struct dirent *entry;
        int r = 0;

        while (r == 0) {
                errno = 0;
                entry = readdir(listing->dir);
                if (!entry)
                        return errno ? file_fault(listing->fault, listing->arena, listing->path,
                                                  errno)
                                     : 0;
                r = matches(listing, entry->d_name);
                *ret = entry->d_name;
        }
        return r;
}

static int32_t remaining_of(uint64_t n)
{
        return n < INT32_MAX ? (int32_t)n : INT32_MAX;
}

static int list_directory(Listing *listing, const char *bytes, GuestListFileInfo *info)
{
        const NameSource source = {listing_rewind, listing_next, listing};
        int fd = open(bytes, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        _cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        _cleanup_(names_done) Names names = {0};
        uint64_t after = 0;
        int r;

        if (!dir) {
                r = file_fault(listing->fault, listing->arena, listing->path, errno);
                fd_close(fd);
                return r;
        }
        listing->dir = dir;
        r = select_names(&source, listing->index, listing->count, NAMES_KEPT, &names, &after);
        if (r >= 0)
                r = add_rows(listing, &names, info);
        if (r >= 0)
                info->remaining = remaining_of(after + names.n - (size_t)r);
        return r;
}

/* everything else */

/* A link is told as such, but has to lead somewhere. */
static int list_file(const Listing *listing, const char *bytes, GuestListFileInfo *info)
{
        GuestFileInfo *row = NULL;
        struct stat status;
        int r = stat(bytes, &status) < 0 ? -errno : 0;

        if (r >= 0)
                r = describe(listing->arena, AT_FDCWD, bytes, listing->path, &row);
        if (r <= 0)
                return file_fault(listing->fault, listing->arena, listing->path, r ? r : ENOENT);
        if (listing->pattern)
                r = pattern_matches(listing->pattern, listing->path, listing->fault,
                                    listing->arena);
        if (r <= 0 || listing->index > 0)
                return r;
        info->remaining = listing->count == 0;
        info->files.items = arena_array(listing->arena, 1, sizeof(WireObject *));
        if (!info->files.items)
                return -ENOMEM;
        if (listing->count > 0)
                info->files.items[info->files.n++] = (WireObject *)row;
        return 0;
}

static size_t count_of(const WireInt *max_results)
{
        int32_t count = max_results->set ? max_results->value : RESULTS_DEFAULT;

        return count < RESULTS_MAX ? (size_t)count : RESULTS_MAX;
}

int list_files(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const ListFilesInGuestRequestType *request = params;
        _cleanup_(pattern_freep) Pattern *pattern = NULL;
        const char *bytes = guest_path_decode(arena, request->file_path);
        GuestListFileInfo **info = arena_new_object(arena, GuestListFileInfo *);
        Listing listing = {
                .path = request->file_path,
                .arena = arena,
                .fault = fault,
                .index = (uint64_t)request->index.value,
                .count = count_of(&request->max_results),
        };
        struct stat status;
        int r = 0;

        if (info)
                *info = arena_new_object(arena, GuestListFileInfo);
        if (!bytes || !info || !*info)
                return -ENOMEM;
        (*info)->type = &type_GuestListFileInfo;
        if (!str_is_empty(request->match_pattern))
                r = pattern_new(request->match_pattern, "matchPattern", CPU_USEC_MAX, fault, arena,
                                &pattern);
        if (r < 0)
                return r;
        listing.pattern = pattern;
        if (lstat(bytes, &status) < 0)
                return file_fault(fault, arena, request->file_path, errno);
        r = S_ISDIR(status.st_mode) ? list_directory(&listing, bytes, *info)
                                    : list_file(&listing, bytes, *info);
        if (r >= 0)
                *ret = info;
        return r < 0 ? r : 0;
}

/* the monitor */

static int check_number(Operation *operation, const char *property, const WireInt *number)
{
        if (!number->set || number->value >= 0)
                return 0;
        return operation_fault(operation, FAULT_INVALID_ARGUMENT, property,
                               "A specified parameter was not correct: %s", property);
}

int list_files_check(Operation *operation)
{
        const ListFilesInGuestRequestType *request = (const void *)operation->request->params;
        int r = file_operation_check_path(operation, "filePath", request->file_path);

        if (r >= 0)
                r = check_number(operation, "index", &request->index);
        if (r >= 0)
                r = check_number(operation, "maxResults", &request->max_results);
        return r;
}

int list_files_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, list_files, now);
}
