#include "agent/worker.h"

#include "agent/identity.h"
#include "schema/tables.h"
#include "wire/write.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define ANSWER_FD   3
#define READ_BYTES  ((size_t)16 << 10)
#define ARENA_BYTES ((size_t)64 << 20)
#define USER_UMASK  022
#define USER_NOFILE 1024 /* the kernel's own default */

struct Worker {
        Workers *workers;
        TAILQ_ENTRY(Worker) entry;
        LoopIo io;
        LoopChild child;
        LoopTimer deadline;
        Buf answer;
        WorkerCallbacks callbacks;
        uid_t uid;
        bool answered, executed, exited;
        int status;
};

/* the child */

static void write_whole(int fd, const Buf *data)
{
        for (size_t done = 0; done < data->size;) {
                ssize_t n = write(fd, data->data + done, data->size - done);

                if (n < 0 && errno != EINTR)
                        return;
                if (n > 0)
                        done += (size_t)n;
        }
}

void worker_flush(Buf *answer)
{
        write_whole(ANSWER_FD, answer);
        buf_drop(answer, answer->size);
}

/* Past the C library, which keeps signals 32 and 33 to itself and lets nobody look at them. */
static int signal_action(int signo, const unsigned long *action, unsigned long *ret)
{
        return (int)syscall(SYS_rt_sigaction, signo, action, ret, NSIG / 8);
}

static const unsigned long default_action[8]; /* SIG_DFL, no flags, an empty mask */

/* In the monitor, whose actions do not change any more: there are few that a child has to reset. */
static void find_changed_signals(bool *ret)
{
        for (int signo = 1; signo < NSIG; signo++) {
                unsigned long action[ELEMENTS(default_action)] = {0};

                ret[signo] = signal_action(signo, NULL, action) < 0 ||
                             memcmp(action, default_action, sizeof(action)) != 0;
        }
}

static void reset_signals(const bool *changed)
{
        sigset_t none;

        for (int signo = 1; signo < NSIG; signo++)
                if (changed[signo])
                        (void)signal_action(signo, default_action, NULL);
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void reset_limits(void)
{
        struct rlimit limit;

        /* The monitor raises its own; a program that still uses select(2) must not get that. */
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > USER_NOFILE) {
                limit.rlim_cur = USER_NOFILE;
                (void)setrlimit(RLIMIT_NOFILE, &limit);
        }
}

/* Descriptors 0 to 2 are /dev/null, those behind as worker.h says; only null crosses an exec. */
static int arrange_descriptors(int pipe_fd, const WorkerTask *task)
{
        int own[] = {
                [ANSWER_FD] = pipe_fd,
                [WORKER_SOCKET] = task->socket,
                [WORKER_DATA] = task->data,
        };
        int null = open("/dev/null", O_RDWR | O_CLOEXEC), n = ANSWER_FD;

        if (null < 0)
                return -errno;
        /* Out of the way of those places first. */
        for (; n < (int)ELEMENTS(own) && own[n] > 0; n++) {
                own[n] = fcntl(own[n], F_DUPFD_CLOEXEC, (int)ELEMENTS(own));
                if (own[n] < 0)
                        return -errno;
        }
        for (int fd = 0; fd < n; fd++)
                if (dup3(fd < ANSWER_FD ? null : own[fd], fd, fd < ANSWER_FD ? 0 : O_CLOEXEC) < 0)
                        return -errno;
        return close_range((unsigned int)n, ~0U, 0) < 0 ? -errno : 0;
}

static int prepare(const Workers *workers, const WorkerTask *task, int pipe_fd)
{
        int r = arrange_descriptors(pipe_fd, task);
        sigset_t all;

        if (r < 0)
                return r;
        reset_limits();
        umask(USER_UMASK);
        if (task->session && setsid() < 0)
                return -errno;
        /*
         * The monitor's memory is in here. A change of user sets "dumpable" to fs.suid_dumpable:
         * until that is undone no signal gets through that would have it dumped.
         */
        sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, NULL);
        r = identity_become(task->who);
        if (prctl(PR_SET_DUMPABLE, 0) < 0 && r >= 0)
                r = -errno;
        reset_signals(workers->changed_signals);
        return r;
}

static void put_failure(Arena *arena, Buf *answer, int error)
{
        ChannelAnswer failure = {.type = &type_ChannelAnswer};
        Fault fault = {0};

        (void)fault_raise(&fault, arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                          "The guest could not become the user: %s.", strerror(-error));
        failure.fault = fault.detail;
        failure.message = (char *)fault.message;
        tlv_write(answer, &failure);
}

