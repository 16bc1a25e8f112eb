#include "agent/open-transfer.h"

#include "agent/file-operation.h"
#include "agent/transfer-child.h"
#include "agent/transfer-packet.h"
#include "base/log.h"
#include "channel/link.h"
#include "schema/tables.h"
#include "wire/read.h"

#include <malloc.h>
#include <sys/epoll.h>

#define GIVEN_UP_USEC (3600 * USEC_PER_SEC) /* a commit that has begun is not cut off */
#define TRIM_USEC     USEC_PER_SEC          /* when END is out, and with it the stream's buffers */

struct OpenTransfer {
        Operation *operation;
        Transfer *transfer; /* busy */
        LoopIo io;          /* our end of the worker's socket */
        bool opened;        /* the host has been told so */
        bool complete;      /* to the guest: the host has sent all, … */
        bool passed_on;     /* … and the worker has it */
        bool drained;       /* from the guest: the worker has sent all it will, … */
        bool succeeded;     /* … and says that this is all there is */
        int64_t left;       /* from the guest: bytes still to come from the worker */
        Buf pending;        /* what the other side has not taken yet */
        char packet[PACKET_BYTES_MAX];
};

static const StreamHost *streams_of(const OpenTransfer *open)
{
        return &open->operation->operations->host.streams;
}

/* The C library would keep what many transfers at once have taken, and the guest go without. */
static int on_trim(LoopTimer *timer, Usec now)
{
        (void)timer;
        (void)now;
        (void)malloc_trim(0);
        return 0;
}

static void schedule_trim(Operations *operations)
{
        operations->trimmer.on_due = on_trim;
        (void)loop_timer_set(operations->loop, &operations->trimmer,
                             loop_now(operations->loop) + TRIM_USEC);
}

OpenTransfer *open_transfer_free(OpenTransfer *open)
{
        Operation *operation;

        if (!open)
                return NULL;
        operation = open->operation;
        loop_io_remove(&open->io);
        fd_close(open->io.fd);
        if (operation->worker)
                worker_set_deadline(operation->worker,
                                    loop_now(operation->operations->loop) + GIVEN_UP_USEC);
        transfers_release(&operation->operations->transfers, open->transfer);
        operations_schedule_transfers(operation->operations);
        schedule_trim(operation->operations);
        buf_done(&open->pending);
        free(open);
        return NULL;
}

static void fail_senseless(OpenTransfer *open)
{
        (void)operation_fault(open->operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                              "The process that carried out the transfer made no sense.");
        operation_fail(open->operation);
}

/* Level-triggered: what we cannot go on with now is not watched, its end included. */
static void watch(OpenTransfer *open, uint32_t events)
{
        Loop *loop = open->operation->operations->loop;

        if (open->io.loop && open->io.events == events)
                return;
        loop_io_remove(&open->io);
        if (events && loop_add_io(loop, &open->io, events) < 0)
                log_error("a transfer cannot be watched: %s", strerror(ENOMEM));
}

/* from the guest */

static void finish_download(OpenTransfer *open)
{
        if (!open->succeeded || !open->drained || open->pending.size > 0)
                return;
        if (!open->opened || open->left > 0)
                fail_senseless(open);
        else
                operation_answer(open->operation, NULL);
}

/* Hands on what the stream takes; the worker waits meanwhile. May end the operation. */
static void send_to_host(OpenTransfer *open)
{
        const StreamHost *streams = streams_of(open);
        uint32_t id = open->operation->id;
        size_t size = streams->room(streams->user, id);

        if (size > open->pending.size)
                size = open->pending.size;
        if (size > 0 && streams->send(streams->user, id, open->pending.data, size) >= 0)
                buf_drop(&open->pending, size);
        watch(open, open->pending.size == 0 && !open->drained ? EPOLLIN : 0);
        finish_download(open);
}

