#pragma once

/*
 * Transport: how the host is reached. Of these there is one at a time:
 *
 *   a UNIX socket    that we listen on, where the configuration says so
 *   AF_VSOCK         where it says so, or where this machine has no virtio-serial port of our name
 *   a virtio-serial port, else
 *
 * There is one host at a time. On a UNIX socket the next one waits until it has left, which always
 * shows. On AF_VSOCK, where a host may be gone without a word, the next one takes its place, unless
 * it has been heard of lately.
 */

#include "agent/config.h"
#include "agent/vsock.h"
#include "channel/link.h"

typedef struct Transport Transport;

typedef struct TransportCallbacks {
        /* A host is there. @fd: the receiver's. Return: 0, or a negative errno, and @fd is closed.
         */
        int (*on_open)(void *user, int fd, LinkMode mode, Usec now);
        /* Return: whether there is a host that was heard of lately. */
        bool (*is_served)(void *user, Usec now);
        void *user;
} TransportCallbacks;

struct Transport {
        Loop *loop;
        TransportCallbacks callbacks;
        const char *port, *listen; /* of the configuration, which keeps them */
        size_t vsock;
        bool vsock_any_port;
        LoopIo unix_io, vsock_io; /* listeners; fd -1: none */
        LoopTimer retry;          /* of opening the port, or of accepting */
        bool open;                /* on_open() has been called, and transport_lost() not yet */
        int port_error;           /* that has been logged */
        Usec refused;             /* when that was logged last */
        size_t refusals;          /* since then */

        /* for tests */
        int (*accept)(int listener, VsockPeer *ret);
};

/* Return: 0, or a negative errno that has been logged. */
int transport_init(Transport *transport, Loop *loop, const AgentConfig *config,
                   const TransportCallbacks *callbacks);
void transport_done(Transport *transport);

/* What on_open() gave is over, and has been closed. */
void transport_lost(Transport *transport);
