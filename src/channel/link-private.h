#pragma once

/*
 * What the files of a link share.
 *
 * link.c     the descriptor: reading, writing, whose turn it is, life
 * message.c  messages: cut into parts, and put together
 * stream.c   streams: bytes without an end in sight, in and out
 */

#include "channel/link.h"

#define CREDIT_BYTES 4

typedef enum SendResult {
        SEND_WAITS,   /* it has nothing to say, or no credit */
        SEND_GOES_ON, /* one frame is written */
        SEND_OVER,    /* one frame is written, the last: the sender is no more */
} SendResult;

typedef struct Sender Sender;

typedef struct SenderType {
        SendResult (*send)(Link *link, Sender *sender);
        void (*drop)(Link *link, Sender *sender);
} SenderType;

/* What takes its turn in sending: a message, or the sending end of a stream. */
struct Sender {
        const SenderType *type;
        uint32_t id;
        uint32_t window; /* what the peer still takes */
        TAILQ_ENTRY(Sender) entry;
};

typedef struct Message Message;
typedef struct Outflow Outflow;
typedef struct Inflow Inflow;

struct Link {
        LoopIo io;
        LoopTimer patience; /* for a frame that does not become whole */
        LoopTask flush;
        LoopTask closing;
        LinkConfig config;
        LinkCallbacks callbacks;
        uint64_t nonce;
        FrameReader reader;
        Buf out;                             /* frames, ready to be written … */
        size_t written;                      /* … and how much of them is */
        size_t to_erase;                     /* so much of its memory has been used */
        bool sent_message;                   /* there has been one in it since it was erased */
        bool took_message;                   /* likewise in what the reader holds */
        TAILQ_HEAD(Senders, Sender) senders; /* in the order of their turns */
        bool port_open;                      /* LINK_PORT: the host side has been seen */
        bool unplugged;                      /* LINK_PORT: the device is gone */
        bool closed;

        /* messages */
        TAILQ_HEAD(Messages, Message) incoming;
        size_t n_incoming, n_outgoing, incoming_bytes, outgoing_bytes;

        /* streams */
        TAILQ_HEAD(Inflows, Inflow) inflows;
        TAILQ_HEAD(Outflows, Outflow) roomy; /* whose owners are to be told */
        LoopTask tell_room;
        bool owes_credit;
        size_t n_inflows, n_outflows;
};

/* link.c */

Sender *link_find_sender(const Link *link, const SenderType *type, uint32_t id);
/* Writes a frame of this conversation behind all that is already to be written. */
void link_put_frame(Link *link, FrameKind kind, uint16_t flags, uint32_t id, const void *payload,
                    size_t size);
/* Likewise, with @size bytes at most, which the owner puts in. Return: how many it did. */
size_t link_pull_frame(Link *link, FrameKind kind, uint32_t id, size_t size);
void link_deliver(Link *link, const Frame *frame, const char *payload, size_t size, Usec now);
void link_lost(Link *link, const char *why, Usec now);
int link_send_credit(Link *link, uint32_t id, uint32_t bytes);

/* message.c */

extern const SenderType message_sender;

void messages_drop(Link *link);
void messages_forget(Link *link, uint32_t id);
void messages_take_part(Link *link, const Frame *frame, Usec now);

/* stream.c */

extern const SenderType stream_sender;

void streams_init(Link *link);
void streams_drop(Link *link);
void streams_forget(Link *link, uint32_t id);
void streams_take_data(Link *link, const Frame *frame, Usec now);
/* Sends what credit is owed and could not be told before. */
void streams_pay_credit(Link *link);
