#pragma once

/*
 * WorkerPool: threads for the few things that can only wait (password hashing, a library's own
 * blocking call). Nothing else may use them: everything that can be an event is one.
 */

#include "loop/loop.h"

typedef struct WorkerPool WorkerPool;

typedef struct WorkerJob WorkerJob;
struct WorkerJob {
        void (*run)(WorkerJob *job);           /* in a thread; touches only the job */
        int (*done)(WorkerJob *job, Usec now); /* in the loop; the job is the owner's again */
        STAILQ_ENTRY(WorkerJob) entry;
};

/* @threads: how many run at once. @max_queued: jobs waiting beyond that are refused. */
int worker_pool_new(Loop *loop, size_t threads, size_t max_queued, WorkerPool **ret);

/* Waits for the jobs that run, then gives every job back by its done(), whether it ran or not. */
WorkerPool *worker_pool_free(WorkerPool *pool);
DEFINE_CLEANUP(WorkerPool, worker_pool_free)

/* Return: 0, or -EAGAIN where the queue is full. */
int worker_pool_submit(WorkerPool *pool, WorkerJob *job);
