#include "guestops/guest.h"

#include "base/log.h"
#include "base/secret.h"
#include "guestops/guest-facts.h"
#include "guestops/guest-private.h"
#include "guestops/instances.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#define PROTOCOL_MIN     1
#define HELLO_FIRST_USEC USEC_PER_SEC /* then twice as long each time, up to: */
#define HELLO_LAST_USEC  (30 * USEC_PER_SEC)
#define ANNOUNCE_USEC    USEC_PER_SEC
#define FACTS_USEC       USEC_PER_SEC
#define HELLO_BYTES_MAX  ((size_t)64 << 10)

/* Every change of vm->facts passes here, after it. */
static void guest_facts_changed(const Guest *guest)
{
        log_debug("%s: what is known of its guest has changed", guest_name(guest));
        entity_touch(&guest->vm->entity);
}

void guest_set_state(Guest *guest, GuestState state, Usec now)
{
        bool ready = state == GUEST_READY;

        if (guest->state != state)
                guest->since = now;
        guest->state = state;
        if (!ready && guest->facts_timer.loop) {
                loop_timer_clear(&guest->facts_timer);
                buf_clear(&guest->facts); /* nobody has looked at them */
        }
        if (guest->vm->facts.ready == ready)
                return;
        guest->vm->facts.ready = ready;
        if (ready)
                guest->shared->n_ready++;
        else
                guest->shared->n_ready--;
        guest_facts_changed(guest);
}

static void forget_facts(Guest *guest)
{
        if (!guest->vm->facts.known)
                return;
        guest->vm->facts.known = false;
        guest_facts_clear(&guest->vm->facts);
        buf_done(&guest->facts);
        guest_facts_changed(guest);
}

/*
 * To the next ping. Many idle agents are pinged less often, and by chance a bit sooner or later, so
 * that they are not all pinged at once for having come at once.
 */
static Usec beat_wait(const Guest *guest, Usec now)
{
        const GuestConfig *config = &guest->shared->config;
        Usec wait = guest->shared->n_ready * USEC_PER_SEC / config->pings_max;

        if (wait <= config->heartbeat || guest->n_requests > 0 || guest->n_streams > 0 ||
            guest->pinged)
                return config->heartbeat;
        return wait / 2 + (guest->nonce ^ now) % wait;
}

static void set_beat(Guest *guest, Usec now)
{
        (void)loop_timer_set(guest->loop, &guest->timer, loop_slack(now + beat_wait(guest, now)));
}

void guest_hasten(Guest *guest, Usec now)
{
        if (guest->state == GUEST_READY && guest->timer.loop &&
            guest->timer.due > now + guest->shared->config.heartbeat)
                set_beat(guest, now);
}

/* what the agent tells */

static void release_instance(const Guest *guest)
{
        if (guest->shared->instances)
                instances_release(guest->shared->instances, guest->instance, guest);
}

/* Agents take another id when they notice that their machine is a clone; this one does not. */
static void take_instance(Guest *guest, const char *instance)
{
        Guest *other;

        release_instance(guest);
        guest_fact_copy(guest->instance, sizeof(guest->instance), instance);
        if (!guest->shared->instances)
                return;
        other = instances_claim(guest->shared->instances, guest->instance, guest);
        if (other && other->state == GUEST_READY)
                log_warning("%s: its agent has the id of that of %s, which is there as well: one "
                            "is a clone of the other, or lies; what is said to one is not said to "
                            "the other",
                            guest_name(guest), guest_name(other));
}

static void take_hello(Guest *guest, const AgentHello *hello)
{
        GuestFacts *facts = &guest->vm->facts;

        if (strcmp(guest->instance, hello->instance) != 0) {
                forget_facts(guest); /* this one may be too old to tell them */
                take_instance(guest, hello->instance);
        }
        guest_fact_copy(facts->version, sizeof(facts->version), hello->version);
        guest_fact_copy(facts->host_name, sizeof(facts->host_name), hello->host_name);
        guest_fact_copy(facts->os_name, sizeof(facts->os_name), hello->os_name);
        facts->seen = facts->known = true;
        guest->facts_taken = 0;
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
        take_hello(guest, hello);
        guest->offset = (uint64_t)hello->clock - now;
        guest->lost_why = NULL;
        guest_set_state(guest, GUEST_READY, now);
        log_info("%s: agent %s is ready", guest_name(guest), guest->vm->facts.version);
        set_beat(guest, now);
        guest_requests_send(guest, now);
}

static int on_facts_due(LoopTimer *timer, Usec now)
{
        Guest *guest = container_of(timer, Guest, facts_timer);
        int r;

        guest->facts_taken = now;
        r = guest_facts_read(&guest->vm->facts, guest->facts.data, guest->facts.size);
        if (r < 0)
                log_debug("%s: its agent's facts are not taken: %s", guest_name(guest),
                          strerror(-r));
        else
                guest_facts_changed(guest);
        return 0;
}

/* Not as often as an agent may want to keep us busy: the last word of a second counts. */
static void take_facts(Guest *guest, const char *payload, size_t size)
{
        if (guest->state != GUEST_READY || (size == guest->facts.size && size > 0 &&
                                            memcmp(payload, guest->facts.data, size) == 0))
                return;
        buf_clear(&guest->facts);
        if (buf_put(&guest->facts, payload, size) >= 0)
                (void)loop_timer_set(guest->loop, &guest->facts_timer,
                                     guest->facts_taken + FACTS_USEC);
}

static void take_pong(Guest *guest, const char *payload, size_t size, Usec now)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(HELLO_BYTES_MAX);
        const AgentClock *clock = NULL;
        WireError error;

        if (guest->pinged)
                guest->latency = now - guest->pinged;
        guest->pinged = 0;
        if (arena && tlv_read(arena, payload, size, &type_AgentClock, &clock, &error) >= 0)
                guest->offset = (uint64_t)clock->clock - now;
}

