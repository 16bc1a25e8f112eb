/*
 * GuestAuthManager: Validate, Acquire, Release. Source: vSphere Web Services API.
 * VMware Tools on Linux refuse tickets; here they work.
 */

#include "agent/operation.h"
#include "schema/tables.h"

int validate_credentials_run(Operation *operation, Usec now)
{
        (void)now;
        operation_answer(operation, NULL);
        return 0;
}

/* Only a name and a password can be turned into a ticket. */
int acquire_credentials_check(Operation *operation)
{
        const AcquireCredentialsInGuestRequestType *args = (const void *)operation->request->params;

        if (args->requested_auth->type == &type_NamePasswordAuthentication)
                return 0;
        return operation_fault(operation, FAULT_OPERATION_NOT_SUPPORTED_BY_GUEST, NULL,
                               "This guest gives tickets for NamePasswordAuthentication only.");
}

int acquire_credentials_run(Operation *operation, Usec now)
{
        Operations *operations = operation->operations;
        const TicketPlace place = operation_ticket_place(operation, now);
        TicketedSessionAuthentication *ticket =
                arena_new_object(operation->arena, TicketedSessionAuthentication);
        char *text = arena_alloc(operation->arena, TICKET_CHARS + 1);
        int r;

        if (!ticket || !text)
                return -ENOMEM;
        r = ticket_issue(&operations->tickets, operation->user_spelling, &place,
                         now + operations->config->ticket_usec, text);
        if (r < 0)
                return operation_fault(operation, FAULT_TOO_MANY_GUEST_LOGONS, NULL,
                                       "Too many tickets are in use; release some, or wait until "
                                       "they expire.");
        *ticket = (TicketedSessionAuthentication){
                .base.type = &type_TicketedSessionAuthentication,
                .ticket = text,
        };
        operation_answer(operation, &ticket);
        return 0;
}

int release_credentials_check(Operation *operation)
{
        const ReleaseCredentialsInGuestRequestType *args = (const void *)operation->request->params;

        if (args->auth->type == &type_TicketedSessionAuthentication)
                return 0;
        return operation_fault(operation, FAULT_OPERATION_NOT_SUPPORTED_BY_GUEST, NULL,
                               "Only a TicketedSessionAuthentication can be released.");
}

int release_credentials_run(Operation *operation, Usec now)
{
        const ReleaseCredentialsInGuestRequestType *args = (const void *)operation->request->params;
        const TicketedSessionAuthentication *auth = (const void *)args->auth;
        const TicketPlace place = operation_ticket_place(operation, now);

        (void)ticket_revoke(&operation->operations->tickets, auth->ticket, &place);
        operation_answer(operation, NULL);
        return 0;
}
