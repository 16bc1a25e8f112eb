/*
 * OpenFileTransfer to the guest: the worker's side. What comes goes into a file without a name
 * where the file system has such, and else into a hidden one beside the target: that way nothing is
 * at the target's name before all of it is on the disk, and nothing is left behind.
 */

#include "agent/file-attributes.h"
#include "agent/file-xattr.h"
#include "agent/move-across.h"
#include "agent/transfer-child.h"
#include "agent/transfer-packet.h"
#include "agent/upload-ring.h"
#include "agent/upload-target.h"
#include "schema/tables.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h> /* renameat() */

#define NEW_FILE_MODE 0644
#define PRIVATE_MODE  0600
#define KEPT_MODE     0777 /* of an old file: what it may do as its owner is for its owner to say */

/* So much is in memory only: a slow disk slows the sender down, and the last sync is a short one.
 */
#define WRITE_BEHIND_BYTES ((off_t)8 << 20)

typedef struct Upload {
        const TransferTerms *terms;
        Arena *arena;
        Fault *fault;
        UploadTarget target;
        int fd;
        off_t size, written, on_disk; /* written: up to there it is on its way to the disk */
        HiddenName hidden;            /* empty: the file has no name */
} Upload;

static void upload_done(Upload *upload)
{
        if (*upload->hidden.text)
                (void)unlinkat(upload->target.place.directory, upload->hidden.text, 0);
        fd_close(upload->fd);
        upload_target_close(&upload->target);
}

static int upload_fault(const Upload *upload, int error)
{
        return file_fault(upload->fault, upload->arena, upload->terms->path, error);
}

/* Return: 0 or a negative errno. */
static int make_hidden(Upload *upload)
{
        int r = hidden_name(&upload->hidden);

        if (r >= 0)
                upload->fd = openat(upload->target.place.directory, upload->hidden.text,
                                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PRIVATE_MODE);
        if (r >= 0 && upload->fd < 0)
                r = -errno;
        if (r < 0)
                *upload->hidden.text = '\0';
        return r;
}

static int make_file(Upload *upload)
{
        int r;

        upload->fd = openat(upload->target.place.directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC,
                            PRIVATE_MODE);
        if (upload->fd >= 0)
                return 0;
        /* EISDIR: of a kernel that does not know O_TMPFILE. */
        r = errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL ? make_hidden(upload)
                                                                      : -errno;
        return r < 0 ? upload_fault(upload, r) : 0;
}

/* What fails here fails once more at the end, by fsync(2). */
static void write_behind(Upload *upload)
{
        off_t begun = upload->written - upload->on_disk, new = upload->size - upload->written;

        if (new < WRITE_BEHIND_BYTES)
                return;
        if (begun > 0)
                (void)sync_file_range(upload->fd, upload->on_disk, begun,
                                      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                                              SYNC_FILE_RANGE_WAIT_AFTER);
        (void)sync_file_range(upload->fd, upload->written, new, SYNC_FILE_RANGE_WRITE);
        upload->on_disk = upload->written;
        upload->written = upload->size;
}

