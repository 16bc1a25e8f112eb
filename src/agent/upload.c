/*
 * OpenFileTransfer to the guest: the worker's side. What comes goes into a file without a name
 * where the file system has such, and else into a hidden one beside the target: that way nothing is
 * at the target's name before all of it is on the disk, and nothing is left behind.
 */

#include "agent/file-attributes.h"
#include "agent/transfer-child.h"
#include "agent/transfer-packet.h"
#include "agent/upload-target.h"
#include "base/secret.h"
#include "schema/tables.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#define NEW_FILE_MODE   0644
#define PRIVATE_MODE    0600
#define KEPT_MODE       0777 /* of an old file: what it may do as its owner is for its owner to say */
#define HIDDEN_PREFIX   ".guestops-"
#define HIDDEN_BYTES    ((size_t)8)
#define HIDDEN_ATTEMPTS 8

typedef struct Upload {
        const TransferTerms *terms;
        Arena *arena;
        Fault *fault;
        UploadTarget target;
        int fd;
        char hidden[sizeof(HIDDEN_PREFIX) + 2 * HIDDEN_BYTES]; /* empty: the file has no name */
} Upload;

static void upload_done(Upload *upload)
{
        if (*upload->hidden)
                (void)unlinkat(upload->target.parent, upload->hidden, 0);
        fd_close(upload->fd);
        upload_target_close(&upload->target);
}

static int upload_fault(const Upload *upload, int error)
{
        return file_fault(upload->fault, upload->arena, upload->terms->path, error);
}

static void choose_hidden(char *name)
{
        memcpy(name, HIDDEN_PREFIX, sizeof(HIDDEN_PREFIX));
        random_hex(name + strlen(HIDDEN_PREFIX), HIDDEN_BYTES);
}

/* Return: 0 or a negative errno. */
static int make_hidden(Upload *upload)
{
        int r = -EEXIST;

        for (int i = 0; r == -EEXIST && i < HIDDEN_ATTEMPTS; i++) {
                choose_hidden(upload->hidden);
                upload->fd =
                        openat(upload->target.parent, upload->hidden,
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PRIVATE_MODE);
                r = upload->fd < 0 ? -errno : 0;
        }
        if (r < 0)
                *upload->hidden = '\0';
        return r;
}

static int make_file(Upload *upload)
{
        int r;

        upload->fd =
                openat(upload->target.parent, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, PRIVATE_MODE);
        if (upload->fd >= 0)
                return 0;
        /* EISDIR: of a kernel that does not know O_TMPFILE. */
        r = errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL ? make_hidden(upload)
                                                                      : -errno;
        return r < 0 ? upload_fault(upload, r) : 0;
}

static int write_whole(const Upload *upload, const char *data, size_t size)
{
        while (size > 0) {
                ssize_t n = write(upload->fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return upload_fault(upload, errno);
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

/* Return: 0 when all has come, -EPIPE where the transfer was given up, or with a fault raised. */
static int take_data(const Upload *upload)
{
        char *data = arena_alloc(upload->arena, PACKET_BYTES_MAX);

        if (!data)
                return -ENOMEM;
        for (;;) {
                PacketKind kind = PACKET_OPENED;
                ssize_t n = packet_receive(WORKER_SOCKET, &kind, data);
                int r;

                if (n < 0)
                        return (int)n;
                if (kind == PACKET_ALL)
                        return 0;
                r = write_whole(upload, data, (size_t)n);
                if (r < 0)
                        return r;
        }
}

/* One that replaces another stays with its owner, as far as this user can give it away. */
static int set_attributes(const Upload *upload)
{
        const struct stat *old = &upload->target.old;
        mode_t mode = upload->target.exists ? old->st_mode & KEPT_MODE : NEW_FILE_MODE;
        int r;

        if (upload->target.exists) {
                (void)!fchown(upload->fd, (uid_t)-1, old->st_gid);
                (void)!fchown(upload->fd, old->st_uid, (gid_t)-1);
        }
        if (fchmod(upload->fd, mode) < 0)
                return upload_fault(upload, errno);
        r = file_attributes_apply(upload->fd, upload->terms->attributes);
        return r < 0 ? upload_fault(upload, r) : 0;
}

/* Return: 0 or a negative errno. */
static int give_name(const Upload *upload, const char *name)
{
        char link[64];

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", upload->fd);
        return linkat(AT_FDCWD, link, upload->target.parent, name, AT_SYMLINK_FOLLOW) < 0 ? -errno
                                                                                          : 0;
}

/* Without replacing anything. Return: 0 or a negative errno. */
static int rename_to_new(Upload *upload)
{
        int parent = upload->target.parent;

        if (renameat2(parent, upload->hidden, parent, upload->target.name, RENAME_NOREPLACE) < 0) {
                /* A file system that cannot do that may still know hard links; then both names are
                   there, and the hidden one is removed in the end. */
                if (errno != EINVAL && errno != ENOSYS)
                        return -errno;
                return linkat(parent, upload->hidden, parent, upload->target.name, 0) < 0 ? -errno
                                                                                          : 0;
        }
        *upload->hidden = '\0';
        return 0;
}

/* Return: 0 or a negative errno. */
static int rename_over(Upload *upload)
{
        int parent = upload->target.parent, r;

        if (!*upload->hidden) {
                choose_hidden(upload->hidden);
                r = give_name(upload, upload->hidden);
                if (r < 0) {
                        *upload->hidden = '\0';
                        return r;
                }
        }
        if (renameat(parent, upload->hidden, parent, upload->target.name) < 0)
                return -errno;
        *upload->hidden = '\0';
        return 0;
}

/* A directory that its user may not read cannot be opened for that: then all there is goes. */
static int sync_directory(const Upload *upload)
{
        _cleanup_(fd_closep) int fd =
                openat(upload->target.parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if ((fd < 0 ? syncfs(upload->fd) : fsync(fd)) < 0 && errno != EINVAL)
                return -errno;
        return 0;
}

static int commit(Upload *upload)
{
        int r;

        if (fsync(upload->fd) < 0)
                return upload_fault(upload, errno);
        if (upload->terms->overwrite)
                r = rename_over(upload);
        else if (*upload->hidden)
                r = rename_to_new(upload);
        else
                r = give_name(upload, upload->target.name);
        if (r >= 0)
                r = sync_directory(upload);
        return r < 0 ? upload_fault(upload, r) : 0;
}

static int upload_run(Upload *upload)
{
        const FileTransferOpened opened = {.type = &type_FileTransferOpened, .version = (char *)""};
        int r;

        r = upload_target_open(upload->terms, upload->arena, upload->fault, &upload->target);
        if (r >= 0)
                r = make_file(upload);
        if (r >= 0)
                r = transfer_child_opened(&opened);
        if (r >= 0)
                r = take_data(upload);
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
