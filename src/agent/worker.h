#pragma once

/*
 * Worker: a child that has become the guest user for good and does one thing there. The kernel is
 * the one that says no; the monitor never touches what a user controls.
 *
 * The child answers with one ChannelAnswer over a pipe. One that executes a program answers by not
 * answering: the pipe closes with the exec. One that has more to say, or to hear, is given a socket
 * besides.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "loop/loop.h"
#include "schema/fault.h"

#include <signal.h>

#define WORKER_ANSWER_MAX ((size_t)16 << 20)
#define WORKER_DONE       "" /* the message where all went well: nothing at all is said by who dies */
#define WORKER_SOCKET     4 /* in the child: the task's socket, … */
#define WORKER_DATA       5 /* … and its data */

typedef struct Worker Worker;

/* Those that are not over yet. */
typedef struct Workers {
        Loop *loop;
        TAILQ_HEAD(WorkerList, Worker) list;
        bool changed_signals[NSIG]; /* of this process, which children reset */
} Workers;

void workers_init(Workers *workers, Loop *loop);
/* Nobody is called back any more; what the children execute goes on. */
void workers_done(Workers *workers);

typedef struct WorkerTask {
        const LoginVerdict *who;
        /*
         * Runs in the child, as the user, working directory "/", all descriptors but 0 to 2
         * closed on exec. Writes a ChannelAnswer to @answer, or executes.
         */
        void (*run)(const void *argument, Arena *arena, Buf *answer);
        const void *argument;
        int socket;   /* of the caller, for WORKER_SOCKET in the child; 0: none */
        int data;     /* likewise, for WORKER_DATA; not without a socket */
        bool session; /* a new session and process group of its own, signals and umask reset */
        Usec deadline_usec;
} WorkerTask;

typedef struct WorkerCallbacks {
        /*
         * @answer: what the child wrote; empty where it executed a program. @pid lives, or has
         * ended without having been waited for.
         * @result: 0, -ETIMEDOUT (and the child is killed), -EMSGSIZE, or -EIO.
         */
        void (*on_answer)(void *user, int result, pid_t pid, Buf *answer, Usec now);
        /* Its end, after on_answer(); @status as waitpid(2) has it. The worker is freed then. */
        void (*on_exit)(void *user, pid_t pid, int status, Usec now);
        void *user;
} WorkerCallbacks;

/* In the child: sends what @answer has so far. Past the deadline too, the monitor is given that. */
void worker_flush(Buf *answer);

/* Return: how many of this user's have neither executed nor ended, also those given up. */
size_t workers_of(const Workers *workers, uid_t uid);

int worker_start(Workers *workers, const WorkerTask *task, const WorkerCallbacks *callbacks,
                 Worker **ret);

/* Another deadline from now on; USEC_NEVER for none. */
void worker_set_deadline(Worker *worker, Usec due);

/* From now on nobody is called back. The child goes on; what it did stays done. */
void worker_forget(Worker *worker);

/* Other callbacks from now on, for what outlives its request. */
void worker_hand_over(Worker *worker, const WorkerCallbacks *callbacks);
