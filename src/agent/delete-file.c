/*
 * DeleteFileInGuest and DeleteDirectoryInGuest. A link is a file, wherever it leads to.
 * Source: vSphere Web Services API, GuestFileManager; open-vm-tools for what is no file.
 */

#include "agent/file-acts.h"
#include "agent/file-place.h"
#include "agent/tree.h"

#include <fcntl.h>
#include <sys/stat.h>

static int delete_file(const FilePlace *place)
{
        struct stat status;

        if (fstatat(place->directory, place->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (place->slashed && !S_ISDIR(status.st_mode))
                return -ENOTDIR;
        if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode))
                return -EISDIR;
        return unlinkat(place->directory, place->name, 0) < 0 ? -errno : 0;
}

static int delete_directory(const FilePlace *place, bool recursive)
{
        /* The kernel would not remove it in the end, but all that is in it would be gone. */
        if (is_dots(place->name))
                return -EINVAL;
        if (recursive)
                return tree_remove(place->directory, place->name);
        if (unlinkat(place->directory, place->name, AT_REMOVEDIR) >= 0)
                return 0;
        return errno == EEXIST ? -ENOTEMPTY : -errno;
}

int delete_file_act(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const DeleteFileInGuestRequestType *args = params;
        _cleanup_(file_place_close) FilePlace place = FILE_PLACE_NONE;
        int r = file_place_open(&place, arena, fault, args->file_path);

        (void)ret;
        if (r < 0)
                return r;
        r = delete_file(&place);
        return r < 0 ? file_fault(fault, arena, args->file_path, r) : 0;
}

int delete_directory_act(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const DeleteDirectoryInGuestRequestType *args = params;
        _cleanup_(file_place_close) FilePlace place = FILE_PLACE_NONE;
        int r = file_place_open(&place, arena, fault, args->directory_path);

        (void)ret;
        if (r < 0)
                return r;
        r = delete_directory(&place, args->recursive);
        return r < 0 ? file_fault(fault, arena, args->directory_path, r) : 0;
}

int delete_file_check(Operation *operation)
{
        const DeleteFileInGuestRequestType *args = (const void *)operation->request->params;

        return file_operation_check_path(operation, "filePath", args->file_path);
}

int delete_directory_check(Operation *operation)
{
        const DeleteDirectoryInGuestRequestType *args = (const void *)operation->request->params;

        return file_operation_check_path(operation, "directoryPath", args->directory_path);
}

int delete_file_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, delete_file_act, now);
}

int delete_directory_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, delete_directory_act, now);
}
