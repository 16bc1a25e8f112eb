/*
 * MoveFileInGuest and MoveDirectoryInGuest. Links are moved, not what they lead to.
 * Source: vSphere Web Services API, GuestFileManager; open-vm-tools for what is no file, or the
 * same one.
 */

#include "agent/file-acts.h"
#include "agent/move-across.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

typedef struct Move {
        FilePlace from, to;
        bool copied; /* and not removed afterwards */
} Move;

#define MOVE_NONE ((Move){FILE_PLACE_NONE, FILE_PLACE_NONE, false})

static void move_done(Move *move)
{
        file_place_close(&move->from);
        file_place_close(&move->to);
}

static int move_open(Move *move, Arena *arena, Fault *fault, const char *from, const char *to)
{
        int r = file_place_open(&move->from, arena, fault, from);

        return r < 0 ? r : file_place_open(&move->to, arena, fault, to);
}

/* Which of the two the kernel means. */
static bool is_about_destination(int error)
{
        static const int errors[] = {EEXIST, EINVAL, ENAMETOOLONG, ENOSPC, EDQUOT, EMLINK, EROFS};

        for (size_t i = 0; i < ELEMENTS(errors); i++)
                if (errors[i] == -error)
                        return true;
        return false;
}

static int move_fault(const Move *move, Arena *arena, Fault *fault, int error)
{
        const char *from = move->from.path, *to = move->to.path;

        if (move->copied)
                return fault_raise(fault, arena, FAULT_FILE_FAULT, from,
                                   "File %s has been copied to %s, but could not be removed: %s",
                                   from, to, strerror(-error));
        return file_fault(fault, arena, is_about_destination(error) ? to : from, error);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Do both lead to the same? A link that leads nowhere is not there. */
static int look_through(const Move *move, bool *ret_same)
{
        struct stat from, to;

        if (fstatat(move->from.directory, move->from.name, &from, 0) < 0)
                return -errno;
        *ret_same = fstatat(move->to.directory, move->to.name, &to, 0) == 0 && is_same(&from, &to);
        return 0;
}

/* files */

static int check_file(const Move *move, Arena *arena, Fault *fault, bool *ret_same)
{
        const FilePlace *from = &move->from, *to = &move->to;
        struct stat status;
        int r;

        if (fstatat(from->directory, from->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (S_ISDIR(status.st_mode))
                return -EISDIR;
        if (from->slashed)
                return -ENOTDIR;
        r = look_through(move, ret_same);
        if (r < 0)
                return r;
        if (fstatat(to->directory, to->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(status.st_mode))
                return -EEXIST;
        return to->slashed ? file_fault(fault, arena, to->path, ENOTDIR) : 0;
}

static int move_file(Move *move, bool overwrite)
{
        const FilePlace *from = &move->from, *to = &move->to;
        int r = 0;

        if (!overwrite)
                r = rename_to_free(from->directory, from->name, to->directory, to->name, false);
        else if (renameat(from->directory, from->name, to->directory, to->name) < 0)
                r = -errno;
        if (r == -EXDEV)
                r = file_move_across(from, to, overwrite, &move->copied);
        return r == -EISDIR ? -EEXIST : r; /* it has become a directory */
}

int move_file_act(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const MoveFileInGuestRequestType *args = params;
        _cleanup_(move_done) Move move = MOVE_NONE;
        bool same = false;
        int r = move_open(&move, arena, fault, args->src_file_path, args->dst_file_path);

        (void)ret;
        if (r < 0)
                return r;
        r = check_file(&move, arena, fault, &same);
        if (r >= 0 && !same)
                r = move_file(&move, args->overwrite);
        return r < 0 ? move_fault(&move, arena, fault, r) : 0;
}

/* directories */

static int check_directory(const Move *move, bool *ret_same)
{
        const FilePlace *from = &move->from, *to = &move->to;
        struct stat status;
        int r;

        if (fstatat(from->directory, from->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (!S_ISDIR(status.st_mode))
                return -ENOTDIR;
        r = look_through(move, ret_same);
        if (r < 0 || *ret_same)
                return r;
        if (fstatat(to->directory, to->name, &status, AT_SYMLINK_NOFOLLOW) == 0)
                return -EEXIST;
        return is_dots(from->name) ? -EBUSY : 0;
}

static int move_directory(Move *move)
{
        const FilePlace *from = &move->from, *to = &move->to;
        int r = rename_to_free(from->directory, from->name, to->directory, to->name, true);

        return r == -EXDEV ? tree_move_across(from, to, &move->copied) : r;
}

int move_directory_act(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const MoveDirectoryInGuestRequestType *args = params;
        _cleanup_(move_done) Move move = MOVE_NONE;
        bool same = false;
        int r = move_open(&move, arena, fault, args->src_directory_path, args->dst_directory_path);

        (void)ret;
        if (r < 0)
                return r;
        r = check_directory(&move, &same);
        if (r >= 0 && !same)
                r = move_directory(&move);
        if (r == -EINVAL)
                return fault_raise(fault, arena, FAULT_FILE_FAULT, args->dst_directory_path,
                                   "The directory %s cannot be moved to %s; it cannot become a "
                                   "part of itself",
                                   args->src_directory_path, args->dst_directory_path);
        return r < 0 ? move_fault(&move, arena, fault, r) : 0;
}

/* the monitor */

int move_file_check(Operation *operation)
{
        const MoveFileInGuestRequestType *args = (const void *)operation->request->params;
        int r = file_operation_check_path(operation, "srcFilePath", args->src_file_path);

        return r < 0 ? r : file_operation_check_path(operation, "dstFilePath", args->dst_file_path);
}

int move_directory_check(Operation *operation)
{
        const MoveDirectoryInGuestRequestType *args = (const void *)operation->request->params;
        int r = file_operation_check_path(operation, "srcDirectoryPath", args->src_directory_path);

        return r < 0 ? r
                     : file_operation_check_path(operation, "dstDirectoryPath",
                                                 args->dst_directory_path);
}

int move_file_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, move_file_act, now);
}

int move_directory_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, move_directory_act, now);
}
