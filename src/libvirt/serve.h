#pragma once

/*
 * What the files of "guestops-libvirt serve" share: one connection, its machines, and the daemon
 * that is told of them, see wire/packets.h.
 *
 * serve.c       the conversation with the daemon
 * connection.c  being connected: again and again, and whether libvirtd answers
 * machines.c    what is known and has been told
 * look.c        one look at a machine
 * power.c       power actions
 * channel.c     where a machine's channel is
 * stream.c      a channel that goes through libvirtd
 * events.c      libvirt's events
 *
 * All of it lives in the one loop, but for what waits for libvirtd: that runs in pools of threads,
 * and touches only its own job.
 */

#include "libvirt/events.h"
#include "libvirt/look.h"
#include "loop/worker.h"
#include "wire/packets.h"

#include <jansson.h>

#define AGENT_PORT "org.guestops.agent.0"

/*
 * libvirtd carries out five requests of a connection at a time (max_client_requests). The looks and
 * the question whether it answers share one, and what may take minutes has another.
 */
#define LOOK_THREADS  3
#define POWER_THREADS 4

typedef struct Domain Domain;
struct Domain {
        struct Serve *serve;
        char uuid[UUID_CHARS + 1];
        WorkerJob look;
        virConnectPtr conn;      /* that the look goes by */
        unsigned int generation; /* of it */
        int result;              /* of it */
        Sight sight;
        bool looking, again; /* once more, when this look is over */
        unsigned int looked; /* the telling that the last look was part of */
        unsigned int acting; /* power actions of ours under way */
        bool is_told;
        int id;          /* as told; -1: off */
        const char *job; /* as told */
        int job_error;   /* of it, by QEMU's events */
        char *told;      /* the last word */
        json_t *answer;  /* to be given when it has been looked at */
        TAILQ_ENTRY(Domain) entry;
};

/* A job in a thread that has to do with the connection. */
typedef struct ConnectionJob {
        WorkerJob job;
        bool busy;
        Usec since;
        virConnectPtr conn, acts; /* borrowed from the connection, or made */
        unsigned int generation;
        bool monitors; /* QEMU's own events are told */
        int error;
        char why[MACHINE_WHY_MAX];
        char (*uuids)[UUID_CHARS + 1]; /* of a list */
        size_t n_uuids;
} ConnectionJob;

typedef struct Serve {
        Loop *loop;
        const char *uri;
        Packets parent;
        WorkerPool *looks, *powers, *probes;

        virConnectPtr conn, acts; /* NULL: not connected */
        unsigned int generation;  /* of the connection */
        bool monitors;
        ConnectionJob probe; /* connects, or asks whether libvirtd is there */
        ConnectionJob list;
        bool list_again;
        LoopTimer tick;
        Usec retry, retry_wait, next_probe, next_list, next_poll, next_job_poll;
        bool lost;

        /* All machines have to be told, since the beginning or the last loss. */
        unsigned int telling;
        bool listed, told_listed;

        void *by_uuid;
        TAILQ_HEAD(, Domain) domains;
        size_t n_domains;
} Serve;

/* To the daemon. @message: taken; @fd: taken, or -1. */
void serve_say(Serve *serve, json_t *message, int fd);
/* @result: NULL for success; adds "error" and "why". */
void serve_add_result(json_t *answer, int error, const char *why);

/* connection.c */
int connection_begin(Serve *serve, Usec now);
void connection_closed(Serve *serve, const char *why, Usec now);
/* Has all machines looked at, and finds new ones. */
void connection_list(Serve *serve, Usec now);

/* machines.c */
Domain *domain_find(const Serve *serve, const char *uuid);
void domain_look(Domain *domain);
/* Looks at it, and then gives the answer. @answer: taken. */
void domain_settle(Domain *domain, json_t *answer);
/* Has it looked at; it may be new. */
void machines_look(Serve *serve, const char *uuid);
void machines_note_job(Serve *serve, const char *uuid, int error);
void machines_look_at_all(Serve *serve);
/* Looks at what runs, and may have a job; @with_job: only at what has one. */
void machines_poll(Serve *serve, bool with_job);
/* Tells {"listed"} once all has been told. */
void machines_check_listed(Serve *serve);
/* What was told does not count any more. */
void machines_forget_told(Serve *serve);

/* power.c, channel.c: requests of the daemon */
void power_take(Serve *serve, const json_t *request);
void channel_take(Serve *serve, const json_t *request);

/*
 * stream.c: a channel by a connection of its own, because a guest that does not read stops all that
 * goes by the same. stream_begin() answers the request later.
 */
void stream_begin(Serve *serve, const char *uuid, json_int_t id);
void stream_mail(Serve *serve, const Mail *mail);
