#pragma once

/*
 * Connector: the way to one machine's agent, until there is a stream of bytes, or a reason why not.
 * Nothing waits, and each attempt ends in time.
 *
 * Nothing is written before it is known that we are the one who is heard: a QEMU that serves
 * another client keeps our bytes, and gives them to the guest when nobody expects them any more.
 *
 * Source: unix(7), vsock(7); Firecracker, docs/vsock.md; Cloud Hypervisor, docs/vsock.md.
 */

#include "inventory/provider.h"

/* Three ways: @path alone, a socket; @path with @port, a socket of Firecracker and Cloud
   Hypervisor; @cid with @port, AF_VSOCK. */
typedef struct ConnectAddress {
        const char *path; /* borrowed, or NULL */
        uint32_t cid, port;
} ConnectAddress;

typedef struct Connector Connector;
struct Connector {
        /*
         * The end of connector_begin(), from within or later. @fd: a non-blocking stream, the
         * receiver's from now on, or -1 where result->error says why not; -EBUSY: another program
         * is connected. The connector may be used again, or go.
         */
        void (*on_done)(Connector *connector, int fd, const ProviderResult *result, Usec now);

        /* its own */
        Loop *loop;
        LoopIo io;       /* .fd -1 while there is none */
        LoopTimer timer; /* when to look again, or to give up */
        size_t looks;    /* how often it was not accepted */
        ConnectAddress address;
        char line[32]; /* what has come of the VMM's answer */
        size_t line_size;

        /* for tests */
        Usec answer_usec;
};

void connector_init(Connector *connector, Loop *loop,
                    void (*on_done)(Connector *connector, int fd, const ProviderResult *result,
                                    Usec now));

/* @address: what it points to has to last until the end. An attempt under way is given up. */
void connector_begin(Connector *connector, const ConnectAddress *address, Usec now);

/* Gives up an attempt, if there is one; on_done() is not called. */
void connector_cancel(Connector *connector);
