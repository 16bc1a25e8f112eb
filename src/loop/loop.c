#include "loop/loop-private.h"

#include "base/clock.h"
#include "base/pidfd.h"

#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#define EVENTS_PER_TURN 64

struct Loop {
        int epoll;
        Usec now;
        bool quit;

        struct epoll_event ready[EVENTS_PER_TURN];
        size_t n_ready;

        LoopTimer **timers; /* binary heap, the soonest first */
        size_t n_timers, space_timers;

        TAILQ_HEAD(LoopTasks, LoopTask) tasks;

        LoopPaths *paths;

        LoopIo signal_io;
        int (*on_signal)(void *user, int signo, Usec now);
        void *signal_user;
};

int loop_new(Loop **ret)
{
        _cleanup_(loop_freep) Loop *loop = malloc(sizeof(*loop));

        if (!loop)
                return -ENOMEM;
        *loop = (Loop){.signal_io.fd = -1, .now = clock_boottime()};
        TAILQ_INIT(&loop->tasks);
        loop->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (loop->epoll < 0)
                return -errno;
        *ret = moved(loop);
        return 0;
}

Loop *loop_free(Loop *loop)
{
        if (!loop)
                return NULL;
        /* What was closed in the last turn is freed by tasks. */
        for (LoopTask *task; (task = TAILQ_FIRST(&loop->tasks));) {
                loop_task_cancel(task);
                (void)task->run(task, loop->now);
        }
        loop_paths_free(loop->paths);
        fd_close(loop->signal_io.fd);
        fd_close(loop->epoll);
        free(loop->timers);
        free(loop);
        return NULL;
}

void loop_quit(Loop *loop)
{
        loop->quit = true;
}

Usec loop_now(const Loop *loop)
{
        return loop->now;
}

LoopPaths **loop_paths(Loop *loop)
{
        return &loop->paths;
}

/* descriptors */

int loop_add_io(Loop *loop, LoopIo *io, uint32_t events)
{
        struct epoll_event event = {.events = events, .data.ptr = io};

        if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, io->fd, &event) < 0)
                return -errno;
        io->loop = loop;
        io->events = events;
        return 0;
}

int loop_io_set(LoopIo *io, uint32_t events)
{
        struct epoll_event event = {.events = events, .data.ptr = io};

        if (io->events == events)
                return 0;
        if (epoll_ctl(io->loop->epoll, EPOLL_CTL_MOD, io->fd, &event) < 0)
                return -errno;
        io->events = events;
        return 0;
}

void loop_io_remove(LoopIo *io)
{
        Loop *loop = io->loop;

        if (!loop)
                return;
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, io->fd, NULL);
        for (size_t i = 0; i < loop->n_ready; i++)
                if (loop->ready[i].data.ptr == io)
                        loop->ready[i].data.ptr = NULL;
        io->loop = NULL;
}

/* timers */

static void heap_place(Loop *loop, size_t index, LoopTimer *timer)
{
        loop->timers[index] = timer;
        timer->index = index;
}

static void heap_up(Loop *loop, size_t index)
{
        LoopTimer *timer = loop->timers[index];

        while (index > 0 && timer->due < loop->timers[(index - 1) / 2]->due) {
                heap_place(loop, index, loop->timers[(index - 1) / 2]);
                index = (index - 1) / 2;
        }
        heap_place(loop, index, timer);
}

static void heap_down(Loop *loop, size_t index)
{
        LoopTimer *timer = loop->timers[index];
        size_t child;

        while ((child = 2 * index + 1) < loop->n_timers) {
                if (child + 1 < loop->n_timers &&
                    loop->timers[child + 1]->due < loop->timers[child]->due)
                        child++;
                if (timer->due <= loop->timers[child]->due)
                        break;
                heap_place(loop, index, loop->timers[child]);
                index = child;
        }
        heap_place(loop, index, timer);
}

int loop_timer_set(Loop *loop, LoopTimer *timer, Usec due)
{
        if (!timer->loop) {
                if (loop->n_timers == loop->space_timers) {
                        size_t space = loop->space_timers ? 2 * loop->space_timers : 16;
                        LoopTimer **grown = reallocarray(loop->timers, space, sizeof(*grown));

                        if (!grown)
                                return -ENOMEM;
                        loop->timers = grown;
                        loop->space_timers = space;
                }
                timer->loop = loop;
                heap_place(loop, loop->n_timers++, timer);
        }
        timer->due = due;
        heap_up(loop, timer->index);
        heap_down(loop, timer->index);
        return 0;
}

void loop_timer_clear(LoopTimer *timer)
{
        Loop *loop = timer->loop;
        LoopTimer *last;

        if (!loop)
                return;
        timer->loop = NULL;
        last = loop->timers[--loop->n_timers];
        if (last == timer)
                return;
        heap_place(loop, timer->index, last);
        heap_up(loop, last->index);
        heap_down(loop, last->index);
}

