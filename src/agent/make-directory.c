/*
 * MakeDirectoryInGuest: it must not be there yet, not even where parents may be created.
 * Source: vSphere Web Services API, GuestFileManager; what is made is the user's alone, as
 * open-vm-tools has it.
 */

#include "agent/file-acts.h"
#include "agent/guest-path.h"

#include <fcntl.h>
#include <sys/stat.h>

#define DIRECTORY_MODE 0700

/* Goes on into the directory of that name. Return: its descriptor or a negative errno. */
static int go_into(int directory, const char *name, bool make)
{
        int fd = openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0 || errno != ENOENT || !make)
                return fd >= 0 ? fd : -errno;
        /* Somebody else may be faster, or the name a link that leads nowhere. */
        if (mkdirat(directory, name, DIRECTORY_MODE) < 0 && errno != EEXIST)
                return -errno;
        fd = openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd >= 0 ? fd : -errno;
}

static int make_directory(char *path, bool parents)
{
        _cleanup_(fd_closep) int directory = -1;
        char *last, *save = NULL;

        directory = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0)
                return -errno;
        last = strtok_r(path, "/", &save);
        if (!last)
                return -EEXIST;
        for (char *next; (next = strtok_r(NULL, "/", &save)); last = next) {
                int fd = go_into(directory, last, parents);

                if (fd < 0)
                        return fd;
                fd_close(directory);
                directory = fd;
        }
        return mkdirat(directory, last, DIRECTORY_MODE) < 0 ? -errno : 0;
}

int make_directory_act(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const MakeDirectoryInGuestRequestType *args = params;
        char *path = guest_path_decode(arena, args->directory_path);
        int r;

        (void)ret;
        if (!path)
                return -ENOMEM;
        r = make_directory(path, args->create_parent_directories);
        return r < 0 ? file_fault(fault, arena, args->directory_path, r) : 0;
}

int make_directory_check(Operation *operation)
{
        const MakeDirectoryInGuestRequestType *args = (const void *)operation->request->params;

        return file_operation_check_path(operation, "directoryPath", args->directory_path);
}

int make_directory_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, make_directory_act, now);
}
