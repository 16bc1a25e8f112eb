#include "agent/disks.h"

#include "agent/disk-reader.h"
#include "base/log.h"
#include "schema/tables.h"
#include "wire/read.h"

#define INTERVAL_USEC   (30 * USEC_PER_SEC)
#define DEADLINE_USEC   (10 * USEC_PER_SEC)
#define ARENA_BYTES_MAX ((size_t)1 << 20) /* holds 64 of the longest names */

static void tell_error(Disks *disks, int error)
{
        if (error < 0 && error != disks->error)
                log_warning("the host is not told of all disks: %s",
                            error == -ETIMEDOUT ? "one of them does not answer" : strerror(-error));
        disks->error = error;
}

static int take(Disks *disks, Buf *payload, Usec now)
{
        _cleanup_(arena_freep) Arena *arena = NULL;
        const AgentFacts *facts = NULL;
        WireError error;
        int r;

        if (payload->size == disks->payload.size &&
            (payload->size == 0 || memcmp(payload->data, disks->payload.data, payload->size) == 0))
                return 0;
        arena = arena_new(ARENA_BYTES_MAX);
        if (!arena)
                return -ENOMEM;
        r = tlv_read(arena, payload->data, payload->size, &type_AgentFacts, &facts, &error);
        if (r < 0)
                return r;
        buf_done(&disks->payload);
        disks->payload = *payload;
        *payload = (Buf){0};
        arena_free(disks->arena);
        disks->arena = moved(arena);
        disks->told = facts->disks;
        disks->on_change(disks, now);
        return 0;
}

/* Past the deadline its end may never come; without an error, it tells whether this is all. */
static void on_answer(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        Disks *disks = user;

        (void)pid;
        buf_done(&disks->coming);
        if (result >= 0) {
                disks->coming = *answer;
                *answer = (Buf){0};
                return;
        }
        tell_error(disks, result);
        if (result == -ETIMEDOUT)
                (void)take(disks, answer, now);
}

static void on_exit_of_worker(void *user, pid_t pid, int status, Usec now)
{
        Disks *disks = user;

        (void)pid;
        disks->reading = false;
        if (status == 0)
                tell_error(disks, take(disks, &disks->coming, now));
        buf_done(&disks->coming);
}

static int start(Disks *disks)
{
        const WorkerTask task = {
                .who = &disks->self,
                .run = disks->read,
                .deadline_usec = disks->deadline_usec,
        };
        const WorkerCallbacks callbacks = {
                .on_answer = on_answer,
                .on_exit = on_exit_of_worker,
                .user = disks,
        };
        Worker *worker;
        int r = worker_start(&disks->workers, &task, &callbacks, &worker);

        disks->reading = r >= 0;
        return r;
}

void disks_read(Disks *disks, Usec now)
{
        (void)loop_timer_set(disks->workers.loop, &disks->timer, now + disks->interval_usec);
        if (!disks->reading) {
                int r = start(disks);

                if (r < 0)
                        tell_error(disks, r);
        }
}

static int on_due(LoopTimer *timer, Usec now)
{
        disks_read(container_of(timer, Disks, timer), now);
        return 0;
}

void disks_init(Disks *disks, Loop *loop, void (*on_change)(Disks *disks, Usec now))
{
        *disks = (Disks){
                .self = {.type = &type_LoginVerdict, .uid = geteuid(), .gid = getegid()},
                .timer.on_due = on_due,
                .on_change = on_change,
                .read = disks_describe,
                .deadline_usec = DEADLINE_USEC,
                .interval_usec = INTERVAL_USEC,
        };
        workers_init(&disks->workers, loop);
}

void disks_done(Disks *disks)
{
        loop_timer_clear(&disks->timer);
        workers_done(&disks->workers);
        buf_done(&disks->coming);
        buf_done(&disks->payload);
        disks->arena = arena_free(disks->arena);
        disks->told = (WireObjects){0};
}
