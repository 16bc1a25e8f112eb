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
         * A control frame, or a REQUEST or ANSWER with its parts put together; @payload is
         * borrowed. Only HELLO and ANNOUNCE are passed on from outside the conversation. The
         * callback may close the link.
         */
        void (*on_message)(void *user, FrameKind kind, uint64_t nonce, uint32_t id,
                           const char *payload, size_t size, Usec now);
        /*
         * The peer is gone, or broke the rules: the owner closes the link if link_is_over(). On a
         * LINK_PORT mostly the host side was opened or closed, and the link lives on.
         */
        void (*on_lost)(void *user, const char *why, Usec now);
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

/* Drops what is still unsent of the message with that id, and what has come of the answer. */
void link_forget(Link *link, uint32_t id);

/* Return: whether nothing can come of it any more: a socket was closed, a port unplugged. */
bool link_is_over(const Link *link);

/* Return: bytes dropped because they were no frames. */
uint64_t link_bytes_lost(const Link *link);
