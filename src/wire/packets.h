#pragma once

/*
 * Packets: what guestopsd and guestops-libvirt say to each other over a socketpair of the kind
 * SOCK_SEQPACKET. Each packet is one JSON object of one member, whose name says what it is; it may
 * carry one descriptor. Neither end waits for the other; what cannot be sent at once is queued.
 *
 * To guestops-libvirt:
 *
 *   {"ping": N}                    answered at once, whatever libvirtd does
 *   {"channel": {"id": N, "uuid": U, "stream": BOOLEAN}}
 *                                  where the agent's channel is; or, as a stream, it itself
 *   {"power": {"id": N, "uuid": U, "action": WORD}}
 *
 * From there:
 *
 *   {"pong": N}
 *   {"vm": {"uuid", "name", "power", "reason", "job", "error", "why", "cpus", "memory"}}
 *                                  a machine is new, or is otherwise than told before; .error and
 *                                  .why are of the job that was told before
 *   {"gone": U}                    it is no longer there
 *   {"listed": true}               all machines have been told since {"lost"}, or the beginning
 *   {"lost": WHY}                  libvirtd does not answer
 *   {"reset": U}                   the guest was reset or restored
 *   {"channel": {"id", "uuid", "path"}}, or without "path" and with a descriptor, or with "error"
 *                                  and "why"
 *   {"power": {"id", "uuid"}}      or with "error" and "why"; what it led to has been told before
 */

#include "base/buf.h"
#include "loop/loop.h"

#define PACKET_BYTES_MAX 8192           /* of one packet */
#define PACKETS_MAX      16384          /* that wait to be sent */
#define MACHINES_MAX     ((size_t)4096) /* of one connection */

/* Bytes of what is told of a machine, beyond which it is cut. */
#define MACHINE_NAME_MAX 1024
#define MACHINE_WHY_MAX  512

typedef struct Packets Packets;
struct Packets {
        LoopIo io; /* fd -1: closed */
        STAILQ_HEAD(PacketQueue, Packet) queue;
        size_t n_queued;
        /* @text: NUL-terminated, borrowed; @fd: -1, or the receiver's from now on. */
        void (*on_packet)(Packets *packets, const char *text, size_t size, int fd, Usec now);
        /* The other end has gone, or what it sends is too large. Once, and never from within. */
        void (*on_end)(Packets *packets, const char *why, Usec now);
};

/* @fd: taken, also on failure. Return: 0, or a negative errno. */
int packets_open(Packets *packets, Loop *loop, int fd);
void packets_close(Packets *packets);

/**
 * packets_send() - send one packet, or queue it
 * @fd:         goes along, and is taken; -1: none
 *
 * Where that fails, as with an end that does not read, on_end() is called later.
 */
void packets_send(Packets *packets, const char *text, size_t size, int fd);

/*
 * The words for an error: "busy", "canceled", "denied", "failed", "none" and "unsupported".
 * Return: the negative errno; -EIO for any other.
 */
int packet_error(const char *word);
/* Return: the word. */
const char *packet_error_word(int error);

/* Texts that stand in VmState. Return: the static one that equals @text, or NULL. */
const char *packet_reason(const char *text);
const char *packet_job(const char *text);
