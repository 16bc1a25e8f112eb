#pragma once

/*
 * What the files of a guest share.
 *
 * guest.c          the conversation: hello, heartbeats, what the machine does
 * guest-channel.c  connecting, again and again
 * guest-facts.c    what the agent says of its guest
 * guest-request.c  requests: from their checks to the agent's answer
 * guest-status.c   what an administrator is told of it
 * guest-stream.c   transfers: from the request that opens one to its end
 */

#include "channel/link.h"
#include "guestops/guest-stream.h"
#include "loop/backoff.h"

typedef enum GuestState {
        GUEST_OFF,      /* the machine does not run: nobody is asked */
        GUEST_APART,    /* no connection to its channel */
        GUEST_GREETING, /* connected; the hello has not been answered */
        GUEST_READY,
} GuestState;

struct Guest {
        Loop *loop;
        GuestShared *shared;
        Vm *vm;
        GuestState state;
        Link *link;
        LoopTimer timer; /* reconnect, hello or heartbeat, by state */
        uint64_t nonce;
        uint32_t next_id;
        Usec hello_wait;
        Usec announced;       /* when an agent was last answered that said it had started */
        Usec since;           /* of the present state */
        Usec heard;           /* the last word of the agent in this conversation */
        Usec pinged;          /* when the first ping was sent that has not been answered; 0: none */
        Usec latency;         /* of the last ping that was answered in this conversation, or 0 */
        uint64_t offset;      /* agent's clock minus ours; it wraps: the agent may say anything */
        bool spoken;          /* the agent has said something on this connection */
        bool connecting;      /* the provider has been asked for the channel */
        Usec connected;       /* when the channel was opened, the last time */
        Backoff backoff;      /* of opening it */
        char *apart_why;      /* it could not be opened; NULL: not yet tried */
        int apart_error;      /* of that, a negative errno */
        const char *lost_why; /* static */
        char instance[40];
        Buf facts;             /* the FACTS that came last */
        Usec facts_taken;      /* when one was last looked at in this conversation */
        LoopTimer facts_timer; /* until the last one is */
        bool ran;              /* the processors executed when last looked at */
        AgentHello *hello;     /* in the arena below; NULL before the first */
        Arena *hello_arena;
        TAILQ_HEAD(GuestRequests, GuestRequest) requests;
        size_t n_requests;
        TAILQ_HEAD(GuestStreams, GuestStream) streams; /* open ones */
        size_t n_streams;                              /* those that are opening too */
};

static inline const char *guest_name(const Guest *guest)
{
        return guest->vm->entity.name;
}

/* guest.c */

void guest_set_state(Guest *guest, GuestState state, Usec now);
/* Begins a conversation, and anew after a wait that is twice as long each time; the first one with
   HELLO_FIRST_USEC. */
void guest_hello(Guest *guest, Usec now);
void guest_hello_first(Guest *guest, Usec now);
/* Callbacks of its link. */
void guest_heard(void *user, FrameKind kind, uint64_t nonce, uint32_t id, const char *payload,
                 size_t size, Usec now);
void guest_has_room(void *user, uint32_t id, Usec now);
/* Somebody waits for the agent: that it falls silent is to be noticed as soon as with few agents.
 */
void guest_hasten(Guest *guest, Usec now);

/* guest-channel.c */

void guest_connect(Guest *guest, Usec now);
void guest_forget_apart(Guest *guest);

/* guest-request.c */

/* Sends what has waited for the agent to become ready. */
void guest_requests_send(Guest *guest, Usec now);

/* Ends requests with the fault that fits: all, or those that have been sent. */
void guest_requests_fail(Guest *guest, bool only_sent, const char *why, Usec now);

/*
 * An agent that raises a fault of the host's, or answers with another type, is lying.
 *
 * Return: 0, also with the fault that the agent has raised in @fault; or -EBADMSG.
 */
int guest_check_answer(const ChannelAnswer *answer, const Method *method, Fault *fault);

/* The agent answers, or asks whether a request is still wanted. */
void guest_request_answered(Guest *guest, uint32_t id, const char *payload, size_t size, Usec now);
void guest_request_confirm(Guest *guest, uint32_t id);

/* Raises what the machine itself says against an operation. Return: 0, or a negative errno. */
int guest_request_check_vm(const Guest *guest, GuestRequest *request);

/**
 * guest_request_read() - decode a ChannelAnswer and check it
 * @method:     what it answers
 * @ret:        in the request's arena; NULL where it has a fault, which is raised
 *
 * Return: 0, or -EBADMSG and the like with a GuestOperationsFault raised.
 */
int guest_request_read(const Guest *guest, GuestRequest *request, const Method *method,
                       const char *payload, size_t size, const ChannelAnswer **ret);

/* The agent sends bytes, takes more of them, or says that a transfer is over. */
void guest_stream_take(Guest *guest, uint32_t id, const char *data, size_t size, Usec now);
void guest_stream_has_room(Guest *guest, uint32_t id, Usec now);
void guest_stream_ended(Guest *guest, uint32_t id, const char *payload, size_t size, Usec now);

/* Ends all that are open with the fault that fits. */
void guest_streams_fail(Guest *guest, const char *why, Usec now);
