/* CloseFileTransfer, and what it has in common with OpenFileTransfer: the handle says who asks. */

#include "agent/open-transfer.h"
#include "schema/tables.h"

/* What the guest's configuration has disabled of it, or NULL. */
static const char *find_disabled(const Operations *operations, const Transfer *transfer)
{
        const char *name = transfer->terms.to_guest ? "InitiateFileTransferToGuest"
                                                    : "InitiateFileTransferFromGuest";

        if (agent_config_disables(operations->config, name))
                return name;
        return agent_config_disables(operations->config, "OpenFileTransfer") ? "OpenFileTransfer"
                                                                             : NULL;
}

int transfer_check_enabled(Operation *operation, const Transfer *transfer)
{
        const char *name = find_disabled(operation->operations, transfer);

        if (!name)
                return 0;
        return operation_fault(operation, FAULT_OPERATION_DISABLED_BY_GUEST, NULL,
                               "%s has been disabled by the guest's configuration.", name);
}

Transfer *operation_find_transfer(Operation *operation, const char *handle)
{
        Operations *operations = operation->operations;
        const TicketPlace place = operation_ticket_place(operation, loop_now(operations->loop));
        Transfer *transfer = transfers_find(&operations->transfers, handle, &place);

        /* What is forbidden is told as such, though the handle is good no more. */
        if (transfer && transfer_check_enabled(operation, transfer) < 0)
                return NULL;
        if (!transfer || !transfer_is_current(transfer, &place)) {
                (void)operation_fault(operation, FAULT_NOT_FOUND, NULL,
                                      "The guest does not know this file transfer, or it is over.");
                return NULL;
        }
        operation->who = transfer->terms.who;
        operation->user_spelling = arena_strdup(operation->arena, transfer->terms.user);
        return transfer;
}

int close_transfer_check(Operation *operation)
{
        const CloseFileTransferRequestType *args = (const void *)operation->request->params;

        return operation_find_transfer(operation, args->transfer) ? 0 : -ENOENT;
}

int close_transfer_run(Operation *operation, Usec now)
{
        const CloseFileTransferRequestType *args = (const void *)operation->request->params;
        Transfer *transfer = operation_find_transfer(operation, args->transfer);

        (void)now;
        if (!transfer)
                return -ENOENT;
        transfers_end(&operation->operations->transfers, transfer);
        operations_schedule_transfers(operation->operations);
        operation_answer(operation, NULL);
        return 0;
}