static void take_from_guest(OpenTransfer *open, PacketKind kind, size_t size)
{
        if (kind != PACKET_DATA || (int64_t)size > open->left ||
            buf_put(&open->pending, open->packet, size) < 0) {
                fail_senseless(open);
                return;
        }
        open->left -= (int64_t)size;
        send_to_host(open);
}

/* to the guest */

/* Return: 0, or -EAGAIN where the worker takes no more for now; -EPIPE where it never will. */
static int send_pending(OpenTransfer *open, size_t *ret_sent)
{
        while (open->pending.size > *ret_sent) {
                size_t left = open->pending.size - *ret_sent;
                size_t size = left < PACKET_BYTES_MAX ? left : PACKET_BYTES_MAX;
                int r = packet_send(open->io.fd, PACKET_DATA, open->pending.data + *ret_sent, size);

                if (r < 0)
                        return r;
                *ret_sent += size;
        }
        if (open->complete && !open->passed_on) {
                int r = packet_send(open->io.fd, PACKET_ALL, NULL, 0);

                if (r < 0)
                        return r;
                open->passed_on = true;
        }
        return 0;
}

static void send_to_worker(OpenTransfer *open)
{
        const StreamHost *streams = streams_of(open);
        size_t sent = 0;
        int r = send_pending(open, &sent);

        /* It has failed, and is about to say how. */
        if (r < 0 && r != -EAGAIN)
                sent = open->pending.size;
        buf_drop(&open->pending, sent);
        if (sent > 0)
                streams->grant(streams->user, open->operation->id, sent);
        watch(open, r == -EAGAIN ? EPOLLOUT : 0);
}

void open_transfer_data(OpenTransfer *open, const char *data, size_t size, Usec now)
{
        (void)now;
        if (!open->opened || !open->transfer->terms.to_guest || open->complete) {
                log_debug("data of a transfer that takes none");
                return;
        }
        if (size == 0)
                open->complete = true;
        else if (buf_put(&open->pending, data, size) < 0) {
                (void)operation_fault(open->operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                      "The host sent more than it may.");
                operation_fail(open->operation);
                return;
        }
        send_to_worker(open);
}

/* both */

static bool makes_sense(const OpenTransfer *open, const FileTransferOpened *opened)
{
        const OpenFileTransferRequestType *args = (const void *)open->operation->request->params;

        if (open->transfer->terms.to_guest)
                return opened->length == 0;
        return opened->offset >= 0 && opened->offset == args->offset.value && opened->length >= 0 &&
               opened->offset <= opened->size && opened->length <= opened->size - opened->offset &&
               (!args->length.set || opened->length <= args->length.value);
}

static int tell_opened(OpenTransfer *open, PacketKind kind, size_t size)
{
        const StreamHost *streams = streams_of(open);
        Operation *operation = open->operation;
        const FileTransferOpened *opened = NULL;
        WireError error;
        int r;

        if (kind != PACKET_OPENED ||
            tlv_read(operation->arena, open->packet, size, &type_FileTransferOpened, &opened,
                     &error) < 0 ||
            !makes_sense(open, opened))
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "The process that opened the file made no sense.");
        r = streams->open(streams->user, operation->id, open->transfer->terms.to_guest);
        if (r < 0)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "Too many file transfers are open in the guest.");
        open->opened = true;
        open->left = opened->length;
        if (operation->worker)
                worker_set_deadline(operation->worker, USEC_NEVER);
        operation_tell(operation, &opened);
        if (open->transfer->terms.to_guest)
                watch(open, 0);
        return 0;
}

static int on_socket(LoopIo *io, uint32_t events, Usec now)
{
        OpenTransfer *open = container_of(io, OpenTransfer, io);
        PacketKind kind = PACKET_ALL;
        ssize_t n;

        (void)now;
        if (events & EPOLLOUT) {
                send_to_worker(open);
                return 0;
        }
        n = packet_receive(io->fd, &kind, open->packet);
        if (n == -EPIPE) {
                open->drained = true;
                watch(open, 0);
                finish_download(open);
        } else if (n == -EMSGSIZE) {
                fail_senseless(open);
        } else if (n >= 0 && open->opened) {
                take_from_guest(open, kind, (size_t)n);
        } else if (n >= 0 && tell_opened(open, kind, (size_t)n) < 0) {
                operation_fail(open->operation);
        }
        return 0;
}

