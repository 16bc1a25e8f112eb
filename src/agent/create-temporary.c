/*
 * CreateTemporaryFileInGuest and CreateTemporaryDirectoryInGuest.
 * Source: vSphere Web Services API, GuestFileManager.
 */

#include "agent/file-acts.h"
#include "agent/file-place.h"
#include "agent/guest-path.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define DIRECTORY_DEFAULT "/tmp"
#define TRIES_MAX         16

/* What both requests have. */
typedef struct Temporary {
        const char *prefix, *suffix;
        const char *directory; /* as the client spells it; may be empty */
        int (*create)(int directory, const char *name);
} Temporary;

static int create_file(int directory, const char *name)
{
        int fd =
                openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd < 0)
                return -errno;
        fd_close(fd);
        return 0;
}

static int create_directory(int directory, const char *name)
{
        return mkdirat(directory, name, 0700) < 0 ? -errno : 0;
}

/* Both can be so long that not even a fault could name the file. */
static int check_length(const char *prefix, const char *suffix)
{
        return strlen(prefix) + strlen(suffix) > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Return: the bytes of the absolute path of @name in there, in the arena; NULL without memory. */
static char *join(Arena *arena, const char *directory, const char *name)
{
        size_t n = strlen(directory);

        while (n > 0 && directory[n - 1] == '/')
                n--;
        return arena_printf(arena, "%s%.*s/%s", *directory == '/' ? "" : "/", (int)n, directory,
                            name);
}

static int create(const Temporary *temporary, Arena *arena, Fault *fault, const void **ret)
{
        const char *spelling =
                str_is_empty(temporary->directory) ? DIRECTORY_DEFAULT : temporary->directory;
        const char *directory = guest_path_decode(arena, spelling);
        const char *prefix = guest_path_decode(arena, temporary->prefix);
        const char *suffix = guest_path_decode(arena, temporary->suffix);
        const char **path = arena_new_object(arena, const char *);
        _cleanup_(fd_closep) int fd = -1;
        int r = -EEXIST;

        if (!directory || !prefix || !suffix || !path)
                return -ENOMEM;
        fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return file_fault(fault, arena, spelling, errno);
        if (check_length(prefix, suffix) < 0)
                return file_fault(fault, arena,
                                  strlen(prefix) > strlen(suffix) ? temporary->prefix
                                                                  : temporary->suffix,
                                  ENAMETOOLONG);
        for (unsigned int i = 0; i < TRIES_MAX && r == -EEXIST; i++) {
                RandomName random;
                const char *name, *bytes;

                r = random_name(&random);
                if (r < 0)
                        return r;
                name = arena_printf(arena, "%s%s%s", prefix, random.text, suffix);
                bytes = name ? join(arena, directory, name) : NULL;
                *path = bytes ? guest_path_encode(arena, bytes) : NULL;
                if (!*path)
                        return -ENOMEM;
                r = temporary->create(fd, name);
        }
        if (r < 0)
                return file_fault(fault, arena, *path, r);
        *ret = path;
        return 0;
}

int create_temporary_file_act(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const CreateTemporaryFileInGuestRequestType *args = params;
        const Temporary temporary = {args->prefix, args->suffix, args->directory_path, create_file};

        return create(&temporary, arena, fault, ret);
}

int create_temporary_directory_act(const void *params, Arena *arena, Fault *fault, const void **ret)
{
        const CreateTemporaryDirectoryInGuestRequestType *args = params;
        const Temporary temporary = {args->prefix, args->suffix, args->directory_path,
                                     create_directory};

        return create(&temporary, arena, fault, ret);
}

static int check_name(Operation *operation, const char *prefix, const char *suffix)
{
        const char *property = strchr(prefix, '/')   ? "prefix"
                               : strchr(suffix, '/') ? "suffix"
                                                     : NULL;

        if (!property)
                return 0;
        return operation_fault(operation, FAULT_INVALID_ARGUMENT, property,
                               "A specified parameter was not correct: %s", property);
}

int create_temporary_file_check(Operation *operation)
{
        const CreateTemporaryFileInGuestRequestType *args =
                (const void *)operation->request->params;

        return check_name(operation, args->prefix, args->suffix);
}

int create_temporary_directory_check(Operation *operation)
{
        const CreateTemporaryDirectoryInGuestRequestType *args =
                (const void *)operation->request->params;

        return check_name(operation, args->prefix, args->suffix);
}

int create_temporary_file_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, create_temporary_file_act, now);
}

int create_temporary_directory_run(Operation *operation, Usec now)
{
        return file_operation_run(operation, create_temporary_directory_act, now);
}
