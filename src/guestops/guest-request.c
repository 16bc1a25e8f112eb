#include "base/log.h"
#include "guestops/guest-private.h"
#include "inventory/vm-fault.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#define REQUEST_BYTES_MAX ((size_t)2 << 20)

/* faults */

/* "3 s", "5 min": how long something has been so. */
static const char *ago(Arena *arena, Usec since, Usec now)
{
        Usec seconds = (now - since) / USEC_PER_SEC;
        const char *text =
                seconds < 120 ? arena_printf(arena, "%u s", (unsigned int)seconds)
                              : arena_printf(arena, "%llu min", (unsigned long long)seconds / 60);

        return text ? text : "some time";
}

static int fault_unavailable(const Guest *guest, GuestRequest *request, Usec now)
{
        static const char text[] = "The guest operations agent could not be contacted";
        const char *since = ago(request->arena, guest->since, now);

        if (guest->state == GUEST_APART)
                return fault_raise(request->fault, request->arena,
                                   FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                                   "%s: the machine's channel cannot be opened: %s.", text,
                                   guest->apart_why  ? guest->apart_why
                                   : guest->lost_why ? guest->lost_why
                                                     : "it is being tried");
        if (!guest->vm->facts.known)
                return fault_raise(
                        request->fault, request->arena, FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                        "%s: none has answered since %s ago. Is guestops-agent installed "
                        "and running in the guest?",
                        text, since);
        return fault_raise(request->fault, request->arena, FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                           "%s: %s, %s ago.", text,
                           guest->lost_why ? guest->lost_why : "it does not answer", since);
}

/* An operation that may have begun is never said not to have. */
static int fault_lost(GuestRequest *request, const char *why)
{
        if (request->may_have_run)
                return fault_raise(
                        request->fault, request->arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                        "%s before it answered; the operation may have been carried out. "
                        "Look before you repeat it.",
                        why);
        return fault_raise(request->fault, request->arena, FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                           "The guest operations agent could not be contacted: %s before it "
                           "answered; the operation was not begun.",
                           why);
}

int guest_request_check_vm(const Guest *guest, GuestRequest *request)
{
        const Vm *vm = guest->vm;

        if (vm->source->lost)
                return fault_raise(
                        request->fault, request->arena, FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                        "Nothing is known of the machine at present: %s.", vm->source->lost);
        if (vm->state.power != VM_POWERED_ON)
                return vm_fault_power_state(vm, VM_POWERED_ON, request->fault, request->arena);
        if (vm_busy_with(vm))
                return vm_fault_busy(vm, request->fault, request->arena);
        if (!vm->state.runs)
                return vm_fault_stopped(vm, request->fault, request->arena);
        return 0;
}

/* requests */

static GuestRequest *request_find(Guest *guest, uint32_t id)
{
        GuestRequest *request;

        TAILQ_FOREACH (request, &guest->requests, entry)
                if (request->sent && request->id == id)
                        return request;
        return NULL;
}

/* Who is told of the end of one may cancel any other: a list is looked through anew each time. */
static GuestRequest *first_of(const Guest *guest, bool sent, bool waiting)
{
        GuestRequest *request;

        TAILQ_FOREACH (request, &guest->requests, entry)
                if (request->sent ? sent : waiting)
                        return request;
        return NULL;
}

static void request_end(GuestRequest *request, const ChannelAnswer *answer, Usec now)
{
        Guest *guest = request->guest;

        TAILQ_REMOVE(&guest->requests, request, entry);
        guest->n_requests--;
        loop_timer_clear(&request->timer);
        request->guest = NULL;
        request->on_answer(request, answer, now);
}

void guest_request_cancel(GuestRequest *request)
{
        Guest *guest = request->guest;

        if (!guest)
                return;
        if (request->sent && guest->link) {
                link_forget(guest->link, request->id);
                (void)link_send(guest->link, FRAME_CANCEL, request->id, NULL, 0);
        }
        TAILQ_REMOVE(&guest->requests, request, entry);
        guest->n_requests--;
        loop_timer_clear(&request->timer);
        request->guest = NULL;
}

void guest_requests_fail(Guest *guest, bool only_sent, const char *why, Usec now)
{
        GuestRequest *request;

        while ((request = first_of(guest, true, !only_sent))) {
                if (request->sent || !guest->vm->state.runs) {
                        if (guest_request_check_vm(guest, request) >= 0 || request->may_have_run) {
                                if (request->may_have_run)
                                        *request->fault = (Fault){0};
                                (void)fault_lost(request, why);
                        }
                } else {
                        (void)fault_unavailable(guest, request, now);
                }
                request_end(request, NULL, now);
        }
}

static int on_request_deadline(LoopTimer *timer, Usec now)
{
        GuestRequest *request = container_of(timer, GuestRequest, timer);
        Guest *guest = request->guest;

        if (!request->sent) {
                (void)fault_unavailable(guest, request, now);
        } else {
                link_forget(guest->link, request->id);
                (void)link_send(guest->link, FRAME_CANCEL, request->id, NULL, 0);
                (void)fault_lost(request, "the time allowed for it was over");
        }
        request_end(request, NULL, now);
        return 0;
}

static bool agent_knows(const Guest *guest, const char *operation)
{
        for (size_t i = 0; i < guest->hello->operations.n; i++)
                if (strcmp(guest->hello->operations.items[i], operation) == 0)
                        return true;
        return false;
}

