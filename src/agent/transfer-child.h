#pragma once

/*
 * What the worker of an open transfer does, as the user, on WORKER_SOCKET; see transfer-packet.h.
 */

#include "agent/transfers.h"
#include "base/buf.h"
#include "schema/fault.h"

typedef struct TransferTask {
        const TransferTerms *terms;
        int64_t offset, length; /* from the guest: the part that is wanted; INT64_MAX: to the end */
} TransferTask;

/* Each a WorkerTask.run() with a TransferTask. */
void download_child(const void *argument, Arena *arena, Buf *answer);
void upload_child(const void *argument, Arena *arena, Buf *answer);

/* Tells the monitor that the file is open. Return: 0 or a negative errno. */
int transfer_child_opened(const FileTransferOpened *opened);
/* Writes how it ended. @r: negative for the fault that was raised. */
void transfer_child_answer(Buf *answer, Arena *arena, Fault *fault, int r);
