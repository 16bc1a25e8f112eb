#pragma once

/* One look at a machine: everything that is told of it. It waits for libvirtd. */

#include "wire/packets.h"

#include <libvirt/libvirt.h>

typedef struct Sight {
        bool is_there;
        char name[MACHINE_NAME_MAX + 1];
        int id;             /* of this start; -1: it is off */
        const char *power;  /* "on", "off" or "suspended" */
        const char *reason; /* why it does not run though it is on, or NULL */
        const char *job;    /* static, or NULL */
        bool job_is_told;   /* by .job; otherwise it may be as before */
        bool has_job;       /* there is one, though nobody can say which */
        int job_error;      /* of the job @before, where that has failed */
        char job_why[MACHINE_WHY_MAX];
        bool job_is_done; /* the job @before has had success, and turned it off */
        int cpus;
        int64_t memory_mb;
} Sight;

/**
 * look_at() - look at the machine with that UUID
 *
 * Return: 0, -EIO where the connection fails, -EAGAIN where it was in vain otherwise.
 */
int look_at(virConnectPtr conn, const char *uuid, Sight *ret);

/* What failed in libvirt, in this thread: the error's number by our words, and its text. */
int failure_of(char *why, size_t size);