void open_transfer_room(OpenTransfer *open, Usec now)
{
        (void)now;
        if (open->opened && !open->transfer->terms.to_guest)
                send_to_host(open);
}

/* How it ended. From the guest, that may be known before all is on its way. */
static void on_answer(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        Operation *operation = user;
        OpenTransfer *open = operation->open;
        const ChannelAnswer *read = NULL;

        (void)pid;
        (void)now;
        if (operation_read_answer(operation, result, answer, &read) < 0) {
                operation_fail(operation);
        } else if (!open->transfer->terms.to_guest) {
                worker_forget(moved(operation->worker));
                open->succeeded = true;
                finish_download(open);
        } else if (!open->passed_on) {
                fail_senseless(open);
        } else {
                transfers_end(&operation->operations->transfers, open->transfer);
                operation_answer(operation, NULL);
        }
}

int open_transfer_run(Operation *operation, Usec now)
{
        const OpenFileTransferRequestType *args = (const void *)operation->request->params;
        OpenTransfer *open = operation->open;
        const TransferTask transfer_task = {
                .terms = &open->transfer->terms,
                .offset = args->offset.value,
                .length = args->length.set ? args->length.value : INT64_MAX,
        };
        WorkerTask task = {
                .who = operation->who,
                .run = open->transfer->terms.to_guest ? upload_child : download_child,
                .argument = &transfer_task,
                .deadline_usec = (Usec)operation->request->deadline - now,
        };
        const WorkerCallbacks callbacks = {.on_answer = on_answer, .user = operation};
        int theirs = -1, r;

        r = packet_pair(&open->io.fd, &theirs);
        if (r < 0)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "The guest could not open the transfer: %s.", strerror(-r));
        task.socket = theirs;
        r = operation_start_worker(operation, &task, &callbacks);
        fd_close(theirs);
        if (r < 0)
                return r;
        return loop_add_io(operation->operations->loop, &open->io, EPOLLIN);
}

static int check_part(Operation *operation, const OpenFileTransferRequestType *args)
{
        const char *bad = args->offset.value < 0   ? "offset"
                          : args->length.value < 0 ? "length"
                                                   : NULL;

        return bad ? operation_fault(operation, FAULT_INVALID_ARGUMENT, bad,
                                     "A specified parameter was not correct: %s", bad)
                   : 0;
}

int open_transfer_check(Operation *operation)
{
        const OpenFileTransferRequestType *args = (const void *)operation->request->params;
        Transfer *transfer = operation_find_transfer(operation, args->transfer);
        OpenTransfer *open;
        int r;

        if (!transfer)
                return -ENOENT;
        r = check_part(operation, args);
        if (r >= 0 && transfer->terms.to_guest)
                r = operation_check_thawed(operation);
        if (r >= 0 && transfer->busy)
                r = operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                    "This file transfer is open already.");
        if (r < 0)
                return r;
        open = calloc(1, sizeof(*open));
        if (!open)
                return -ENOMEM;
        *open = (OpenTransfer){
                .operation = operation,
                .transfer = transfer,
                .io = {.fd = -1, .on_ready = on_socket},
                .pending.max = LINK_WINDOW_BYTES,
        };
        transfer->busy = true;
        operation->open = open;
        return 0;
}

void operations_stop_transfers(Operations *operations)
{
        Operation *operation, *next;

        for (operation = TAILQ_FIRST(&operations->running); operation; operation = next) {
                next = TAILQ_NEXT(operation, entry);
                if (operation->open &&
                    transfer_check_enabled(operation, operation->open->transfer) < 0)
                        operation_fail(operation);
        }
}
