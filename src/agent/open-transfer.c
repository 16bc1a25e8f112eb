#include "agent/open-transfer-private.h"

#include "agent/file-operation.h"
#include "agent/transfer-child.h"
#include "agent/upload-ring.h"
#include "base/log.h"
#include "schema/tables.h"
#include "wire/read.h"

#include <sys/epoll.h>

#define GIVEN_UP_USEC (3600 * USEC_PER_SEC) /* a commit that has begun is not cut off */

const StreamHost *open_transfer_streams(const OpenTransfer *open)
{
        return &open->operation->operations->host.streams;
}

OpenTransfer *open_transfer_free(OpenTransfer *open)
{
        Operation *operation;

        if (!open)
                return NULL;
        operation = open->operation;
        loop_io_remove(&open->io);
        fd_close(open->io.fd);
        loop_io_remove(&open->pipe);
        fd_close(open->pipe.fd);
        loop_task_cancel(&open->task);
        upload_ring_free(open->ring);
        if (operation->worker)
                worker_set_deadline(operation->worker,
                                    loop_now(operation->operations->loop) + GIVEN_UP_USEC);
        transfers_release(&operation->operations->transfers, open->transfer);
        operations_schedule_transfers(operation->operations);
        free(open);
        return NULL;
}

void open_transfer_fail_senseless(OpenTransfer *open)
{
        (void)operation_fault(open->operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                              "The process that carried out the transfer made no sense.");
        operation_fail(open->operation);
}

/* Level-triggered: what we cannot go on with now is not watched. */
void open_transfer_watch(const OpenTransfer *open, LoopIo *io, bool watched)
{
        Loop *loop = open->operation->operations->loop;

        if (watched == (io->loop != NULL))
                return;
        loop_io_remove(io);
        if (watched && loop_add_io(loop, io, EPOLLIN) < 0)
                log_error("a transfer cannot be watched: %s", strerror(ENOMEM));
}

static bool makes_sense(const OpenTransfer *open, const FileTransferOpened *opened)
{
        const OpenFileTransferRequestType *args = (const void *)open->operation->request->params;

        if (open->transfer->terms.to_guest)
                return opened->length == 0;
        return opened->offset >= 0 && opened->offset == args->offset.value && opened->length >= 0 &&
               opened->offset <= opened->size && opened->length <= opened->size - opened->offset &&
               (!args->length.set || opened->length <= args->length.value);
}

static int tell_opened(OpenTransfer *open, PacketKind kind, const char *packet, size_t size)
{
        const StreamHost *streams = open_transfer_streams(open);
        Operation *operation = open->operation;
        const FileTransferOpened *opened = NULL;
        WireError error;
        int r;

        if (kind != PACKET_OPENED ||
            tlv_read(operation->arena, packet, size, &type_FileTransferOpened, &opened, &error) <
                    0 ||
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
        if (!open->transfer->terms.to_guest)
                open_download_begin(open);
        return 0;
}

/* Each of these may end the operation. */

static void take_packet(OpenTransfer *open, PacketKind kind, const char *packet, size_t size)
{
        if (!open->opened) {
                if (tell_opened(open, kind, packet, size) < 0)
                        operation_fail(open->operation);
        } else if (open->transfer->terms.to_guest && kind == PACKET_DONE) {
                open_upload_done(open, packet, size);
        } else {
                open_transfer_fail_senseless(open);
        }
}

static void take_end(OpenTransfer *open)
{
        open->hung_up = true;
        open_transfer_watch(open, &open->io, false);
        if (open->transfer->terms.to_guest)
                open_upload_hung_up(open);
        else
                open_download_settle(open);
}

static int on_socket(LoopIo *io, uint32_t events, Usec now)
{
        OpenTransfer *open = container_of(io, OpenTransfer, io);
        char packet[PACKET_BYTES_MAX];
        PacketKind kind = PACKET_ALL;
        ssize_t n = packet_receive(io->fd, &kind, packet);

        (void)events;
        (void)now;
        if (n == -EPIPE)
                take_end(open);
        else if (n == -EMSGSIZE)
                open_transfer_fail_senseless(open);
        else if (n >= 0)
                take_packet(open, kind, packet, (size_t)n);
        return 0;
}

void open_transfer_data(OpenTransfer *open, const char *data, size_t size)
{
        if (open->opened && open->transfer->terms.to_guest)
                open_upload_data(open, data, size);
        else
                log_debug("data of a transfer that takes none");
}

size_t open_transfer_pull(OpenTransfer *open, char *data, size_t size)
{
        return open->opened && !open->transfer->terms.to_guest
                       ? open_download_pull(open, data, size)
                       : 0;
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
                open_download_settle(open);
        } else if (!open->passed_on) {
                open_transfer_fail_senseless(open);
        } else {
                transfers_end(&operation->operations->transfers, open->transfer);
                operation_answer(operation, NULL);
        }
}

/* The worker's ends of the socket, and of what the bytes go through. */
static int prepare(OpenTransfer *open, int *ret_socket, int *ret_data)
{
        int r = open->transfer->terms.to_guest ? open_upload_prepare(open, ret_data)
                                               : open_download_prepare(open, ret_data);

        return r < 0 ? r : packet_pair(&open->io.fd, ret_socket);
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
        const WorkerCallbacks callbacks = {.on_answer = on_answer, .user = operation};
        _cleanup_(fd_closep) int socket = -1, data = -1;
        int r = prepare(open, &socket, &data);

        if (r < 0)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "The guest could not open the transfer: %s.", strerror(-r));
        r = operation_start_worker(
                operation,
                &(WorkerTask){
                        .who = operation->who,
                        .run = open->transfer->terms.to_guest ? upload_child : download_child,
                        .argument = &transfer_task,
                        .socket = socket,
                        .data = data,
                        .deadline_usec = (Usec)operation->request->deadline - now,
                },
                &callbacks);
        return r < 0 ? r : loop_add_io(operation->operations->loop, &open->io, EPOLLIN);
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
                .pipe.fd = -1,
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
