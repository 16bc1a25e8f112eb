/* The loop: timers in their order, and sources that come and go while others are called. */

#include "base/test.h"
#include "loop/loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

static Loop *loop_make(void)
{
        Loop *loop = NULL;

        if (loop_new(&loop) < 0)
                abort();
        return loop;
}

/* timers */

#define TIMERS 2000

static size_t timers_left, n_fired;
static Usec last_due;
static bool timers_in_order, timers_not_early;

typedef struct TestTimer {
        LoopTimer timer;
        Loop *loop;
        unsigned int n_due;
        LoopTimer *clears, *moves; /* when due */
} TestTimer;

static int test_timer_due(LoopTimer *timer, Usec now)
{
        TestTimer *test = container_of(timer, TestTimer, timer);

        timers_in_order &= timer->due >= last_due;
        timers_not_early &= timer->due <= now && now == loop_now(test->loop);
        last_due = timer->due;
        test->n_due++;
        n_fired++;
        if (test->clears)
                loop_timer_clear(test->clears);
        if (test->moves)
                loop_timer_set(test->loop, test->moves, now + 2000);
        if (--timers_left == 0)
                loop_quit(test->loop);
        return 0;
}

static void timers_begin(size_t left)
{
        timers_left = left;
        n_fired = 0;
        last_due = 0;
        timers_in_order = timers_not_early = true;
}

static void test_timers(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        static TestTimer timers[TIMERS];
        Usec start = loop_now(loop);
        bool once = true;
        uint32_t random = 1;

        timers_begin(TIMERS);
        for (size_t i = 0; i < TIMERS; i++) {
                random = random * 1664525 + 1013904223;
                timers[i] = (TestTimer){.timer.on_due = test_timer_due, .loop = loop};
                EXPECT_INT("set", loop_timer_set(loop, &timers[i].timer, start + random % 3000), 0);
        }
        for (size_t i = 0; i < TIMERS; i += 3) {
                random = random * 1664525 + 1013904223;
                EXPECT_INT("move", loop_timer_set(loop, &timers[i].timer, start + random % 3000),
                           0);
        }
        for (size_t i = 0; i < TIMERS; i += 7) {
                loop_timer_clear(&timers[i].timer);
                loop_timer_clear(&timers[i].timer);
                timers_left--;
        }
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT("in order", timers_in_order);
        EXPECT("none too early", timers_not_early);
        for (size_t i = 0; i < TIMERS; i++)
                once &= timers[i].n_due == (i % 7 != 0) && !timers[i].timer.loop;
        EXPECT("each once, but none of the cleared", once);
}

static void test_timers_from_timers(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestTimer timers[4];
        Usec start = loop_now(loop);

        for (size_t i = 0; i < ELEMENTS(timers); i++) {
                timers[i] = (TestTimer){.timer.on_due = test_timer_due, .loop = loop};
                loop_timer_set(loop, &timers[i].timer, start + i);
        }
        /* 0 clears 1, which is due too, and 2 is put behind 3. */
        timers[0].clears = &timers[1].timer;
        timers[0].moves = &timers[2].timer;
        timers_begin(3);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("the one that clears", timers[0].n_due, 1);
        EXPECT_INT("cleared", timers[1].n_due, 0);
        EXPECT_INT("moved", timers[2].n_due, 1);
        EXPECT_INT("untouched", timers[3].n_due, 1);
        EXPECT("the moved one came last", timers_in_order && last_due >= start + 2000);
        EXPECT("not early", timers_not_early);
}

static void test_timer_again(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestTimer timer = {.timer.on_due = test_timer_due, .loop = loop};

        timer.moves = &timer.timer;
        timers_begin(3);
        loop_timer_set(loop, &timer.timer, 0);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("it set itself again", timer.n_due, 3);
        EXPECT("and is set", timer.timer.loop == loop);
        loop_timer_clear(&timer.timer);
        EXPECT("until it is cleared", !timer.timer.loop);
}

/* descriptors */

#define IOS 100 /* more than one turn takes */

typedef struct TestIo {
        LoopIo io;
        struct TestIo **all;
        bool quits;
} TestIo;

static unsigned int n_ready;

static TestIo *io_make(Loop *loop, int (*on_ready)(LoopIo *io, uint32_t events, Usec now))
{
        TestIo *test = calloc(1, sizeof(*test));

        if (!test)
                abort();
        test->io = (LoopIo){.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), .on_ready = on_ready};
        EXPECT_INT("add", loop_add_io(loop, &test->io, EPOLLIN), 0);
        return test;
}

static TestIo *io_free(TestIo *test)
{
        loop_io_remove(&test->io);
        fd_close(test->io.fd);
        free(test);
        return NULL;
}

/* Frees every source, its own included. */
static int free_all(LoopIo *io, uint32_t events, Usec now)
{
        TestIo **all = container_of(io, TestIo, io)->all;
        Loop *loop = io->loop;

        (void)now;
        n_ready++;
        EXPECT_INT("readable", events, EPOLLIN);
        for (size_t i = 0; i < IOS; i++)
                all[i] = io_free(all[i]);
        loop_quit(loop);
        return 0;
}