/* Return: 0, or a negative errno with the fault raised. */
static int request_send(Guest *guest, GuestRequest *request)
{
        const ChannelRequest message = {
                .type = &type_ChannelRequest,
                .operation = (char *)request->method->name,
                .instance = guest->instance,
                .request_id = (char *)request->request_id,
                .deadline = (int64_t)(request->deadline + guest->offset),
                .params = (WireObject *)request->params,
        };
        _cleanup_(buf_erase) Buf payload = {.max = REQUEST_BYTES_MAX};

        if (!agent_knows(guest, request->method->name))
                return fault_raise(request->fault, request->arena,
                                   FAULT_GUEST_COMPONENTS_OUT_OF_DATE, NULL,
                                   "The agent in the guest, version %s, is too old for %s.",
                                   guest->vm->facts.version, request->method->name);
        tlv_write(&payload, &message);
        if (buf_error(&payload) == -EMSGSIZE)
                return fault_raise(request->fault, request->arena, FAULT_INVALID_ARGUMENT, NULL,
                                   "A specified parameter was not correct: together they are "
                                   "larger than a guest takes");
        request->id = ++guest->next_id;
        request->sent = true;
        if (link_send_message(guest->link, FRAME_REQUEST, request->id, &payload) < 0)
                return fault_raise(request->fault, request->arena,
                                   FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                                   "The guest operations agent could not be contacted: it takes no "
                                   "more requests.");
        return 0;
}

void guest_requests_send(Guest *guest, Usec now)
{
        GuestRequest *request;

        while ((request = first_of(guest, false, true))) {
                if (request_send(guest, request) < 0) {
                        request_end(request, NULL, now);
                } else if (loop_timer_set(guest->loop, &request->timer, request->deadline) < 0) {
                        (void)fault_lost(request, "this host ran out of memory");
                        request_end(request, NULL, now);
                }
        }
}

int guest_request(Guest *guest, GuestRequest *request, const Method *method, const void *params,
                  const char *request_id, Usec deadline, Usec now)
{
        bool waits = guest->state == GUEST_GREETING &&
                     now - guest->since < guest->shared->config.greeting;
        Usec first = waits ? guest->since + guest->shared->config.greeting : deadline;
        int r;

        request->guest = NULL;
        r = guest_request_check_vm(guest, request);
        if (r < 0)
                return r;
        if (guest->n_requests >= guest->shared->config.requests_max)
                return fault_raise(request->fault, request->arena, FAULT_GUEST_OPERATIONS_FAULT,
                                   NULL, "Too many operations are in progress on this machine.");
        if (guest->state != GUEST_READY && !waits)
                return fault_unavailable(guest, request, now);
        request->method = method;
        request->params = params;
        request->request_id = request_id;
        request->sent = request->may_have_run = false;
        request->deadline = deadline;
        request->timer = (LoopTimer){.on_due = on_request_deadline};
        if (guest->state == GUEST_READY) {
                r = request_send(guest, request);
                if (r < 0)
                        return r;
        }
        r = loop_timer_set(guest->loop, &request->timer, first < deadline ? first : deadline);
        if (r < 0)
                return r;
        request->guest = guest;
        TAILQ_INSERT_TAIL(&guest->requests, request, entry);
        guest->n_requests++;
        guest_hasten(guest, now);
        return 0;
}

/* what the agent says */

static bool result_is_of(const ChannelAnswer *answer, const Method *method)
{
        const WireObjects *list = answer->result.value;

        if (answer->result.form == FORM_NONE)
                return method->result == FORM_NONE;
        if (answer->result.form != method->result)
                return false;
        if (method->result == FORM_OBJECT)
                return wire_type_is(answer->result.type, method->result_type);
        for (size_t i = 0; method->result == FORM_OBJECTS && i < list->n; i++)
                if (!wire_type_is(list->items[i]->type, method->result_type))
                        return false;
        return true;
}

int guest_check_answer(const ChannelAnswer *answer, const Method *method, Fault *fault)
{
        const FaultType *row;

        if (!answer->fault)
                return result_is_of(answer, method) ? 0 : -EBADMSG;
        row = fault_type_find(answer->fault->type);
        if (!row || row->from != FAULT_FROM_GUEST)
                return -EBADMSG;
        answer->fault->fault_cause = NULL;
        answer->fault->fault_message = (WireObjects){0};
        *fault = (Fault){answer->fault,
                         answer->message ? answer->message : answer->fault->type->name};
        return 0;
}

int guest_request_read(const Guest *guest, GuestRequest *request, const Method *method,
                       const char *payload, size_t size, const ChannelAnswer **ret)
{
        ChannelAnswer *answer = NULL;
        WireError error;
        int r;

        *ret = NULL;
        r = tlv_read(request->arena, payload, size, &type_ChannelAnswer, &answer, &error);
        if (r >= 0)
                r = guest_check_answer(answer, method, request->fault);
        if (r < 0) {
                log_warning("%s: the agent's answer to %s is malformed: %s %s", guest_name(guest),
                            method->name, error.path, error.reason);
                (void)fault_raise(request->fault, request->arena, FAULT_GUEST_OPERATIONS_FAULT,
                                  NULL,
                                  "The agent in the guest gave an answer that makes no sense.");
        }
        /* The answer may have left no memory for a fault: it is bad all the same. */
        if (r >= 0 && !request->fault->detail)
                *ret = answer;
        return r;
}

void guest_request_answered(Guest *guest, uint32_t id, const char *payload, size_t size, Usec now)
{
        GuestRequest *request = request_find(guest, id);
        const ChannelAnswer *answer;

        if (!request)
                return; /* given up meanwhile, or never asked */
        (void)guest_request_read(guest, request, request->method, payload, size, &answer);
        request_end(request, answer, now);
}

void guest_request_confirm(Guest *guest, uint32_t id)
{
        GuestRequest *request = request_find(guest, id);

        if (!request) {
                (void)link_send(guest->link, FRAME_CANCEL, id, NULL, 0);
                return;
        }
        request->may_have_run = true;
        (void)link_send(guest->link, FRAME_GO, id, NULL, 0);
}
