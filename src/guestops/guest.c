#include "guestops/guest.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "channel/link.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include <stdio.h>

#define PROTOCOL_MIN      1
#define RECONNECT_USEC    USEC_PER_SEC
#define HELLO_FIRST_USEC  USEC_PER_SEC /* then twice as long each time, up to: */
#define HELLO_LAST_USEC   (30 * USEC_PER_SEC)
#define ANNOUNCE_USEC     USEC_PER_SEC
#define HELLO_BYTES_MAX   ((size_t)64 << 10)
#define REQUEST_BYTES_MAX ((size_t)2 << 20)

typedef enum GuestState {
        GUEST_OFF,      /* the machine does not run: nobody is asked */
        GUEST_APART,    /* no connection to its channel */
        GUEST_GREETING, /* connected; the hello has not been answered */
        GUEST_READY,
} GuestState;

struct Guest {
        Loop *loop;
        const GuestConfig *config;
        Vm *vm;
        GuestState state;
        Link *link;
        LoopTimer timer; /* reconnect, hello or heartbeat, by state */
        uint64_t nonce;
        uint32_t next_id;
        Usec hello_wait;
        Usec announced; /* when an agent was last answered that said it had started */
        Usec since;     /* of the present state */
        Usec heard;     /* the last word of the agent in this conversation */
        int64_t offset; /* agent's clock minus ours */
        int connect_error;
        const char *lost_why; /* static */
        char instance[40], boot_id[64];
        bool ran;          /* the processors executed when last looked at */
        AgentHello *hello; /* in the arena below; NULL before the first */
        Arena *hello_arena;
        TAILQ_HEAD(GuestRequests, GuestRequest) requests;
        size_t n_requests;
};

static void begin_hello(Guest *guest, Usec now);
static void connect_channel(Guest *guest, Usec now);

static const char *vm_name(const Guest *guest)
{
        return guest->vm->entity.name;
}

static void set_state(Guest *guest, GuestState state, Usec now)
{
        if (guest->state != state)
                guest->since = now;
        guest->state = state;
        guest->vm->facts.ready = state == GUEST_READY;
}

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
                return fault_raise(
                        request->fault, request->arena, FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                        "%s: the machine's channel %s cannot be opened: %s.", text,
                        guest->vm->config->channel,
                        guest->connect_error ? strerror(-guest->connect_error) : "not yet tried");
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

static int fault_power_state(const Guest *guest, GuestRequest *request)
{
        const char *name = vm_power_name(guest->vm->state.power);
        InvalidPowerState *detail;
        int r;

        r = fault_raise(request->fault, request->arena, FAULT_INVALID_POWER_STATE, "poweredOn",
                        "The attempted operation cannot be performed in the current state (%s).",
                        name);
        if (request->fault->detail && request->fault->detail->type == &type_InvalidPowerState) {
                detail = (InvalidPowerState *)request->fault->detail;
                detail->existing_state = (char *)name;
        }
        return r;
}

static int fault_task(const Guest *guest, GuestRequest *request)
{
        const VmTask *task = guest->vm->task;
        int r;

        r = fault_raise(request->fault, request->arena, FAULT_TASK_IN_PROGRESS, NULL,
                        "The operation is not allowed while the machine is busy with a %s.",
                        task->job);
        if (request->fault->detail && request->fault->detail->type == &type_TaskInProgress)
                ((TaskInProgress *)request->fault->detail)->task =
                        (Moref){"Task", arena_strdup(request->arena, task->moid)};
        return r;
}

