#pragma once

/*
 * Loop: one thread, level-triggered epoll, a heap of timers, children by pidfd, signals by
 * signalfd, files that come to be by inotify.
 *
 * A source is a struct embedded in its owner; the callback finds the owner with container_of().
 * Callbacks are given the time (CLOCK_BOOTTIME) and never read a clock. A callback may remove and
 * free any source, its own included: events of removed sources are never delivered. The first
 * negative return of a callback ends loop_run() with that value.
 *
 * Source: epoll(7), pidfd_open(2), signalfd(2), inotify(7).
 */

#include "base/base.h"

#include <sys/queue.h>
#include <sys/signalfd.h>
#include <sys/types.h>

typedef struct Loop Loop;

typedef struct LoopIo LoopIo;
struct LoopIo {
        int fd; /* borrowed */
        int (*on_ready)(LoopIo *io, uint32_t events, Usec now);
        Loop *loop; /* NULL while not watched */
        uint32_t events;
};

typedef struct LoopTimer LoopTimer;
struct LoopTimer {
        int (*on_due)(LoopTimer *timer, Usec now);
        Loop *loop; /* NULL while not set */
        Usec due;
        size_t index; /* in the heap */
};

typedef struct LoopChild LoopChild;
struct LoopChild {
        LoopIo io;
        pid_t pid;
        int (*on_exit)(LoopChild *child, int status, Usec now); /* @status as waitpid(2) has it */
};

typedef struct LoopDirectory LoopDirectory;
typedef struct LoopPath LoopPath;
struct LoopPath {
        int (*on_appear)(LoopPath *path, Usec now);
        Loop *loop;       /* NULL while not watched */
        const char *name; /* what is waited for … */
        size_t n_name;
        LoopDirectory *directory; /* … in there; NULL when it has come */
        TAILQ_ENTRY(LoopPath) entry;
};

typedef struct LoopTask LoopTask;
struct LoopTask {
        int (*run)(LoopTask *task, Usec now);
        Loop *loop; /* NULL while not queued */
        TAILQ_ENTRY(LoopTask) entry;
};

/* Return: 0, or a negative errno of epoll_create1(2), -ENOMEM. */
int loop_new(Loop **ret);
Loop *loop_free(Loop *loop);
DEFINE_CLEANUP(Loop, loop_free)

/* Runs until loop_quit() or a callback fails. Return: 0, or what the callback returned. */
int loop_run(Loop *loop);
void loop_quit(Loop *loop);

/* Return: the time that callbacks of this turn are given. */
Usec loop_now(const Loop *loop);

/* Watches io->fd for @events (EPOLLIN and so on, EPOLLET where wanted). */
int loop_add_io(Loop *loop, LoopIo *io, uint32_t events);
int loop_io_set(LoopIo *io, uint32_t events);
void loop_io_remove(LoopIo *io);

/* Sets or moves the timer. It fires once. */
int loop_timer_set(Loop *loop, LoopTimer *timer, Usec due);

#define LOOP_SLACK_USEC (250 * USEC_PER_MSEC)

/*
 * For timers of which there may be thousands, and that may be late: waking up costs more than what
 * most of them do. Return: @due or later, so that many are due at once.
 */
static inline Usec loop_slack(Usec due)
{
        return (due + LOOP_SLACK_USEC - 1) / LOOP_SLACK_USEC * LOOP_SLACK_USEC;
}

void loop_timer_clear(LoopTimer *timer);

/* Runs @task once, at the end of this turn. */
void loop_defer(Loop *loop, LoopTask *task);
void loop_task_cancel(LoopTask *task);

/* Calls child->on_exit once, after it has reaped child->pid. */
int loop_add_child(Loop *loop, LoopChild *child);
void loop_child_remove(LoopChild *child);

/**
 * loop_path_watch() - be told when a file comes to be
 * @name:       its path, of less than PATH_MAX bytes; lives as long as it is watched
 *
 * on_appear() is called once, when something has been made at that path or moved there, or at a
 * directory on the way to it: the owner looks, and watches again where it is not what he waits
 * for. He looks once more after he has begun to watch, too: it may have come in between.
 *
 * Return: 0, or a negative errno: -ENOSPC where the user may watch no more directories.
 */
int loop_path_watch(Loop *loop, LoopPath *path, const char *name);
void loop_path_unwatch(LoopPath *path);

/**
 * loop_on_signals() - take signals as events
 * @signals:    blocked here; children have to unblock them again
 * @on_signal:  called with the signal's number
 */
int loop_on_signals(Loop *loop, const int *signals, size_t n,
                    int (*on_signal)(void *user, int signo, Usec now), void *user);
