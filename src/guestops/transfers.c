#include "guestops/transfers.h"

#include "base/secret.h"
#include "guestops/guest-private.h"
#include "schema/tables.h"

#define CLOSE_BYTES_MAX ((size_t)16 << 10)
#define TEXT_BYTES_MAX  4097 /* more than the audit writes of any */

struct Transfers {
        Loop *loop;
        TransferLimits limits;
        Usec deadline;
        LoopTimer timer;             /* the next that ends unused */
        TAILQ_HEAD(, Transfer) list; /* by their ends */
};

/* life */

static void transfer_free(Transfer *transfer)
{
        arena_free(transfer->close.arena);
        free(transfer->user);
        free(transfer->guest_user);
        free(transfer->path);
        free(transfer->moid);
        free(transfer->vm_name);
        erasing_free(transfer);
}

static int copy_text(char **ret, const char *text)
{
        *ret = strndup(text, TEXT_BYTES_MAX);
        return *ret ? 0 : -ENOMEM;
}

static int transfer_new(Transfers *transfers, const Call *call, Vm *vm, const char *name,
                        Usec expires, Transfer **ret)
{
        const Guest *guest = vm->guest;
        Transfer *transfer = malloc(sizeof(*transfer));

        if (!transfer)
                return -ENOMEM;
        *transfer = (Transfer){
                .upload = call->method->params == &type_InitiateFileTransferToGuestRequestType,
                .transfers = transfers,
                .vm = vm,
                .expires = expires,
        };
        memcpy(transfer->name, name, sizeof(transfer->name));
        memcpy(transfer->initiation, call->request_id, sizeof(transfer->initiation));
        if (guest)
                memcpy(transfer->instance, guest->instance, sizeof(transfer->instance));
        if (copy_text(&transfer->user, call->session->user) < 0 ||
            copy_text(&transfer->path, call->target) < 0 ||
            copy_text(&transfer->moid, vm->entity.moid) < 0 ||
            copy_text(&transfer->vm_name, vm->entity.name) < 0 ||
            (call->guest_user && copy_text(&transfer->guest_user, call->guest_user) < 0)) {
                transfer_free(transfer);
                return -ENOMEM;
        }
        *ret = transfer;
        return 0;
}

/* what the agent is told */

static void on_closed(GuestRequest *request, const ChannelAnswer *answer, Usec now)
{
        (void)answer;
        (void)now;
        transfer_free(container_of(request, Transfer, close));
}

bool transfer_is_stale(const Transfer *transfer)
{
        const Guest *guest = transfer_guest(transfer);

        return guest && guest->state == GUEST_READY &&
               strcmp(guest->instance, transfer->instance) != 0;
}

/* Return: 0, and the transfer is freed when the agent has answered; or negative. */
static int tell_agent(Transfer *transfer, Usec now)
{
        Guest *guest = transfer_guest(transfer);
        const Method *method = method_find_guest("CloseFileTransfer");

        if (!guest || guest->state != GUEST_READY || transfer_is_stale(transfer))
                return -EHOSTDOWN;
        transfer->params = (CloseFileTransferRequestType){
                .type = &type_CloseFileTransferRequestType,
                .transfer = transfer->name,
        };
        transfer->close = (GuestRequest){
                .on_answer = on_closed,
                .arena = arena_new(CLOSE_BYTES_MAX),
                .fault = &transfer->fault,
        };
        if (!transfer->close.arena)
                return -ENOMEM;
        return guest_request(guest, &transfer->close, method, &transfer->params,
                             transfer->initiation, now + transfer->transfers->deadline, now);
}

static void forget(Transfer *transfer, bool tell, Usec now)
{
        if (!tell || tell_agent(transfer, now) < 0)
                transfer_free(transfer);
}

static void drop(Transfer *transfer, bool tell, Usec now)
{
        TAILQ_REMOVE(&transfer->transfers->list, transfer, entry);
        forget(transfer, tell, now);
}

/* time */

static void arm(Transfers *transfers)
{
        const Transfer *transfer = TAILQ_FIRST(&transfers->list);

        while (transfer && transfer->busy)
                transfer = TAILQ_NEXT(transfer, entry);
        if (!transfer)
                loop_timer_clear(&transfers->timer);
        else /* without memory its time is over all the same: see transfer_find() */
                (void)loop_timer_set(transfers->loop, &transfers->timer, transfer->expires);
}

static bool is_over(const Transfer *transfer, Usec now)
{
        return !transfer->vm || now >= transfer->expires || transfer_is_stale(transfer);
}

static void sweep(Transfers *transfers, Usec now)
{
        Transfer *transfer, *next;

        for (transfer = TAILQ_FIRST(&transfers->list); transfer; transfer = next) {
                next = TAILQ_NEXT(transfer, entry);
                if (!transfer->busy && is_over(transfer, now))
                        drop(transfer, true, now);
        }
        arm(transfers);
}