static int run_timers(Loop *loop)
{
        size_t n = loop->n_timers; /* one that sets itself to now must not keep us here */
        int r = 0;

        for (; r >= 0 && n > 0 && loop->n_timers > 0 && loop->timers[0]->due <= loop->now; n--) {
                LoopTimer *timer = loop->timers[0];

                loop_timer_clear(timer);
                r = timer->on_due(timer, loop->now);
        }
        return r;
}

static int next_timeout_msec(const Loop *loop)
{
        Usec left, now;

        if (!TAILQ_EMPTY(&loop->tasks))
                return 0;
        if (loop->n_timers == 0)
                return -1;
        now = clock_boottime();
        if (loop->timers[0]->due <= now)
                return 0;
        left = (loop->timers[0]->due - now + USEC_PER_MSEC - 1) / USEC_PER_MSEC;
        return left > INT_MAX ? INT_MAX : (int)left;
}

/* tasks */

void loop_defer(Loop *loop, LoopTask *task)
{
        if (task->loop)
                return;
        task->loop = loop;
        TAILQ_INSERT_TAIL(&loop->tasks, task, entry);
}

void loop_task_cancel(LoopTask *task)
{
        if (!task->loop)
                return;
        TAILQ_REMOVE(&task->loop->tasks, task, entry);
        task->loop = NULL;
}

static int run_tasks(Loop *loop)
{
        LoopTask *task, end = {0};
        int r = 0;

        /* A task may queue itself again, which must not starve the descriptors: one round. */
        TAILQ_INSERT_TAIL(&loop->tasks, &end, entry);
        while (r >= 0 && (task = TAILQ_FIRST(&loop->tasks)) != &end) {
                loop_task_cancel(task);
                r = task->run(task, loop->now);
        }
        TAILQ_REMOVE(&loop->tasks, &end, entry);
        return r;
}

/* children */

static int child_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        LoopChild *child = container_of(io, LoopChild, io);
        int status = 0;
        pid_t pid;

        (void)events;
        do
                pid = waitpid(child->pid, &status, WNOHANG);
        while (pid < 0 && errno == EINTR);
        if (pid == 0)
                return 0;
        loop_child_remove(child);
        return child->on_exit(child, pid < 0 ? -1 : status, now);
}

int loop_add_child(Loop *loop, LoopChild *child)
{
        int r;

        child->io = (LoopIo){.fd = pidfd_open(child->pid, 0), .on_ready = child_on_ready};
        if (child->io.fd < 0)
                return -errno;
        /* Edges: one that ends under a debugger is readable long before we may wait for it. */
        r = loop_add_io(loop, &child->io, EPOLLIN | EPOLLET);
        if (r < 0)
                child->io.fd = fd_close(child->io.fd);
        return r;
}

void loop_child_remove(LoopChild *child)
{
        if (!child->io.loop)
                return;
        loop_io_remove(&child->io);
        child->io.fd = fd_close(child->io.fd);
}

/* signals */

static int signal_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        Loop *loop = container_of(io, Loop, signal_io);
        struct signalfd_siginfo info;
        ssize_t n;

        (void)events;
        n = read(io->fd, &info, sizeof(info));
        if (n != (ssize_t)sizeof(info))
                return n < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
        return loop->on_signal(loop->signal_user, (int)info.ssi_signo, now);
}

int loop_on_signals(Loop *loop, const int *signals, size_t n,
                    int (*on_signal)(void *user, int signo, Usec now), void *user)
{
        sigset_t set;

        sigemptyset(&set);
        for (size_t i = 0; i < n; i++)
                sigaddset(&set, signals[i]);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        loop->signal_io = (LoopIo){
                .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
                .on_ready = signal_on_ready,
        };
        if (loop->signal_io.fd < 0)
                return -errno;
        loop->on_signal = on_signal;
        loop->signal_user = user;
        return loop_add_io(loop, &loop->signal_io, EPOLLIN);
}

/* the turn */

static int run_ready(Loop *loop)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < loop->n_ready; i++) {
                LoopIo *io = loop->ready[i].data.ptr;

                if (io)
                        r = io->on_ready(io, loop->ready[i].events, loop->now);
        }
        loop->n_ready = 0;
        return r;
}

int loop_run(Loop *loop)
{
        int r = 0, n;

        loop->quit = false;
        while (!loop->quit) {
                n = epoll_wait(loop->epoll, loop->ready, EVENTS_PER_TURN, next_timeout_msec(loop));
                if (n < 0 && errno != EINTR)
                        return -errno;
                loop->n_ready = n > 0 ? (size_t)n : 0;
                loop->now = clock_boottime();
                r = run_ready(loop);
                if (r >= 0)
                        r = run_timers(loop);
                if (r >= 0)
                        r = run_tasks(loop);
                if (r < 0)
                        return r;
        }
        return 0;
}
