/* OpenFileTransfer to the guest, in the monitor. */

#include "agent/open-transfer-private.h"
#include "agent/upload-ring.h"
#include "base/log.h"

#define TELL_BYTES ((size_t)64 << 10) /* that the worker is woken for at once */

static void grant(OpenTransfer *open, size_t size)
{
        const StreamHost *streams = open_transfer_streams(open);

        open->done += size;
        if (size > 0)
                streams->grant(streams->user, open->operation->id, size);
}

/* It has failed, and is about to say how. */
static void send_to_nobody(OpenTransfer *open)
{
        open->hung_up = true;
        open->told = open->put;
        grant(open, open->put - open->done);
}

/* What the worker does not take now is told when it has done with what it knows of. */
static void tell_worker(OpenTransfer *open)
{
        int r = 0;

        if (open->put > open->told && !open->hung_up) {
                r = packet_send_count(open->io.fd, PACKET_DATA,
                                      (PacketCount)(open->put - open->told));
                if (r >= 0)
                        open->told = open->put;
        }
        if (r >= 0 && open->complete && !open->passed_on && !open->hung_up) {
                r = packet_send(open->io.fd, PACKET_ALL, NULL, 0);
                open->passed_on = r >= 0;
        }
        if (open->hung_up || (r < 0 && r != -EAGAIN))
                send_to_nobody(open);
}

void open_upload_data(OpenTransfer *open, const char *data, size_t size)
{
        if (open->complete) {
                log_debug("data behind the end of a transfer");
                return;
        }
        if (size > UPLOAD_RING_BYTES - (open->put - open->done)) {
                (void)operation_fault(open->operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                      "The host sent more than it may.");
                operation_fail(open->operation);
                return;
        }
        if (size > 0)
                memcpy(open->ring + open->put % UPLOAD_RING_BYTES, data, size);
        open->put += size;
        open->complete = size == 0;
        if (open->put - open->told >= TELL_BYTES)
                tell_worker(open);
        else
                loop_defer(open->operation->operations->loop, &open->task);
}

void open_upload_done(OpenTransfer *open, const void *packet, size_t size)
{
        PacketCount count = 0;

        if (open->hung_up)
                return; /* said before it was */
        if (packet_read_count(packet, size, &count) < 0 || count > open->told - open->done) {
                open_transfer_fail_senseless(open);
                return;
        }
        grant(open, count);
        tell_worker(open);
}

void open_upload_hung_up(OpenTransfer *open)
{
        send_to_nobody(open);
}

static int on_task(LoopTask *task, Usec now)
{
        (void)now;
        tell_worker(container_of(task, OpenTransfer, task));
        return 0;
}

int open_upload_prepare(OpenTransfer *open, int *ret_data)
{
        open->task.run = on_task;
        return upload_ring_make(&open->ring, ret_data);
}
