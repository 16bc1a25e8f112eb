#include "agent/upload-target.h"

#include "schema/tables.h"

#include <fcntl.h>

void upload_target_close(UploadTarget *target)
{
        file_place_close(&target->place);
}

static int deny(Fault *fault, Arena *arena, const char *path)
{
        return file_fault(fault, arena, path, EACCES);
}

static bool is_group_of_ours(gid_t group)
{
        gid_t groups[65536];
        int n = getgroups(ELEMENTS(groups), groups);

        for (int i = 0; i < n; i++)
                if (groups[i] == group)
                        return true;
        return group == getegid();
}

/* What chown(2) would refuse when all of the file has been sent. */
static int check_owner(const TransferTerms *terms, Arena *arena, Fault *fault)
{
        const GuestPosixFileAttributes *posix = (const void *)terms->attributes;

        if (!posix || posix->base.type != &type_GuestPosixFileAttributes || geteuid() == 0)
                return 0;
        if ((!posix->owner_id.set || (uid_t)posix->owner_id.value == geteuid()) &&
            (!posix->group_id.set || is_group_of_ours((gid_t)posix->group_id.value)))
                return 0;
        return fault_raise(fault, arena, FAULT_GUEST_PERMISSION_DENIED, NULL,
                           "The guest user may not give %s to another owner or group.",
                           terms->path);
}

/* In a directory like /tmp, what is there is replaced by its owner and by the directory's only. */
static bool is_kept_by_sticky_bit(const struct stat *parent, const struct stat *old)
{
        uid_t uid = geteuid();

        return parent->st_mode & S_ISVTX && uid != 0 && uid != old->st_uid && uid != parent->st_uid;
}

static int check_old(const TransferTerms *terms, Arena *arena, Fault *fault,
                     const UploadTarget *target)
{
        struct stat parent;

        if (S_ISLNK(target->old.st_mode))
                return fault_raise(fault, arena, FAULT_INVALID_ARGUMENT, "guestFilePath",
                                   "A specified parameter was not correct: guestFilePath (%s is a "
                                   "symbolic link)",
                                   terms->path);
        if (!S_ISREG(target->old.st_mode))
                return file_fault(fault, arena, terms->path, EISDIR);
        if (!terms->overwrite)
                return file_fault(fault, arena, terms->path, EEXIST);
        if (faccessat(target->place.directory, target->place.name, W_OK, AT_EACCESS) < 0)
                return file_fault(fault, arena, terms->path, errno);
        if (fstat(target->place.directory, &parent) < 0)
                return file_fault(fault, arena, terms->path, errno);
        return is_kept_by_sticky_bit(&parent, &target->old) ? deny(fault, arena, terms->path) : 0;
}

int upload_target_open(const TransferTerms *terms, Arena *arena, Fault *fault, UploadTarget *ret)
{
        _cleanup_(upload_target_close) UploadTarget target = UPLOAD_TARGET_NONE;
        int r;

        r = file_place_open(&target.place, arena, fault, terms->path);
        if (r < 0)
                return r;
        target.exists = fstatat(target.place.directory, target.place.name, &target.old,
                                AT_SYMLINK_NOFOLLOW) == 0;
        if (!target.exists && errno != ENOENT)
                return file_fault(fault, arena, terms->path, errno);
        if (target.place.slashed && !S_ISDIR(target.old.st_mode)) /* it means a directory */
                return file_fault(fault, arena, terms->path, target.exists ? ENOTDIR : ENOENT);
        if (target.exists)
                r = check_old(terms, arena, fault, &target);
        if (r >= 0 && faccessat(target.place.directory, ".", W_OK | X_OK, AT_EACCESS) < 0)
                r = file_fault(fault, arena, terms->path, errno);
        if (r >= 0)
                r = check_owner(terms, arena, fault);
        if (r < 0)
                return r;
        *ret = target;
        target.place = FILE_PLACE_NONE;
        return 0;
}