static void conversation_over(Guest *guest, const char *why, Usec now)
{
        guest->lost_why = why;
        if (guest->state == GUEST_READY)
                log_info("%s: %s", guest_name(guest), why);
        guest_set_state(guest, GUEST_GREETING, now);
        guest_requests_fail(guest, true, why, now);
        guest_streams_fail(guest, why, now);
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
        guest_hello(guest, now);
}

void guest_heard(void *user, FrameKind kind, uint64_t nonce, uint32_t id, const char *payload,
                 size_t size, Usec now)
{
        Guest *guest = user;

        (void)nonce;
        guest->spoken = true;
        if (kind == FRAME_ANNOUNCE) {
                take_announce(guest, now);
                return;
        }
        guest->heard = now;
        if (kind != FRAME_PONG)
                guest->pinged = 0;
        switch (kind) {
        case FRAME_WELCOME:
                take_welcome(guest, payload, size, now);
                break;
        case FRAME_PONG:
                take_pong(guest, payload, size, now);
                break;
        case FRAME_ANSWER:
                guest_request_answered(guest, id, payload, size, now);
                break;
        case FRAME_CONFIRM:
                guest_request_confirm(guest, id);
                break;
        case FRAME_FACTS:
                take_facts(guest, payload, size);
                break;
        case FRAME_DATA:
                guest_stream_take(guest, id, payload, size, now);
                break;
        case FRAME_END:
                guest_stream_ended(guest, id, payload, size, now);
                break;
        case FRAME_HELLO:
        case FRAME_ANNOUNCE:
        case FRAME_PING:
        case FRAME_REQUEST:
        case FRAME_GO:
        case FRAME_CANCEL:
        case FRAME_CREDIT:
        default:
                log_debug("%s: a frame of kind %d is none for a host", guest_name(guest),
                          (int)kind);
                break;
        }
}

void guest_has_room(void *user, uint32_t id, Usec now)
{
        guest_stream_has_room(user, id, now);
}

/* the conversation */

void guest_hello(Guest *guest, Usec now)
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
        guest->pinged = guest->latency = 0;
        tlv_write(&payload, &hello);
        (void)link_send(guest->link, FRAME_HELLO, 0, payload.data, payload.size);
        (void)loop_timer_set(guest->loop, &guest->timer, now + guest->hello_wait);
        guest->hello_wait *= 2;
        if (guest->hello_wait > HELLO_LAST_USEC)
                guest->hello_wait = HELLO_LAST_USEC;
}

void guest_hello_first(Guest *guest, Usec now)
{
        guest->hello_wait = HELLO_FIRST_USEC;
        guest_hello(guest, now);
}

/* heartbeats */

static bool is_silent(const Guest *guest, Usec now)
{
        const GuestConfig *config = &guest->shared->config;

        return guest->pinged && now - guest->heard >= config->silence &&
               now - guest->pinged >= config->silence - config->heartbeat;
}

static void beat(Guest *guest, Usec now)
{
        if (is_silent(guest, now)) {
                conversation_over(guest, "the agent fell silent", now);
                guest_hello_first(guest, now);
                return;
        }
        (void)link_send(guest->link, FRAME_PING, 0, NULL, 0);
        set_beat(guest, now);
        if (!guest->pinged)
                guest->pinged = now;
}

static int on_timer(LoopTimer *timer, Usec now)
{
        Guest *guest = container_of(timer, Guest, timer);

        switch (guest->state) {
        case GUEST_OFF:
                break;
        case GUEST_APART:
                guest_connect(guest, now);
                break;
        case GUEST_GREETING:
                guest_hello(guest, now);
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
        guest_set_state(guest, GUEST_OFF, now);
        forget_facts(guest);
        guest->lost_why = NULL;
        guest_forget_apart(guest);
        loop_timer_clear(&guest->timer);
        guest_requests_fail(guest, false, why, now);
        guest_streams_fail(guest, why, now);
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
                guest_requests_fail(guest, false, "the machine was stopped", now);
                guest_streams_fail(guest, "the machine was stopped", now);
                loop_timer_clear(&guest->timer);
                return;
        }
        if (ran)
                return;
        guest->heard = now;
        if (guest->state == GUEST_OFF) {
                guest_set_state(guest, GUEST_APART, now);
                guest_connect(guest, now);
        } else if (guest->state == GUEST_APART) {
                guest_connect(guest, now);
        } else {
                /* Requests of before the stop must not be begun after it. */
                conversation_over(guest, "the machine was stopped", now);
                guest_hello_first(guest, now);
        }
}

void guest_reset(Guest *guest, Usec now)
{
        forget_facts(guest);
        if (guest->state != GUEST_READY && guest->state != GUEST_GREETING)
                return;
        conversation_over(guest, "the guest was reset", now);
        guest_hello_first(guest, now);
}

Guest *guest_new(Loop *loop, GuestShared *shared, Vm *vm)
{
        Guest *guest = calloc(1, sizeof(*guest));

        if (!guest)
                return NULL;
        *guest = (Guest){
                .loop = loop,
                .shared = shared,
                .vm = vm,
                .timer.on_due = on_timer,
                .facts_timer.on_due = on_facts_due,
                .since = loop_now(loop),
        };
        TAILQ_INIT(&guest->requests);
        TAILQ_INIT(&guest->streams);
        return guest;
}

Guest *guest_free(Guest *guest, Usec now)
{
        if (!guest)
                return NULL;
        switch_off(guest, "the service gave up the machine", now);
        release_instance(guest);
        arena_free(guest->hello_arena);
        free(guest);
        return NULL;
}
