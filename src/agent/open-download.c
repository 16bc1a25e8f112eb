/* OpenFileTransfer from the guest, in the monitor. */

#include "agent/open-transfer-private.h"

#include <fcntl.h>
#include <sys/epoll.h>

#define PIPE_BYTES (256 << 10) /* between two turns of the worker */

static void note_drained(OpenTransfer *open)
{
        open->drained = true;
        open_transfer_watch(open, &open->pipe, false);
        loop_defer(open->operation->operations->loop, &open->task);
}

/* Return: how much it was; 0 where there is nothing now. */
static size_t read_pipe(OpenTransfer *open, char *data, size_t size)
{
        ssize_t n;

        do
                n = read(open->pipe.fd, data, size);
        while (n < 0 && errno == EINTR);
        if (n == 0 || (n < 0 && errno != EAGAIN))
                note_drained(open);
        else if (n < 0)
                open_transfer_watch(open, &open->pipe, true);
        return n > 0 ? (size_t)n : 0;
}

size_t open_download_pull(OpenTransfer *open, char *data, size_t size)
{
        size_t n;

        if (open->drained)
                return 0;
        if ((int64_t)size > open->left)
                size = (size_t)open->left;
        n = size > 0 ? read_pipe(open, data, size) : 0;
        open->left -= (int64_t)n;
        if (open->left == 0 && !open->drained) /* its end is to come */
                open_transfer_watch(open, &open->pipe, true);
        return n;
}

static int on_pipe(LoopIo *io, uint32_t events, Usec now)
{
        OpenTransfer *open = container_of(io, OpenTransfer, pipe);
        const StreamHost *streams = open_transfer_streams(open);
        char more;

        (void)events;
        (void)now;
        if (open->left > 0) {
                open_transfer_watch(open, io, false);
                streams->ready(streams->user, open->operation->id);
        } else if (read_pipe(open, &more, 1) > 0) {
                open_transfer_fail_senseless(open);
        }
        return 0;
}

static int on_task(LoopTask *task, Usec now)
{
        (void)now;
        open_download_settle(container_of(task, OpenTransfer, task));
        return 0;
}

int open_download_prepare(OpenTransfer *open, int *ret_data)
{
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
        (void)fcntl(fds[0], F_SETPIPE_SZ, PIPE_BYTES);
        open->pipe = (LoopIo){.fd = fds[0], .on_ready = on_pipe};
        open->task.run = on_task;
        *ret_data = fds[1];
        return 0;
}

void open_download_begin(OpenTransfer *open)
{
        open_transfer_watch(open, &open->pipe, true);
}

void open_download_settle(OpenTransfer *open)
{
        if (!open->succeeded || !open->hung_up || (open->opened && !open->drained))
                return;
        if (!open->opened || open->left > 0)
                open_transfer_fail_senseless(open);
        else
                operation_answer(open->operation, NULL);
}