static void test_io_removed_in_turn(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestIo *all[IOS];

        n_ready = 0;
        for (size_t i = 0; i < IOS; i++) {
                all[i] = io_make(loop, free_all);
                all[i]->all = all;
        }
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("the first is delivered, and no other", n_ready, 1);
}

static int free_self(LoopIo *io, uint32_t events, Usec now)
{
        TestIo *test = container_of(io, TestIo, io);
        Loop *loop = io->loop;

        (void)events;
        (void)now;
        io_free(test);
        if (++n_ready == IOS)
                loop_quit(loop);
        return 0;
}

static void test_io_frees_itself(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();

        n_ready = 0;
        for (size_t i = 0; i < IOS; i++)
                io_make(loop, free_self);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("all were delivered, over several turns", n_ready, IOS);
}

static int toggle(LoopIo *io, uint32_t events, Usec now)
{
        (void)now;
        EXPECT_INT("what was asked for", events, io->events);
        if (++n_ready == 1)
                return loop_io_set(io, EPOLLOUT);
        loop_quit(io->loop);
        return 0;
}

static void test_io_set(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestIo *test = io_make(loop, toggle);
        LoopIo bad = {.fd = -1, .on_ready = toggle};

        n_ready = 0;
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("twice", n_ready, 2);
        EXPECT_INT("same events", loop_io_set(&test->io, EPOLLOUT), 0);
        EXPECT_INT("no descriptor", loop_add_io(loop, &bad, EPOLLIN), -EBADF);
        EXPECT("is not watched", !bad.loop);
        loop_io_remove(&bad);
        io_free(test);
}

/* tasks */

typedef struct TestTask {
        LoopTask task;
        Loop *loop;
        bool again, quits;
        LoopTask *cancels, *defers;
        unsigned int n_runs;
} TestTask;

static bool tasks_in_time = true;

static int test_task_run(LoopTask *task, Usec now)
{
        TestTask *test = container_of(task, TestTask, task);

        test->n_runs++;
        tasks_in_time &= now == loop_now(test->loop);
        if (test->cancels)
                loop_task_cancel(test->cancels);
        if (test->defers)
                loop_defer(test->loop, test->defers);
        if (test->again)
                loop_defer(test->loop, task);
        if (test->quits)
                loop_quit(test->loop);
        return 0;
}

static void test_tasks(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestTask tasks[4];

        for (size_t i = 0; i < ELEMENTS(tasks); i++)
                tasks[i] = (TestTask){.task.run = test_task_run, .loop = loop};
        tasks[0].cancels = &tasks[1].task;
        tasks[0].defers = &tasks[2].task;
        tasks[3].quits = true;
        loop_defer(loop, &tasks[0].task);
        loop_defer(loop, &tasks[0].task);
        loop_defer(loop, &tasks[1].task);
        loop_defer(loop, &tasks[3].task);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("deferred twice, runs once", tasks[0].n_runs, 1);
        EXPECT_INT("cancelled by another", tasks[1].n_runs, 0);
        EXPECT_INT("deferred by a task: not in the same turn", tasks[2].n_runs, 0);
        EXPECT_INT("the last", tasks[3].n_runs, 1);
        loop = loop_free(loop);
        EXPECT_INT("what is left runs at the end", tasks[2].n_runs, 1);
        EXPECT_INT("nothing else does", tasks[0].n_runs + tasks[1].n_runs + tasks[3].n_runs, 2);
}

static int quit_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        (void)events;
        (void)now;
        loop_quit(io->loop);
        return 0;
}

static void test_task_starves_nobody(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestTask again = {.task.run = test_task_run, .loop = loop, .again = true};
        TestTask last = {.task.run = test_task_run, .loop = loop};
        TestTimer timer = {.timer.on_due = test_timer_due, .loop = loop};
        TestIo *io;

        /* The one at the end of the round goes away while the round runs. */
        again.cancels = &last.task;
        loop_defer(loop, &again.task);
        loop_defer(loop, &last.task);
        timers_begin(1);
        loop_timer_set(loop, &timer.timer, loop_now(loop) + 1000);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("a timer comes through", timer.n_due, 1);
        EXPECT("the task ran in more than one turn", again.n_runs > 1);
        EXPECT("all are given the turn's time", tasks_in_time);

        io = io_make(loop, quit_on_ready);
        EXPECT_INT("a descriptor comes through", loop_run(loop), 0);
        io_free(io);
        loop_task_cancel(&again.task);
        loop_task_cancel(&again.task);
}

/* children */

typedef struct TestChild {
        LoopChild child;
        Loop *loop;
        int status;
        unsigned int n_exits;
} TestChild;

static size_t children_left;

static int test_child_exit(LoopChild *child, int status, Usec now)
{
        TestChild *test = container_of(child, TestChild, child);

        EXPECT("the turn's time", now == loop_now(test->loop));
        test->status = status;
        test->n_exits++;
        if (--children_left == 0)
                loop_quit(test->loop);
        return 0;
}

