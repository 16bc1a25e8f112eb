/* OpenFileTransfer from the guest: the worker's side. */

#include "agent/file-place.h"
#include "agent/guest-path.h"
#include "agent/transfer-child.h"
#include "schema/tables.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <sys/stat.h>

#define VERSION_BYTES 16
#define PART_BYTES    ((off_t)1 << 20)
#define COPY_BYTES    (32 << 10)

/* Looked at before it is opened: to open a device or a pipe can be an act by itself. */
static int open_regular(const char *path, Arena *arena, Fault *fault, struct stat *status)
{
        _cleanup_(fd_closep) int place = -1;
        char *bytes = guest_path_decode(arena, path);
        int fd;

        if (!bytes)
                return -ENOMEM;
        place = open(bytes, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (place < 0 || fstat(place, status) < 0)
                return file_fault(fault, arena, path, errno);
        if (S_ISLNK(status->st_mode))
                return fault_raise(fault, arena, FAULT_INVALID_ARGUMENT, "guestFilePath",
                                   "A specified parameter was not correct: guestFilePath (%s is a "
                                   "symbolic link)",
                                   path);
        if (!S_ISREG(status->st_mode))
                return file_fault(fault, arena, path, EISDIR);
        fd = open(fd_path(place).text, O_RDONLY | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, status) < 0) {
                int r = file_fault(fault, arena, path, errno);

                fd_close(fd);
                return r;
        }
        return fd;
}

/* Another file, or other content, has another version; nothing else can be read from it. */
static void make_version(const struct stat *status, char *text)
{
        const int64_t parts[] = {
                (int64_t)status->st_dev, (int64_t)status->st_ino, status->st_size,
                status->st_mtim.tv_sec,  status->st_mtim.tv_nsec, status->st_ctim.tv_sec,
                status->st_ctim.tv_nsec,
        };
        uint8_t digest[SHA256_DIGEST_SIZE];
        struct sha256_ctx context;

        sha256_init(&context);
        sha256_update(&context, sizeof(parts), (const uint8_t *)parts);
        sha256_digest(&context, sizeof(digest), digest);
        for (size_t i = 0; i < VERSION_BYTES; i++)
                (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* Where the file's system cannot lend us the pages that it has in memory. */
static ssize_t send_copy(int fd, off_t *at, size_t size)
{
        char data[COPY_BYTES];
        ssize_t n = pread(fd, data, size < sizeof(data) ? size : sizeof(data), *at);

        if (n > 0)
                n = write(WORKER_DATA, data, (size_t)n);
        if (n > 0)
                *at += n;
        return n;
}

/* Nobody reads the pipe any more when the transfer was given up: that ends us, by SIGPIPE. */
static int send_part(int fd, const char *path, const FileTransferOpened *part, Arena *arena,
                     Fault *fault)
{
        off_t at = part->offset, end = part->offset + part->length;
        bool lends = true;

        (void)posix_fadvise(fd, part->offset, part->length, POSIX_FADV_SEQUENTIAL);
        while (at < end) {
                size_t size = end - at < PART_BYTES ? (size_t)(end - at) : PART_BYTES;
                ssize_t n = lends ? splice(fd, &at, WORKER_DATA, NULL, size, 0)
                                  : send_copy(fd, &at, size);

                if (n < 0 && errno == EINVAL && lends)
                        lends = false;
                else if (n < 0 && errno != EINTR)
                        return file_fault(fault, arena, path, errno);
                else if (n == 0)
                        return fault_raise(fault, arena, FAULT_FILE_FAULT, path,
                                           "File %s became shorter while it was read", path);
        }
        return 0;
}

static int download(const TransferTask *task, Arena *arena, Fault *fault)
{
        const char *path = task->terms->path;
        char version[2 * VERSION_BYTES + 1];
        FileTransferOpened opened = {.type = &type_FileTransferOpened, .version = version};
        _cleanup_(fd_closep) int fd = -1;
        struct stat status = {0};
        int r;

        fd = open_regular(path, arena, fault, &status);
        if (fd < 0)
                return fd;
        if (task->offset > status.st_size)
                return fault_raise(fault, arena, FAULT_INVALID_ARGUMENT, "offset",
                                   "The offset is behind the end of %s.", path);
        make_version(&status, version);
        opened.size = status.st_size;
        opened.offset = task->offset;
        opened.length = status.st_size - task->offset;
        if (opened.length > task->length)
                opened.length = task->length;
        r = transfer_child_opened(&opened);
        return r < 0 ? r : send_part(fd, path, &opened, arena, fault);
}

void download_child(const void *argument, Arena *arena, Buf *answer)
{
        Fault fault = {0};
        int r = download(argument, arena, &fault);

        transfer_child_answer(answer, arena, &fault, r);
}
