#pragma once

/*
 * Disks: how full this guest's file systems are, read anew every 30 s, as VMware Tools do.
 *
 * A worker reads them. What it has told until its deadline counts; one that hangs in a broken disk
 * even when it is killed is waited for, and no other is started meanwhile.
 */

#include "agent/worker.h"

typedef struct Disks Disks;
struct Disks {
        WireObjects told; /* AgentDisk, FACTS_DISKS_MAX at most */

        /* its own */
        Arena *arena; /* of @told */
        Buf payload;  /* that it was read from */
        Buf coming;   /* what a worker has told, until it is known to have ended well */
        Workers workers;
        LoginVerdict self;
        LoopTimer timer;
        bool reading; /* a worker is not over yet */
        int error;    /* that has been logged */
        void (*on_change)(Disks *disks, Usec now);

        /* for tests */
        void (*read)(const void *argument, Arena *arena, Buf *answer);
        Usec deadline_usec, interval_usec;
};

/* Reads nothing yet. @on_change: called when @told is another one. */
void disks_init(Disks *disks, Loop *loop, void (*on_change)(Disks *disks, Usec now));
void disks_done(Disks *disks);

/* Reads them soon, and every 30 s from now on. */
void disks_read(Disks *disks, Usec now);
