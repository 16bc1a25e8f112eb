/*
 * ChangeFileAttributesInGuest: of what a link leads to; what is not set stays.
 * Source: vSphere Web Services API, GuestFileManager.
 */

#include "agent/file-acts.h"
#include "agent/file-attributes.h"
#include "agent/guest-path.h"

#include <fcntl.h>

int change_file_attributes_act(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const ChangeFileAttributesInGuestRequestType *args = params;
        const char *path = guest_path_decode(arena, args->guest_file_path);
        _cleanup_(fd_closep) int fd = -1;
        int r;

        (void)ret;
        if (!path)
                return -ENOMEM;
        fd = open(path, O_PATH | O_CLOEXEC);
        r = fd < 0 ? -errno : file_attributes_apply(fd, args->file_attributes);
        return r < 0 ? file_fault(fault, arena, args->guest_file_path, r) : 0;
}

int change_file_attributes_check(Operation *operation)
{
        const ChangeFileAttributesInGuestRequestType *args =
                (const void *)operation->request->params;
        int r = file_operation_check_path(operation, "guestFilePath", args->guest_file_path);

        return r < 0 ? r
                     : file_attributes_check(operation, "fileAttributes", args->file_attributes);
}

int change_file_attributes_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, change_file_attributes_act, now);
}
