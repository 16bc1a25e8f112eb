#include "agent/file-attributes.h"

#include "agent/file-place.h"
#include "agent/guest-path.h"
#include "schema/tables.h"

#include <fcntl.h>

#define PERMISSIONS_MAX 07777

/* Some file systems keep times of far beyond what fits. */
static WireTime time_of(const struct timespec *time)
{
        const int64_t max = INT64_MAX / (int64_t)USEC_PER_SEC - 1;
        int64_t seconds = time->tv_sec > max ? max : time->tv_sec < -max ? -max : time->tv_sec;

        return (WireTime){.set = true,
                          .usec = seconds * (int64_t)USEC_PER_SEC + time->tv_nsec / 1000};
}

GuestFileAttributes *file_attributes_of(Arena *arena, const struct stat *status, const char *target)
{
        GuestPosixFileAttributes *attributes = arena_new_object(arena, GuestPosixFileAttributes);

        if (!attributes)
                return NULL;
        *attributes = (GuestPosixFileAttributes){
                .base.type = &type_GuestPosixFileAttributes,
                .base.modification_time = time_of(&status->st_mtim),
                .base.access_time = time_of(&status->st_atim),
                .owner_id = {.set = true, .value = (int32_t)status->st_uid},
                .group_id = {.set = true, .value = (int32_t)status->st_gid},
                .permissions = {.set = true, .value = status->st_mode},
        };
        if (target) {
                attributes->base.symlink_target = guest_path_encode(arena, target);
                if (!attributes->base.symlink_target)
                        return NULL;
        }
        return &attributes->base;
}

int file_attributes_check(Operation *operation, const char *property,
                          const GuestFileAttributes *attributes)
{
        const GuestPosixFileAttributes *posix = (const void *)attributes;
        const char *bad = NULL;

        if (attributes->type == &type_GuestWindowsFileAttributes)
                return operation_fault(operation, FAULT_INVALID_ARGUMENT, property,
                                       "A specified parameter was not correct: %s (this guest is "
                                       "no Windows; send GuestPosixFileAttributes)",
                                       property);
        if (attributes->type != &type_GuestPosixFileAttributes)
                return 0;
        if (posix->permissions.set && (posix->permissions.value < 0 ||
                                       (posix->permissions.value & ~S_IFMT) > PERMISSIONS_MAX))
                bad = "permissions";
        if (!bad)
                return 0;
        return operation_fault(operation, FAULT_INVALID_ARGUMENT, property,
                               "A specified parameter was not correct: %s.%s", property, bad);
}

static struct timespec timespec_of(const WireTime *time)
{
        int64_t seconds = time->usec / (int64_t)USEC_PER_SEC;
        int64_t usec = time->usec % (int64_t)USEC_PER_SEC;

        if (!time->set)
                return (struct timespec){.tv_nsec = UTIME_OMIT};
        if (usec < 0) {
                seconds--;
                usec += (int64_t)USEC_PER_SEC;
        }
        return (struct timespec){.tv_sec = seconds, .tv_nsec = usec * 1000};
}

int file_attributes_apply(int fd, const GuestFileAttributes *attributes)
{
        const FdPath path = fd_path(fd); /* these calls take no descriptor of O_PATH */
        const GuestPosixFileAttributes *posix = (const void *)attributes;
        const struct timespec times[] = {
                timespec_of(&attributes->access_time),
                timespec_of(&attributes->modification_time),
        };
        uid_t owner;
        gid_t group;

        if ((attributes->access_time.set || attributes->modification_time.set) &&
            utimensat(AT_FDCWD, path.text, times, 0) < 0)
                return -errno;
        if (attributes->type != &type_GuestPosixFileAttributes)
                return 0;
        owner = posix->owner_id.set ? (uid_t)posix->owner_id.value : (uid_t)-1;
        group = posix->group_id.set ? (gid_t)posix->group_id.value : (gid_t)-1;
        if ((posix->owner_id.set || posix->group_id.set) && chown(path.text, owner, group) < 0)
                return -errno;
        if (posix->permissions.set &&
            chmod(path.text, (mode_t)posix->permissions.value & PERMISSIONS_MAX) < 0)
                return -errno;
        return 0;
}