static int on_due(LoopTimer *timer, Usec now)
{
        sweep(container_of(timer, Transfers, timer), now);
        return 0;
}

/* URLs */

/* Return: why there may not be one more, or NULL. */
static const char *beyond_limits(const Transfers *transfers, const Transfer *new)
{
        size_t n = 0, of_user = 0, of_vm = 0;
        const Transfer *transfer;

        TAILQ_FOREACH (transfer, &transfers->list, entry) {
                n++;
                of_user += strcmp(transfer->user, new->user) == 0;
                of_vm += transfer->vm == new->vm;
        }
        if (n >= transfers->limits.max)
                return "Too many file transfers are open on this service.";
        if (of_user >= transfers->limits.max_per_user)
                return "Too many file transfers of this user are open.";
        if (of_vm >= transfers->limits.max_per_vm)
                return "Too many file transfers are open on this machine.";
        return NULL;
}

static Transfer *find(const Transfers *transfers, const char *id)
{
        Transfer *transfer;

        TAILQ_FOREACH (transfer, &transfers->list, entry)
                if (strcmp(transfer->id, id) == 0)
                        return transfer;
        return NULL;
}

static bool is_name(const char *text)
{
        return text && strspn(text, "0123456789abcdef") == TRANSFER_NAME_CHARS &&
               !text[TRANSFER_NAME_CHARS];
}

/* Letters only: there are clients that replace "443" by their port, wherever it stands. */
static char *make_url(Transfers *transfers, Transfer *transfer, const Call *call)
{
        do
                random_letters(transfer->id, TRANSFER_ID_LETTERS);
        while (find(transfers, transfer->id));
        random_letters(transfer->token, TRANSFER_TOKEN_LETTERS);
        return arena_printf(call->arena, "https://%s" TRANSFER_PATH "?id=%s&token=%s",
                            call->authority, transfer->id, transfer->token);
}

int transfer_add(Transfers *transfers, Call *call, Vm *vm, const char *name, Usec now,
                 char **ret_url)
{
        Transfer *transfer = NULL;
        const char *beyond;
        char *url;
        int r;

        if (!is_name(name))
                return call_fault(call, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                  "The agent in the guest gave an answer that makes no sense.");
        sweep(transfers, now);
        r = transfer_new(transfers, call, vm, name, now + TRANSFER_USEC, &transfer);
        if (r < 0)
                return r;
        beyond = beyond_limits(transfers, transfer);
        url = beyond ? NULL : make_url(transfers, transfer, call);
        if (!url) {
                forget(transfer, true, now);
                return beyond ? call_fault(call, FAULT_GUEST_OPERATIONS_FAULT, NULL, "%s", beyond)
                              : -ENOMEM;
        }
        TAILQ_INSERT_TAIL(&transfers->list, transfer, entry);
        arm(transfers);
        *ret_url = url;
        return 0;
}

Transfer *transfer_find(Transfers *transfers, const char *id, const char *token, Usec now)
{
        Transfer *transfer = id && token ? find(transfers, id) : NULL;

        if (!transfer || !secret_equal(transfer->token, token) || is_over(transfer, now))
                return NULL;
        return transfer;
}

Guest *transfer_guest(const Transfer *transfer)
{
        return transfer->vm ? transfer->vm->guest : NULL;
}

void transfer_begin(Transfer *transfer)
{
        transfer->busy = true;
        arm(transfer->transfers);
}

void transfer_end(Transfer *transfer, bool done, Usec now)
{
        Transfers *transfers = transfer->transfers;

        transfer->busy = false;
        if (done || is_over(transfer, now)) /* an upload that is done has ended in the agent, too */
                drop(transfer, !done || !transfer->upload, now);
        arm(transfers);
}

/* the table */

void transfers_end_vm(Transfers *transfers, const Vm *vm)
{
        Transfer *transfer, *next;

        for (transfer = TAILQ_FIRST(&transfers->list); transfer; transfer = next) {
                next = TAILQ_NEXT(transfer, entry);
                if (transfer->vm != vm)
                        continue;
                transfer->vm = NULL;
                if (!transfer->busy)
                        drop(transfer, false, 0);
        }
        arm(transfers);
}

Usec transfers_deadline(const Transfers *transfers)
{
        return transfers->deadline;
}

Transfers *transfers_new(Loop *loop, const TransferLimits *limits, Usec deadline)
{
        Transfers *transfers = malloc(sizeof(*transfers));

        if (!transfers)
                return NULL;
        *transfers = (Transfers){
                .loop = loop,
                .limits = *limits,
                .deadline = deadline,
                .timer.on_due = on_due,
        };
        TAILQ_INIT(&transfers->list);
        return transfers;
}

Transfers *transfers_free(Transfers *transfers)
{
        Transfer *transfer;

        if (!transfers)
                return NULL;
        while ((transfer = TAILQ_FIRST(&transfers->list)))
                drop(transfer, false, 0);
        loop_timer_clear(&transfers->timer);
        free(transfers);
        return NULL;
}
