#include "agent/disk-reader.h"

#include "agent/guest-path.h"
#include "agent/mounts.h"
#include "agent/worker.h"
#include "base/utf8.h"
#include "schema/tables.h"
#include "wire/write.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define MOUNTS_PATH "/proc/self/mountinfo"
#define UTAB_PATH   "/run/mount/utab"
#define TOLD_UNIT   ((int64_t)1 << 20) /* less than that is free now or is not: nobody is told */

typedef struct Reader {
        Arena *arena;
        Buf *answer;
        size_t n;
        struct {
                unsigned int major, minor;
        } told[FACTS_DISKS_MAX];
} Reader;

static bool is_told(const Reader *reader, const Mount *mount)
{
        for (size_t i = 0; i < reader->n; i++)
                if (reader->told[i].major == mount->major && reader->told[i].minor == mount->minor)
                        return true;
        return false;
}

/* Where the list cannot be read, there is none, as on most machines. */
static bool is_users(const Mount *mount)
{
        FILE *file = fopen(UTAB_PATH, "re");
        char *line = NULL;
        size_t space = 0;
        bool found = false;

        while (file && !found && getline(&line, &space, file) > 0)
                found = mount_is_users(line, mount->point);
        free(line);
        if (file)
                (void)fclose(file);
        return found;
}

/*
 * Not what another mount hides, nor what is at that name since somebody who may write above it has
 * renamed something there.
 */
static bool measure(const Mount *mount, struct statvfs *ret)
{
        _cleanup_(fd_closep) int fd = open(mount->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct statx is;

        return fd >= 0 &&
               statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &is) == 0 &&
               is.stx_mask & STATX_MNT_ID && is.stx_mnt_id == mount->id && fstatvfs(fd, ret) == 0;
}

static int64_t bytes(uint64_t blocks, uint64_t size)
{
        int64_t product;

        return __builtin_mul_overflow(blocks, size, &product) ? INT64_MAX : product;
}

static void describe(const struct statvfs *size, AgentDisk *ret)
{
        int64_t free_space = bytes(size->f_bavail, size->f_frsize);

        ret->capacity = bytes(size->f_blocks, size->f_frsize);
        if (free_space > ret->capacity)
                free_space = ret->capacity;
        ret->free_space = free_space - free_space % TOLD_UNIT;
}

static void tell(Reader *reader, const Mount *mount)
{
        AgentDisk disk = {.type = &type_AgentDisk};
        WireObject *items[] = {(WireObject *)&disk};
        const AgentFacts told = {.type = &type_AgentFacts, .disks = {items, 1}};
        struct statvfs size;

        if (!measure(mount, &size))
                return;
        describe(&size, &disk);
        disk.path = guest_path_encode(reader->arena, mount->point);
        disk.file_system_type = arena_strdup(reader->arena, mount->type);
        if (!disk.path || !disk.file_system_type)
                return;
        utf8_defuse(disk.file_system_type);
        tlv_write(reader->answer, &told);
        worker_flush(reader->answer);
        reader->told[reader->n].major = mount->major;
        reader->told[reader->n].minor = mount->minor;
        reader->n++;
}

/* Kernels list mounts in one order or another, and "/" anywhere among them. */
static void tell_mounts(Reader *reader, bool root)
{
        FILE *file = fopen(MOUNTS_PATH, "re");
        char *line = NULL;
        size_t space = 0;

        while (file && reader->n < FACTS_DISKS_MAX && getline(&line, &space, file) > 0) {
                Mount mount;

                if (mount_parse(line, &mount) < 0 || mount_is_root(&mount) != root ||
                    (!root && !mount_is_disk(&mount)) || is_told(reader, &mount) ||
                    (!root && is_users(&mount)))
                        continue;
                tell(reader, &mount);
        }
        free(line);
        if (file)
                (void)fclose(file);
}

void disks_describe(const void *argument, Arena *arena, Buf *answer)
{
        Reader reader = {.arena = arena, .answer = answer};

        (void)argument;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody else would want to know */
        tell_mounts(&reader, true);
        tell_mounts(&reader, false);
}
