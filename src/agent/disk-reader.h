#pragma once

/*
 * Disk reader: asks file systems how full they are. One on a broken disk may never answer, which is
 * why this runs in a worker.
 */

#include "base/arena.h"
#include "base/buf.h"

/*
 * WorkerTask.run, as the agent's own user: sends an AgentFacts with nothing but disks, one by one.
 * Told are "/", whatever it is, and each disk with a file system for data, where it is mounted
 * first; not what users have mounted, nor what is hidden below another mount.
 *
 * Source: statvfs(3); open-vm-tools, which tells f_blocks and f_bavail.
 */
void disks_describe(const void *argument, Arena *arena, Buf *answer);
