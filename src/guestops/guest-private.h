#pragma once

/*
 * What the files of a guest share.
 *
 * guest.c          the conversation: connecting, hello, heartbeats, what the machine does
 * guest-facts.c    what the agent says of its guest
 * guest-request.c  requests: from their checks to the agent's answer
 */

#include "channel/link.h"
#include "guestops/guest.h"

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
        Usec announced;  /* when an agent was last answered that said it had started */
        Usec since;      /* of the present state */
        Usec heard;      /* the last word of the agent in this conversation */
        uint64_t offset; /* agent's clock minus ours; it wraps: the agent may say anything */
        int connect_error;
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
};

static inline const char *guest_name(const Guest *guest)
{
        return guest->vm->entity.name;
}

/* Sends what has waited for the agent to become ready. */
void guest_requests_send(Guest *guest, Usec now);

/* Ends requests with the fault that fits: all, or those that have been sent. */
void guest_requests_fail(Guest *guest, bool only_sent, const char *why, Usec now);

/* The agent answers, or asks whether a request is still wanted. */
void guest_request_answered(Guest *guest, uint32_t id, const char *payload, size_t size, Usec now);
void guest_request_confirm(Guest *guest, uint32_t id);