static void test_children(void)
{
        static const struct {
                const char *about;
                int code, signal;
        } rows[] = {
                {"success", 0, 0},      {"failure", 7, 0},          {"the highest code", 255, 0},
                {"killed", 0, SIGKILL}, {"terminated", 0, SIGTERM},
        };
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestChild children[ELEMENTS(rows)];

        children_left = ELEMENTS(rows);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                pid_t pid = fork();

                if (pid == 0) {
                        if (rows[i].signal)
                                raise(rows[i].signal);
                        _exit(rows[i].code);
                }
                children[i] = (TestChild){
                        .child = {.pid = pid, .on_exit = test_child_exit},
                        .loop = loop,
                };
                EXPECT_INT(rows[i].about, loop_add_child(loop, &children[i].child), 0);
        }
        EXPECT_INT("run", loop_run(loop), 0);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                int status = children[i].status;

                EXPECT_INT(rows[i].about, children[i].n_exits, 1);
                EXPECT_INT(rows[i].about, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                           rows[i].signal);
                EXPECT_INT(rows[i].about, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                           rows[i].code);
                EXPECT_INT(rows[i].about, waitpid(children[i].child.pid, NULL, WNOHANG), -1);
                EXPECT_INT(rows[i].about, children[i].child.io.fd, -1);
        }
}

static void test_child_removed(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestChild child = {.child.on_exit = test_child_exit, .loop = loop};
        TestTimer timer = {.timer.on_due = test_timer_due, .loop = loop};

        child.child.pid = fork();
        if (child.child.pid == 0)
                _exit(0);
        EXPECT_INT("add", loop_add_child(loop, &child.child), 0);
        loop_child_remove(&child.child);
        loop_child_remove(&child.child);
        EXPECT_INT("it is ours to wait for", waitpid(child.child.pid, NULL, 0), child.child.pid);
        timers_begin(1);
        loop_timer_set(loop, &timer.timer, 0);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("nobody is told", child.n_exits, 0);
        EXPECT_INT("no such child", loop_add_child(loop, &child.child), -ESRCH);
}

/* signals */

static int signals_seen[2];

static int on_signal(void *user, int signo, Usec now)
{
        Loop *loop = user;

        EXPECT("the turn's time", now == loop_now(loop));
        signals_seen[signo == SIGUSR2]++;
        if (signals_seen[0] && signals_seen[1])
                loop_quit(loop);
        return 0;
}

static void test_signals(void)
{
        static const int signals[] = {SIGUSR1, SIGUSR2};
        _cleanup_(loop_freep) Loop *loop = loop_make();
        sigset_t before;

        sigprocmask(SIG_BLOCK, NULL, &before);
        EXPECT_INT("take", loop_on_signals(loop, signals, 2, on_signal, loop), 0);
        raise(SIGUSR1);
        raise(SIGUSR2);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("SIGUSR1", signals_seen[0], 1);
        EXPECT_INT("SIGUSR2", signals_seen[1], 1);
        sigprocmask(SIG_SETMASK, &before, NULL);
}

/* the end */

static int io_fails(LoopIo *io, uint32_t events, Usec now)
{
        (void)io;
        (void)events;
        (void)now;
        return -EPIPE;
}

static int timer_fails(LoopTimer *timer, Usec now)
{
        (void)timer;
        (void)now;
        return -ETIME;
}

static int task_fails(LoopTask *task, Usec now)
{
        (void)task;
        (void)now;
        return -ECANCELED;
}

static void test_failures(void)
{
        _cleanup_(loop_freep) Loop *loop = loop_make();
        TestIo *io = io_make(loop, io_fails);
        LoopTimer timer = {.on_due = timer_fails};
        LoopTask task = {.run = task_fails};
        TestTask late = {.task.run = test_task_run, .loop = loop, .quits = true};

        loop_timer_set(loop, &timer, 0);
        loop_defer(loop, &task);
        loop_defer(loop, &late.task);
        EXPECT_INT("a descriptor", loop_run(loop), -EPIPE);
        EXPECT("nothing more was called", timer.loop && task.loop);
        io_free(io);
        EXPECT_INT("a timer", loop_run(loop), -ETIME);
        EXPECT("nothing more was called", !timer.loop && task.loop);
        EXPECT_INT("a task", loop_run(loop), -ECANCELED);
        EXPECT_INT("nothing more was called", late.n_runs, 0);
        EXPECT_INT("it can go on", loop_run(loop), 0);
        EXPECT_INT("it can go on", late.n_runs, 1);
        EXPECT("loop_free(NULL)", loop_free(NULL) == NULL);
}

int main(void)
{
        test_timers();
        test_timers_from_timers();
        test_timer_again();
        test_io_removed_in_turn();
        test_io_frees_itself();
        test_io_set();
        test_tasks();
        test_task_starves_nobody();
        test_children();
        test_child_removed();
        test_signals();
        test_failures();
        return test_end();
}
