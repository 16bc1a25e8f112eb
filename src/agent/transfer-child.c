#include "agent/transfer-child.h"

#include "agent/transfer-packet.h"
#include "agent/worker.h"
#include "schema/tables.h"
#include "wire/write.h"

#include <sched.h>

int transfer_child_opened(const FileTransferOpened *opened)
{
        const struct sched_param none = {0};
        _cleanup_(buf_done) Buf payload = {.max = PACKET_BYTES_MAX};

        /* The monitor, which wakes us, goes on with what it has before it is our turn. */
        (void)sched_setscheduler(0, SCHED_BATCH, &none);

        tlv_write(&payload, opened);
        if (buf_error(&payload))
                return buf_error(&payload);
        return packet_send(WORKER_SOCKET, PACKET_OPENED, payload.data, payload.size);
}

void transfer_child_answer(Buf *answer, Arena *arena, Fault *fault, int r)
{
        ChannelAnswer message = {.type = &type_ChannelAnswer, .message = (char *)WORKER_DONE};

        if (r < 0) {
                (void)fault_raise(fault, arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                  "The guest could not carry out the transfer: %s.", strerror(-r));
                message.fault = fault->detail;
                message.message = (char *)fault->message;
        }
        tlv_write(answer, &message);
}