/* What the machine itself says against an operation. */
static int check_vm(const Guest *guest, GuestRequest *request)
{
        const VmState *state = &guest->vm->state;

        if (state->power != VM_POWERED_ON)
                return fault_power_state(guest, request);
        if (guest->vm->task)
                return fault_task(guest, request);
        if (!state->runs)
                return fault_raise(request->fault, request->arena, FAULT_INVALID_STATE, NULL,
                                   "The operation is not allowed in the current state: the machine "
                                   "%s.",
                                   state->reason ? state->reason : "does not run");
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

static void fail_requests(Guest *guest, bool only_sent, const char *why, Usec now)
{
        GuestRequest *request, *next;

        for (request = TAILQ_FIRST(&guest->requests); request; request = next) {
                next = TAILQ_NEXT(request, entry);
                if (only_sent && !request->sent)
                        continue;
                if (request->sent || !guest->vm->state.runs) {
                        if (check_vm(guest, request) >= 0 || request->may_have_run) {
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
                .deadline = (int64_t)request->deadline + guest->offset,
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

static void send_waiting(Guest *guest, Usec now)
{
        GuestRequest *request, *next;

        for (request = TAILQ_FIRST(&guest->requests); request; request = next) {
                next = TAILQ_NEXT(request, entry);
                if (request->sent)
                        continue;
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
        bool waits = guest->state == GUEST_GREETING && now - guest->since < guest->config->greeting;
        Usec first = waits ? guest->since + guest->config->greeting : deadline;
        int r;

        request->guest = NULL;
        r = check_vm(guest, request);
        if (r < 0)
                return r;
        if (guest->n_requests >= guest->config->requests_max)
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

/* An agent that raises a fault of the host's, or answers with another type, is lying. */
static int check_answer(const ChannelAnswer *answer, GuestRequest *request)
{
        const FaultType *row;

        if (!answer->fault)
                return result_is_of(answer, request->method) ? 0 : -EBADMSG;
        row = fault_type_find(answer->fault->type);
        if (!row || row->from != FAULT_FROM_GUEST)
                return -EBADMSG;
        answer->fault->fault_cause = NULL;
        answer->fault->fault_message = (WireObjects){0};
        *request->fault = (Fault){answer->fault,
                                  answer->message ? answer->message : answer->fault->type->name};
        return 0;
}

static void take_answer(Guest *guest, uint32_t id, const char *payload, size_t size, Usec now)
{
        GuestRequest *request = request_find(guest, id);
        ChannelAnswer *answer = NULL;
        WireError error;
        int r;

        if (!request)
                return; /* given up meanwhile, or never asked */
        r = tlv_read(request->arena, payload, size, &type_ChannelAnswer, &answer, &error);
        if (r >= 0)
                r = check_answer(answer, request);
        if (r < 0) {
                log_warning("%s: the agent's answer to %s is malformed: %s %s", vm_name(guest),
                            request->method->name, error.path, error.reason);
                (void)fault_raise(request->fault, request->arena, FAULT_GUEST_OPERATIONS_FAULT,
                                  NULL,
                                  "The agent in the guest gave an answer that makes no sense.");
        }
        request_end(request, request->fault->detail ? NULL : answer, now);
}

static void take_confirm(Guest *guest, uint32_t id)
{
        GuestRequest *request = request_find(guest, id);

        if (!request) {
                (void)link_send(guest->link, FRAME_CANCEL, id, NULL, 0);
                return;
        }
        request->may_have_run = true;
        (void)link_send(guest->link, FRAME_GO, id, NULL, 0);
}

static void copy_fact(char *at, size_t size, const char *text)
{
        (void)snprintf(at, size, "%s", text ? text : "");
        utf8_defuse(at);
}

static void take_facts(Guest *guest, const AgentHello *hello)
{
        copy_fact(guest->vm->facts.version, sizeof(guest->vm->facts.version), hello->version);
        copy_fact(guest->vm->facts.host_name, sizeof(guest->vm->facts.host_name), hello->host_name);
        copy_fact(guest->vm->facts.os_name, sizeof(guest->vm->facts.os_name), hello->os_name);
        copy_fact(guest->instance, sizeof(guest->instance), hello->instance);
        copy_fact(guest->boot_id, sizeof(guest->boot_id), hello->boot_id);
}

static void take_welcome(Guest *guest, const char *payload, size_t size, Usec now)
{
        Arena *arena = arena_new(HELLO_BYTES_MAX);
        AgentHello *hello = NULL;
        WireError error;

        if (guest->state == GUEST_READY || !arena ||
            tlv_read(arena, payload, size, &type_AgentHello, &hello, &error) < 0) {
                arena_free(arena);
                return;
        }
        arena_free(guest->hello_arena);
        guest->hello_arena = arena;
        guest->hello = hello;
        if (hello->protocol < PROTOCOL_MIN)
                hello->operations.n = 0; /* whatever it offers, we could not ask for it */
        take_facts(guest, hello);
        guest->offset = hello->clock - (int64_t)now;
        guest->vm->facts.known = true;
        guest->heard = now;
        guest->lost_why = NULL;
        set_state(guest, GUEST_READY, now);
        log_info("%s: agent %s is ready", vm_name(guest), guest->vm->facts.version);
        (void)loop_timer_set(guest->loop, &guest->timer, now + guest->config->heartbeat);
        send_waiting(guest, now);
}

static void take_pong(Guest *guest, const char *payload, size_t size, Usec now)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(HELLO_BYTES_MAX);
        const AgentClock *clock = NULL;
        WireError error;

        if (arena && tlv_read(arena, payload, size, &type_AgentClock, &clock, &error) >= 0)
                guest->offset = clock->clock - (int64_t)now;
}

static void conversation_over(Guest *guest, const char *why, Usec now)
{
        guest->lost_why = why;
        if (guest->state == GUEST_READY)
                log_info("%s: %s", vm_name(guest), why);
        set_state(guest, GUEST_GREETING, now);
        fail_requests(guest, true, why, now);
}

/* At once, but not as often as an agent may want to keep us busy. */
static void take_announce(Guest *guest, Usec now)
{
        Usec next = guest->announced + ANNOUNCE_USEC;

        if (guest->state == GUEST_READY)
                conversation_over(guest, "the agent was restarted", now);
        guest->hello_wait = HELLO_FIRST_USEC;
        if (guest->announced && now < next) {
                (void)loop_timer_set(guest->loop, &guest->timer, next);
                return;
        }
        guest->announced = now;
        begin_hello(guest, now);
}

static void on_message(void *user, FrameKind kind, uint64_t nonce, uint32_t id, const char *payload,
                       size_t size, Usec now)
{
        Guest *guest = user;

        (void)nonce;
        if (kind == FRAME_ANNOUNCE) {
                take_announce(guest, now);
                return;
        }
        guest->heard = now;
        switch (kind) {
        case FRAME_WELCOME:
                take_welcome(guest, payload, size, now);
                break;
        case FRAME_PONG:
                take_pong(guest, payload, size, now);
                break;
        case FRAME_ANSWER:
                take_answer(guest, id, payload, size, now);
                break;
        case FRAME_CONFIRM:
                take_confirm(guest, id);
                break;
        case FRAME_HELLO:
        case FRAME_ANNOUNCE:
        case FRAME_PING:
        case FRAME_REQUEST:
        case FRAME_GO:
        case FRAME_CANCEL:
        case FRAME_CREDIT:
        default:
                log_debug("%s: a frame of kind %d is none for a host", vm_name(guest), (int)kind);
                break;
        }
}

/* the conversation */

static void begin_hello(Guest *guest, Usec now)
{
        const HostHello hello = {
                .type = &type_HostHello,
                .vm = guest->vm->uuid,
                .version = (char *)GUESTOPS_VERSION,
        };
        _cleanup_(buf_done) Buf payload = {.max = FRAME_PAYLOAD_MAX};

        do
                random_bytes(&guest->nonce, sizeof(guest->nonce));
        while (guest->nonce == 0);
        link_set_nonce(guest->link, guest->nonce);
        tlv_write(&payload, &hello);
        (void)link_send(guest->link, FRAME_HELLO, 0, payload.data, payload.size);
        (void)loop_timer_set(guest->loop, &guest->timer, now + guest->hello_wait);
        guest->hello_wait *= 2;
        if (guest->hello_wait > HELLO_LAST_USEC)
                guest->hello_wait = HELLO_LAST_USEC;
}

static void on_lost(void *user, const char *why, Usec now)
{
        Guest *guest = user;

        log_debug("%s: channel: %s", vm_name(guest), why);
        guest->link = link_close(guest->link);
        guest->lost_why = "its channel was lost";
        guest->connect_error = 0;
        set_state(guest, GUEST_APART, now);
        fail_requests(guest, false, "the channel was lost", now);
        (void)loop_timer_set(guest->loop, &guest->timer, now + RECONNECT_USEC);
}

static void connect_channel(Guest *guest, Usec now)
{
        const LinkCallbacks callbacks = {
                .on_message = on_message,
                .on_lost = on_lost,
                .user = guest,
        };
        const LinkConfig config = LINK_CONFIG_DEFAULT;
        int fd = -1;
        int r;

        r = guest->vm->provider_type->channel(guest->vm->provider, guest->vm->uuid, &fd);
        if (r >= 0)
                r = link_open(guest->loop, fd, &config, &callbacks, &guest->link);
        if (r < 0) {
                if (r != guest->connect_error)
                        log_warning("%s: channel %s: %s", vm_name(guest),
                                    guest->vm->config->channel, strerror(-r));
                guest->connect_error = r;
                (void)loop_timer_set(guest->loop, &guest->timer, now + RECONNECT_USEC);
                return;
        }
        set_state(guest, GUEST_GREETING, now);
        guest->hello_wait = HELLO_FIRST_USEC;
        begin_hello(guest, now);
}

static void beat(Guest *guest, Usec now)
{
        if (now - guest->heard >= guest->config->silence) {
                conversation_over(guest, "the agent fell silent", now);
                guest->hello_wait = HELLO_FIRST_USEC;
                begin_hello(guest, now);
                return;
        }
        (void)link_send(guest->link, FRAME_PING, 0, NULL, 0);
        (void)loop_timer_set(guest->loop, &guest->timer, now + guest->config->heartbeat);
}

static int on_timer(LoopTimer *timer, Usec now)
{
        Guest *guest = container_of(timer, Guest, timer);

        switch (guest->state) {
        case GUEST_OFF:
                break;
        case GUEST_APART:
                connect_channel(guest, now);
                break;
        case GUEST_GREETING:
                begin_hello(guest, now);
                break;
        case GUEST_READY:
                beat(guest, now);
                break;
        }
        return 0;
}

/* the machine */

static void switch_off(Guest *guest, const char *why, Usec now)
{
        set_state(guest, GUEST_OFF, now);
        guest->vm->facts.known = false;
        guest->lost_why = NULL;
        guest->connect_error = 0;
        loop_timer_clear(&guest->timer);
        fail_requests(guest, false, why, now);
        guest->link = link_close(guest->link);
}

void guest_vm_changed(Guest *guest, Usec now)
{
        const VmState *state = &guest->vm->state;
        bool ran = guest->ran;

        guest->ran = state->runs;
        if (state->power == VM_POWERED_OFF) {
                switch_off(guest, "the machine was powered off", now);
                return;
        }
        if (!state->runs) {
                /* It keeps its channel, and says nothing on it: that is no silence. */
                fail_requests(guest, false, "the machine was stopped", now);
                loop_timer_clear(&guest->timer);
                return;
        }
        if (ran)
                return;
        guest->heard = now;
        if (guest->state == GUEST_OFF) {
                set_state(guest, GUEST_APART, now);
                connect_channel(guest, now);
        } else if (guest->state == GUEST_APART) {
                connect_channel(guest, now);
        } else {
                /* Requests of before the stop must not be begun after it. */
                conversation_over(guest, "the machine was stopped", now);
                guest->hello_wait = HELLO_FIRST_USEC;
                begin_hello(guest, now);
        }
}

void guest_reset(Guest *guest, Usec now)
{
        if (guest->state != GUEST_READY && guest->state != GUEST_GREETING)
                return;
        guest->vm->facts.known = false;
        conversation_over(guest, "the guest was reset", now);
        guest->hello_wait = HELLO_FIRST_USEC;
        begin_hello(guest, now);
}

Guest *guest_new(Loop *loop, const GuestConfig *config, Vm *vm)
{
        Guest *guest = calloc(1, sizeof(*guest));

        if (!guest)
                return NULL;
        *guest = (Guest){
                .loop = loop,
                .config = config,
                .vm = vm,
                .timer.on_due = on_timer,
                .since = loop_now(loop),
        };
        TAILQ_INIT(&guest->requests);
        return guest;
}

Guest *guest_free(Guest *guest, Usec now)
{
        if (!guest)
                return NULL;
        switch_off(guest, "the service gave up the machine", now);
        arena_free(guest->hello_arena);
        free(guest);
        return NULL;
}