static _Noreturn void child_main(const Workers *workers, const WorkerTask *task, int pipe_fd)
{
        Buf answer = {.max = WORKER_ANSWER_MAX};
        Arena *arena = arena_new(ARENA_BYTES);
        int r;

        if (!arena)
                _exit(EXIT_FAILURE);
        r = prepare(workers, task, pipe_fd);
        if (r < 0)
                put_failure(arena, &answer, r);
        else
                task->run(task->argument, arena, &answer);
        write_whole(ANSWER_FD, &answer);
        _exit(buf_error(&answer) ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* the monitor */

static void worker_free(Worker *worker)
{
        TAILQ_REMOVE(&worker->workers->list, worker, entry);
        loop_timer_clear(&worker->deadline);
        loop_io_remove(&worker->io);
        loop_child_remove(&worker->child);
        fd_close(worker->io.fd);
        buf_done(&worker->answer);
        free(worker);
}

static void tell_exit(Worker *worker, Usec now)
{
        if (worker->callbacks.on_exit)
                worker->callbacks.on_exit(worker->callbacks.user, worker->child.pid, worker->status,
                                          now);
        worker_free(worker);
}

static void tell_answer(Worker *worker, int result, Usec now)
{
        bool exited = worker->exited;

        loop_timer_clear(&worker->deadline);
        loop_io_remove(&worker->io);
        worker->io.fd = fd_close(worker->io.fd);
        worker->answered = true;
        worker->executed = result >= 0 && worker->answer.size == 0;
        if (result < 0 && !exited)
                (void)kill(worker->child.pid, SIGKILL);
        if (worker->callbacks.on_answer)
                worker->callbacks.on_answer(worker->callbacks.user, result, worker->child.pid,
                                            &worker->answer, now);
        buf_done(&worker->answer);
        if (exited)
                tell_exit(worker, now);
}

static int worker_on_exit(LoopChild *child, int status, Usec now)
{
        Worker *worker = container_of(child, Worker, child);

        worker->exited = true;
        worker->status = status;
        if (worker->answered)
                tell_exit(worker, now);
        return 0;
}

static int worker_on_deadline(LoopTimer *timer, Usec now)
{
        tell_answer(container_of(timer, Worker, deadline), -ETIMEDOUT, now);
        return 0;
}

static int worker_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        Worker *worker = container_of(io, Worker, io);
        size_t before = worker->answer.size;
        char *at = buf_grow(&worker->answer, READ_BYTES);
        ssize_t n;

        (void)events;
        if (!at) {
                tell_answer(worker, -EMSGSIZE, now);
                return 0;
        }
        n = read(io->fd, at, READ_BYTES);
        worker->answer.size = before + (n > 0 ? (size_t)n : 0);
        if (n == 0)
                tell_answer(worker, 0, now);
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
                tell_answer(worker, -EIO, now);
        return 0;
}

static int watch(Worker *worker, Usec deadline)
{
        int r = loop_add_child(worker->workers->loop, &worker->child);

        if (r >= 0)
                r = loop_add_io(worker->workers->loop, &worker->io, EPOLLIN);
        if (r >= 0)
                r = loop_timer_set(worker->workers->loop, &worker->deadline, deadline);
        return r;
}

int worker_start(Workers *workers, const WorkerTask *task, const WorkerCallbacks *callbacks,
                 Worker **ret)
{
        Worker *worker = calloc(1, sizeof(*worker));
        int pipe_fds[2], r;
        pid_t pid;

        if (!worker)
                return -ENOMEM;
        if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
                r = -errno;
                free(worker);
                return r;
        }
        pid = fork();
        if (pid == 0)
                child_main(workers, task, pipe_fds[1]);
        r = -errno;
        fd_close(pipe_fds[1]);
        if (pid < 0) {
                fd_close(pipe_fds[0]);
                free(worker);
                return r;
        }
        (void)fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
        *worker = (Worker){
                .workers = workers,
                .io = {.fd = pipe_fds[0], .on_ready = worker_on_ready},
                .child = {.pid = pid, .on_exit = worker_on_exit},
                .deadline.on_due = worker_on_deadline,
                .uid = (uid_t)task->who->uid,
                .answer.max = WORKER_ANSWER_MAX + READ_BYTES,
                .callbacks = *callbacks,
        };
        TAILQ_INSERT_TAIL(&workers->list, worker, entry);
        r = watch(worker, loop_now(workers->loop) + task->deadline_usec);
        if (r < 0) {
                (void)kill(pid, SIGKILL);
                (void)waitpid(pid, NULL, 0);
                worker_free(worker);
                return r;
        }
        *ret = worker;
        return 0;
}

void workers_init(Workers *workers, Loop *loop)
{
        workers->loop = loop;
        find_changed_signals(workers->changed_signals);
        TAILQ_INIT(&workers->list);
}

void workers_done(Workers *workers)
{
        Worker *worker;

        while ((worker = TAILQ_FIRST(&workers->list)))
                worker_free(worker);
}

size_t workers_of(const Workers *workers, uid_t uid)
{
        const Worker *worker;
        size_t n = 0;

        TAILQ_FOREACH (worker, &workers->list, entry)
                n += worker->uid == uid && !worker->executed && !worker->exited;
        return n;
}

void worker_set_deadline(Worker *worker, Usec due)
{
        if (worker->answered || due == USEC_NEVER ||
            loop_timer_set(worker->workers->loop, &worker->deadline, due) < 0)
                loop_timer_clear(&worker->deadline);
}

void worker_forget(Worker *worker)
{
        worker->callbacks = (WorkerCallbacks){0};
}

void worker_hand_over(Worker *worker, const WorkerCallbacks *callbacks)
{
        worker->callbacks = *callbacks;
}