static int write_whole(Upload *upload, const char *data, size_t size)
{
        while (size > 0) {
                ssize_t n = write(upload->fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return upload_fault(upload, errno);
                data += n;
                size -= (size_t)n;
                upload->size += n;
        }
        write_behind(upload);
        return 0;
}

/* Return: 0 when all has come, -EPIPE where the transfer was given up, or with a fault raised. */
static int take_data(Upload *upload, const char *ring)
{
        size_t at = 0;

        for (;;) {
                char packet[PACKET_BYTES_MAX];
                PacketKind kind = PACKET_OPENED;
                PacketCount count = 0;
                ssize_t n = packet_receive(WORKER_SOCKET, &kind, packet);
                int r;

                if (n < 0)
                        return (int)n;
                if (kind == PACKET_ALL)
                        return 0;
                r = packet_read_count(packet, (size_t)n, &count);
                if (r >= 0)
                        r = write_whole(upload, ring + at, count);
                if (r >= 0)
                        r = packet_send_count(WORKER_SOCKET, PACKET_DONE, count);
                if (r < 0)
                        return r;
                at = (at + count) % UPLOAD_RING_BYTES;
        }
}

/* What is replaced may have been closed to others while this was sent. */
static mode_t initial_mode(const UploadTarget *target)
{
        mode_t mode = target->exists ? target->old.st_mode & KEPT_MODE : NEW_FILE_MODE;
        struct stat now;

        if (fstatat(target->place.directory, target->place.name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(now.st_mode))
                mode &= now.st_mode;
        return mode;
}

/*
 * Where there is an access control list, the mode tells of the most that it allows to anybody in
 * it: without the list, that would be what the group may do.
 */
static int keep_access_list(const Upload *upload)
{
        const FilePlace *place = &upload->target.place;
        _cleanup_(fd_closep) int old =
                openat(place->directory, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

        return old < 0 ? -errno : file_copy_access(old, upload->fd);
}

/* One that replaces another stays with its owner, as far as this user can give it away. */
static int set_attributes(const Upload *upload)
{
        const struct stat *old = &upload->target.old;
        mode_t mode = initial_mode(&upload->target);
        int r;

        if (upload->target.exists) {
                (void)!fchown(upload->fd, (uid_t)-1, old->st_gid);
                (void)!fchown(upload->fd, old->st_uid, (gid_t)-1);
                if (keep_access_list(upload) < 0)
                        mode &= ~(mode_t)S_IRWXG;
        }
        if (fchmod(upload->fd, mode) < 0)
                return upload_fault(upload, errno);
        r = file_attributes_apply(upload->fd, upload->terms->attributes);
        return r < 0 ? upload_fault(upload, r) : 0;
}

/* Return: 0 or a negative errno. */
static int give_name(const Upload *upload, const char *name)
{
        return linkat(AT_FDCWD, fd_path(upload->fd).text, upload->target.place.directory, name,
                      AT_SYMLINK_FOLLOW) < 0
                       ? -errno
                       : 0;
}

/* Return: 0 or a negative errno. */
static int rename_over(Upload *upload)
{
        int directory = upload->target.place.directory, r = 0;

        if (!*upload->hidden.text) {
                r = hidden_name(&upload->hidden);
                if (r >= 0)
                        r = give_name(upload, upload->hidden.text);
        }
        if (r >= 0 &&
            renameat(directory, upload->hidden.text, directory, upload->target.place.name) < 0)
                return -errno;
        *upload->hidden.text = '\0';
        return r;
}

/* Without replacing anything. Return: 0 or a negative errno. */
static int take_name(Upload *upload)
{
        const FilePlace *place = &upload->target.place;
        int r;

        if (!*upload->hidden.text)
                return give_name(upload, place->name);
        r = rename_to_free(place->directory, upload->hidden.text, place->directory, place->name,
                           false);
        if (r >= 0)
                *upload->hidden.text = '\0';
        return r;
}

/* A directory that its user may not read cannot be opened for that: then all there is goes. */
static int sync_directory(const Upload *upload)
{
        _cleanup_(fd_closep) int fd =
                openat(upload->target.place.directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if ((fd < 0 ? syncfs(upload->fd) : fsync(fd)) < 0 && errno != EINVAL)
                return -errno;
        return 0;
}

static int commit(Upload *upload)
{
        int r;

        if (fsync(upload->fd) < 0)
                return upload_fault(upload, errno);
        r = upload->terms->overwrite ? rename_over(upload) : take_name(upload);
        if (r >= 0)
                r = sync_directory(upload);
        return r < 0 ? upload_fault(upload, r) : 0;
}

static int upload_run(Upload *upload)
{
        const FileTransferOpened opened = {.type = &type_FileTransferOpened, .version = (char *)""};
        const char *ring = upload_ring_map(WORKER_DATA);
        int r;

        if (!ring)
                return -ENOMEM;
        r = upload_target_open(upload->terms, upload->arena, upload->fault, &upload->target);
        if (r >= 0)
                r = make_file(upload);
        if (r >= 0)
                r = transfer_child_opened(&opened);
        if (r >= 0)
                r = take_data(upload, ring);
        if (r >= 0)
                r = set_attributes(upload);
        if (r >= 0)
                r = commit(upload);
        return r;
}

void upload_child(const void *argument, Arena *arena, Buf *answer)
{
        const TransferTask *task = argument;
        Fault fault = {0};
        Upload upload = {
                .terms = task->terms,
                .arena = arena,
                .fault = &fault,
                .target = UPLOAD_TARGET_NONE,
                .fd = -1,
        };
        int r;

        (void)signal(SIGXFSZ, SIG_IGN); /* the write fails, and says so */
        r = upload_run(&upload);
        upload_done(&upload);
        transfer_child_answer(answer, arena, &fault, r);
}
