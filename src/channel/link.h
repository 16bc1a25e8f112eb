#pragma once

/*
 * Link: one end of the agent channel on a descriptor. Control frames go out first; messages are
 * cut into parts, take turns, and wait for credit, so that no large answer delays a small one and
 * no slow reader makes us hold what it does not take. Source: PROTOCOL.md, "Streams and credit".
 *
 * The link knows conversations (nonces), not what is said in them.
 */

#include "channel/frame.h"
#include "loop/loop.h"

#define LINK_WINDOW_BYTES ((uint32_t)256 << 10) /* credit that every message begins with */
#define LINK_STREAM_BYTES ((size_t)128 << 10)   /* of one stream, queued here */

/*
 * Where agents listen on AF_VSOCK, if nothing else is said. Below 1024, because only root can
 * listen there in the guest; IANA has assigned it to nobody.
 */
#define CHANNEL_VSOCK_PORT 869

typedef struct Link Link;

typedef enum LinkMode {
        LINK_SOCKET, /* end of file is the end */
        LINK_PORT,   /* a virtio-serial port in the guest: end of file is "no host there now" */
} LinkMode;

typedef struct LinkConfig {
        LinkMode mode;
        size_t message_bytes_max;  /* of one incoming message */
        size_t incoming_bytes_max; /* of all incomplete incoming messages together */
        size_t outgoing_bytes_max; /* queued here; beyond it a message is refused */
} LinkConfig;

#define LINK_CONFIG_DEFAULT                                                                        \
        ((LinkConfig){                                                                             \
                .message_bytes_max = (size_t)16 << 20,                                             \
                .incoming_bytes_max = (size_t)64 << 20,                                            \
                .outgoing_bytes_max = (size_t)64 << 20,                                            \
        })

typedef struct LinkCallbacks {
        /*
         * A control frame, a REQUEST or ANSWER with its parts put together, or DATA of a stream
         * that has been accepted; @payload is borrowed. Only HELLO and ANNOUNCE are passed on from
         * outside the conversation. The callback may close the link.
         */
        void (*on_message)(void *user, FrameKind kind, uint64_t nonce, uint32_t id,
                           const char *payload, size_t size, Usec now);
        /*
         * The peer is gone, or broke the rules: the owner closes the link if link_is_over(). On a
         * LINK_PORT mostly the host side was opened or closed, and the link lives on.
         */
        void (*on_lost)(void *user, const char *why, Usec now);
        /*
         * The stream on @id takes more again: link_stream_room(), that was less than half of
         * LINK_STREAM_BYTES, is no longer. Never from inside link_stream_send(). NULL where the
         * owner has no streams to send.
         */
        void (*on_room)(void *user, uint32_t id, Usec now);
        /*
         * It is the turn of a stream that is pulled: up to @size of its bytes are to be put into
         * @data. May not call the link. Return: how many; with none, there is no other turn before
         * link_stream_ready(). NULL where the owner has no such streams.
         */
        size_t (*on_pull)(void *user, uint32_t id, char *data, size_t size);
        void *user;
} LinkCallbacks;

/* @fd: non-blocking; the link closes it, whether this succeeds or not. */
int link_open(Loop *loop, int fd, const LinkConfig *config, const LinkCallbacks *callbacks,
              Link **ret);
/* Drops what is queued. Safe inside callbacks. */
Link *link_close(Link *link);

/* Begins a conversation: earlier messages, in and out, are forgotten. */
void link_set_nonce(Link *link, uint64_t nonce);

/* Sends a control frame. Return: 0, or -ENOBUFS where the peer takes nothing. */
int link_send(Link *link, FrameKind kind, uint32_t id, const void *payload, size_t size);

/* Sends a message in parts. @payload is taken over. Return: 0, or -ENOBUFS. */
int link_send_message(Link *link, FrameKind kind, uint32_t id, Buf *payload);

/* Drops what is still unsent of the message with that id, what has come of the answer, and
   both ends of its stream. */
void link_forget(Link *link, uint32_t id);

/*
 * Streams: any number of bytes in one direction on the id of a request, as DATA frames. Both ends
 * last until link_forget(), until link_stream_end() is carried out, or until the conversation is
 * over.
 */

/* The sending end. Return: 0, -EEXIST or -ENOBUFS. */
int link_stream_open(Link *link, uint32_t id);

/*
 * Likewise, but nothing is queued here: on_pull() is asked for the bytes when it is the stream's
 * turn and the peer takes some, from the first link_stream_ready() on.
 */
int link_stream_open_pulled(Link *link, uint32_t id);

/* There are bytes again for a stream that is pulled. */
void link_stream_ready(Link *link, uint32_t id);

/* Return: how many bytes the stream takes now; at most LINK_STREAM_BYTES, however little credit
   the peer gives. */
size_t link_stream_room(const Link *link, uint32_t id);

/* Queues bytes, no more than there is room for. Return: 0, or -ENOBUFS and none of them is. */
int link_stream_send(Link *link, uint32_t id, const void *data, size_t size);

/* Queues the frame that ends the stream, behind all its bytes; @size: of one frame at most.
   Return: 0, or -ENOBUFS. */
int link_stream_end(Link *link, uint32_t id, FrameKind kind, const void *payload, size_t size);

/* The receiving end: from now on DATA of @id comes to on_message(), as it is
   sent. Return: 0, -EEXIST or -ENOBUFS. */
int link_stream_accept(Link *link, uint32_t id);

/* The owner has done with so many bytes of what came: the peer may send as many more. */
void link_stream_grant(Link *link, uint32_t id, size_t size);

/* Return: whether nothing can come of it any more: a socket was closed, a port unplugged. */
bool link_is_over(const Link *link);

/* Return: bytes dropped because they were no frames. */
uint64_t link_bytes_lost(const Link *link);
