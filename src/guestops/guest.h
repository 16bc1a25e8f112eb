#pragma once

/*
 * Guest: the host's end of one machine's agent channel. Knows whether the agent is there, since
 * when it is not, and carries requests to it, each with a deadline.
 *
 * The agent is an enemy: what it says is copied, checked against the tables, and believed in
 * nothing but its own answers. Source: PROTOCOL.md, "Conversations".
 */

#include "base/arena.h"
#include "inventory/inventory.h"
#include "schema/fault.h"
#include "schema/method.h"

typedef struct Guest Guest;
typedef struct GuestRequest GuestRequest;
typedef struct Instances Instances;

typedef struct GuestConfig {
        Usec heartbeat;      /* between pings, where there are few agents */
        Usec silence;        /* no word for so long: the agent is silent */
        size_t pings_max;    /* a second, to all idle agents together */
        Usec greeting;       /* how long a request waits for the first word of an agent */
        Usec stream_silence; /* no word of one transfer, though it is the agent's turn */
        size_t requests_max; /* in flight to one machine */
        size_t streams_max;  /* open there, or opening */
} GuestConfig;

#define GUEST_CONFIG_DEFAULT                                                                       \
        ((GuestConfig){                                                                            \
                .heartbeat = 5 * USEC_PER_SEC,                                                     \
                .silence = 15 * USEC_PER_SEC,                                                      \
                .pings_max = 400,                                                                  \
                .greeting = 3 * USEC_PER_SEC,                                                      \
                .stream_silence = 60 * USEC_PER_SEC,                                               \
                .requests_max = 256,                                                               \
                .streams_max = 256,                                                                \
        })

/* What all guests of a service share. */
typedef struct GuestShared {
        GuestConfig config;
        size_t n_ready;       /* those whose agent is */
        Instances *instances; /* of the agents of all machines; NULL: none are compared */
} GuestShared;

/* @vm, @shared: live as long. vm->facts is kept up to date. */
Guest *guest_new(Loop *loop, GuestShared *shared, Vm *vm);
/* Requests in flight are answered with a fault. */
Guest *guest_free(Guest *guest, Usec now);

/* The provider has reported another state, or the guest has been reset. */
void guest_vm_changed(Guest *guest, Usec now);
void guest_reset(Guest *guest, Usec now);
/* Its channel has been opened, or not; values as with ProviderCallbacks. */
void guest_channel_opened(Guest *guest, int fd, const ProviderResult *result, Usec now);
/* It may be opened now. */
void guest_channel_there(Guest *guest, Usec now);

struct GuestRequest {
        /*
         * The end of the request. @answer has been checked against the method's tables; NULL where
         * @fault was raised.
         */
        void (*on_answer)(GuestRequest *request, const ChannelAnswer *answer, Usec now);
        Arena *arena; /* the answer is put there */
        Fault *fault;

        /* the guest's own */
        Guest *guest; /* NULL while not begun */
        const Method *method;
        const void *params;
        const char *request_id;
        uint32_t id;
        bool sent, may_have_run;
        Usec deadline;
        LoopTimer timer;
        TAILQ_ENTRY(GuestRequest) entry;
};

/**
 * guest_request() - have the agent carry out an operation
 * @request:    in the caller, on_answer, arena and fault set; @params, @request_id live as long
 *
 * Return: 0 and on_answer() will be called, or a negative errno with the fault raised.
 */
int guest_request(Guest *guest, GuestRequest *request, const Method *method, const void *params,
                  const char *request_id, Usec deadline, Usec now);

/* Nobody waits for it any more: what has not begun is not begun. */
void guest_request_cancel(GuestRequest *request);
