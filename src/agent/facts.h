#pragma once

/*
 * Facts: what the agent says of its guest without being asked for it. They are read anew when the
 * kernel tells of a change, and at most once a second, whatever flaps in the guest. Disks, of which
 * nobody tells, are read by themselves.
 *
 * Source: os-release(5), proc_stat(5), proc_sys_kernel(5).
 */

#include "agent/config.h"
#include "agent/disks.h"
#include "agent/problems.h"
#include "base/buf.h"
#include "loop/loop.h"

typedef struct Facts Facts;
struct Facts {
        char boot_id[64];
        char host_name[256];
        char os_name[256];
        Buf payload; /* all that a host is told, as an AgentFacts */

        /* its own */
        Loop *loop;
        void (*on_change)(Facts *facts);
        LoopIo host_name_io;
        LoopIo interfaces_io;
        LoopIo files_io; /* what is read from files */
        Setup setup;
        LoopTimer timer;
        Disks disks;
        Usec read;            /* when that was last done */
        int interfaces_error; /* that has been logged */
};

/*
 * Reads the facts. @on_change: called when they are others; not from within the functions below.
 * @config: until facts_configure() tells of another one.
 */
void facts_init(Facts *facts, Loop *loop, const AgentConfig *config,
                void (*on_change)(Facts *facts));
void facts_done(Facts *facts);

/*
 * Reads them again. Return: whether facts->payload is another one. How full the disks are is asked
 * meanwhile; what is told before has the last answer.
 */
bool facts_read(Facts *facts, Usec now);

/* The configuration is another one now, or it was changed and cannot be read (@invalid). */
void facts_configure(Facts *facts, const AgentConfig *config, bool invalid);
