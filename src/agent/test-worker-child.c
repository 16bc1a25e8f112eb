/*
 * Worker: real children of this process. As root, one of them becomes somebody else; otherwise
 * that has to be refused.
 */

#include "agent/worker.h"
#include "base/test-file.h"
#include "base/test.h"
#include "schema/tables.h"
#include "wire/read.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NOBODY        65534
#define PATIENCE_USEC (300 * USEC_PER_SEC) /* never reached */
#define PIPE_FD       3                    /* of the answer */

static LoginVerdict self;

static void find_self(void)
{
        static gid_t groups[256];
        static int64_t items[ELEMENTS(groups)];
        int n = getgroups(ELEMENTS(groups), groups);

        for (int i = 0; i < n; i++)
                items[i] = groups[i];
        self = (LoginVerdict){
                .type = &type_LoginVerdict,
                .uid = getuid(),
                .gid = getgid(),
                .groups = {items, n > 0 ? (size_t)n : 0},
        };
}

/* what is observed */

typedef struct Outcome {
        Loop *loop;
        unsigned int n_answers, n_exits;
        bool answer_first, same_pid;
        int result, status;
        pid_t pid;
        Buf answer;
} Outcome;

static void outcome_done(Outcome *outcome)
{
        buf_done(&outcome->answer);
}

static void on_answer(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        Outcome *outcome = user;

        (void)now;
        outcome->n_answers++;
        outcome->answer_first = outcome->n_exits == 0;
        outcome->result = result;
        outcome->pid = pid;
        buf_put(&outcome->answer, answer->data, answer->size);
}

static void on_exit_status(void *user, pid_t pid, int status, Usec now)
{
        Outcome *outcome = user;

        (void)now;
        outcome->n_exits++;
        outcome->same_pid = pid == outcome->pid;
        outcome->status = status;
        loop_quit(outcome->loop);
}

static void run_task(const char *about, const WorkerTask *task, Outcome *outcome)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        const WorkerCallbacks callbacks = {on_answer, on_exit_status, outcome};
        Worker *worker = NULL;
        Workers workers;

        if (loop_new(&loop) < 0)
                abort();
        workers_init(&workers, loop);
        outcome->loop = loop;
        EXPECT_INT(about, worker_start(&workers, task, &callbacks, &worker), 0);
        EXPECT_INT(about, loop_run(loop), 0);
        EXPECT_INT(about, outcome->n_answers, 1);
        EXPECT_INT(about, outcome->n_exits, 1);
        EXPECT(about, outcome->answer_first);
        EXPECT(about, outcome->same_pid);
        EXPECT_INT(about, waitpid(outcome->pid, NULL, WNOHANG), -1);
        EXPECT(about, TAILQ_EMPTY(&workers.list));
}

/* what children do */

static void say(const void *argument, Arena *arena, Buf *answer)
{
        (void)arena;
        buf_puts(answer, argument);
}

static void shell(const void *argument, Arena *arena, Buf *answer)
{
        (void)arena;
        (void)answer;
        execl("/bin/sh", "sh", "-c", (const char *)argument, (char *)NULL);
}

static void run_true(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        (void)answer;
        execl("/bin/true", "true", (char *)NULL);
}

static void die(const void *argument, Arena *arena, Buf *answer)
{
        (void)arena;
        buf_puts(answer, "never sent");
        raise(*(const int *)argument);
}

static void hang(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        (void)answer;
        for (;;)
                pause();
}

static void fill(const void *argument, Arena *arena, Buf *answer)
{
        size_t size = *(const size_t *)argument;
        char *at = buf_grow(answer, size);

        (void)arena;
        if (at)
                memset(at, 'x', size);
}

/* Without asking the buffer. */
static void flood(const void *argument, Arena *arena, Buf *answer)
{
        static const char many[65536];

        (void)argument;
        (void)arena;
        (void)answer;
        while (write(PIPE_FD, many, sizeof(many)) > 0)
                ;
}

/* Ends, but leaves somebody who keeps the pipe open until nobody reads it. */
static void leave_child(const void *argument, Arena *arena, Buf *answer)
{
        struct pollfd reader = {.fd = PIPE_FD};

        (void)argument;
        (void)arena;
        (void)answer;
        if (fork() == 0) {
                (void)poll(&reader, 1, -1);
                _exit(EXIT_SUCCESS);
        }
        _exit(EXIT_SUCCESS);
}

static void test_ends(void)
{
        static const int killed = SIGKILL, terminated = SIGTERM;
        static const size_t all = WORKER_ANSWER_MAX, beyond = WORKER_ANSWER_MAX + 1;
        static const struct {
                const char *about;
                void (*run)(const void *argument, Arena *arena, Buf *answer);
                const void *argument;
                size_t answer;
                int code, signal;
        } rows[] = {
                {"an answer", say, "hello", 5, 0, 0},
                {"an empty answer", say, "", 0, 0, 0},
                {"true", run_true, NULL, 0, 0, 0},
                {"exit 7", shell, "exit 7", 0, 7, 0},
                {"not found", shell, "/nonexistent 2>/dev/null", 0, 127, 0},
                {"a program that kills itself", shell, "kill -KILL $$", 0, 0, SIGKILL},
                {"is killed", die, &killed, 0, 0, SIGKILL},
                {"is terminated", die, &terminated, 0, 0, SIGTERM},
                {"the longest answer", fill, &all, WORKER_ANSWER_MAX, 0, 0},
                {"an answer too long to be said", fill, &beyond, 0, EXIT_FAILURE, 0},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(outcome_done) Outcome outcome = {0};
                const WorkerTask task = {
                        .who = &self,
                        .run = rows[i].run,
                        .argument = rows[i].argument,
                        .deadline_usec = PATIENCE_USEC,
                };

                run_task(rows[i].about, &task, &outcome);
                EXPECT_INT(rows[i].about, outcome.result, 0);
                EXPECT_INT(rows[i].about, outcome.answer.size, rows[i].answer);
                EXPECT_INT(rows[i].about,
                           WIFEXITED(outcome.status) ? WEXITSTATUS(outcome.status) : 0,
                           rows[i].code);
                EXPECT_INT(rows[i].about,
                           WIFSIGNALED(outcome.status) ? WTERMSIG(outcome.status) : 0,
                           rows[i].signal);
                if (rows[i].run == say)
                        EXPECT_STR(rows[i].about, buf_text(&outcome.answer), rows[i].argument);
        }
}

static void test_failures(void)
{
        static const struct {
                const char *about;
                void (*run)(const void *argument, Arena *arena, Buf *answer);
                const void *argument;
                Usec deadline;
                int result;
                bool killed; /* if not, it is when it happens to be late */
        } rows[] = {
                {"hangs", hang, NULL, 50 * USEC_PER_MSEC, -ETIMEDOUT, true},
                {"has no time at all", hang, NULL, 0, -ETIMEDOUT, true},
                {"floods", flood, NULL, PATIENCE_USEC, -EMSGSIZE, true},
                {"ends, but its child does not", leave_child, NULL, 50 * USEC_PER_MSEC, -ETIMEDOUT,
                 false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(outcome_done) Outcome outcome = {0};
                const WorkerTask task = {
                        .who = &self,
                        .run = rows[i].run,
                        .argument = rows[i].argument,
                        .deadline_usec = rows[i].deadline,
                };

                run_task(rows[i].about, &task, &outcome);
                EXPECT_INT(rows[i].about, outcome.result, rows[i].result);
                EXPECT(rows[i].about, WIFSIGNALED(outcome.status) || !rows[i].killed);
        }
}

/* what a child finds */

/* Each line of the kernel's on this process that begins with a word of @argument. */
static void describe_status(const void *argument, Arena *arena, Buf *answer)
{
        FILE *file = fopen("/proc/self/status", "re");
        char line[256];

        (void)arena;
        while (file && fgets(line, sizeof(line), file))
                for (const char *const *word = argument; *word; word++)
                        if (strncmp(line, *word, strlen(*word)) == 0)
                                buf_puts(answer, line);
        if (file)
                (void)fclose(file);
}

static void describe_process(const void *argument, Arena *arena, Buf *answer)
{
        struct rlimit files = {0};

        (void)argument;
        (void)arena;
        (void)getrlimit(RLIMIT_NOFILE, &files);
        buf_putf(answer, "session %s, group %s, umask %03o, files %s",
                 getsid(0) == getpid() ? "own" : "inherited",
                 getpgrp() == getpid() ? "own" : "inherited", umask(0),
                 files.rlim_cur <= 1024 ? "few" : "many");
}

static void describe_standard(const void *argument, Arena *arena, Buf *answer)
{
        char link[32], target[64];

        (void)argument;
        (void)arena;
        for (int fd = 0; fd <= 2; fd++) {
                ssize_t n;

                (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
                n = readlink(link, target, sizeof(target));
                buf_put(answer, target, n > 0 ? (size_t)n : 0);
                buf_puts(answer, "\n");
        }
}

/* Into the file, as the answer's pipe is closed by then. */
static void list_descriptors(const void *argument, Arena *arena, Buf *answer)
{
        int fd = open(test_path("list"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        (void)argument;
        (void)arena;
        (void)answer;
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
                _exit(EXIT_FAILURE);
        execl("/bin/ls", "ls", "/proc/self/fd", (char *)NULL);
}

static void test_surroundings(void)
{
        static const char *const signals[] = {"SigBlk:", "SigIgn:", NULL};
        static const struct {
                const char *about;
                void (*run)(const void *argument, Arena *arena, Buf *answer);
                const void *argument;
                bool session;
                const char *answer;
        } rows[] = {
                {"signals", describe_status, signals, false,
                 "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"},
                {"in a session", describe_process, NULL, true,
                 "session own, group own, umask 022, files few"},
                {"in none", describe_process, NULL, false,
                 "session inherited, group inherited, umask 022, files few"},
                {"standard descriptors", describe_standard, NULL, false,
                 "/dev/null\n/dev/null\n/dev/null\n"},
        };
        mode_t mask = umask(077);
        void (*handler)(int) = signal(SIGPIPE, SIG_IGN);
        sigset_t some, before;

        sigemptyset(&some);
        sigaddset(&some, SIGTERM);
        sigprocmask(SIG_BLOCK, &some, &before);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(outcome_done) Outcome outcome = {0};
                const WorkerTask task = {
                        .who = &self,
                        .run = rows[i].run,
                        .argument = rows[i].argument,
                        .session = rows[i].session,
                        .deadline_usec = PATIENCE_USEC,
                };

                run_task(rows[i].about, &task, &outcome);
                EXPECT_STR(rows[i].about, buf_text(&outcome.answer), rows[i].answer);
        }
        sigprocmask(SIG_SETMASK, &before, NULL);
        (void)signal(SIGPIPE, handler);
        (void)umask(mask);
}

static void test_descriptors(void)
{
        _cleanup_(outcome_done) Outcome outcome = {0};
        const WorkerTask task = {
                .who = &self,
                .run = list_descriptors,
                .deadline_usec = PATIENCE_USEC,
        };
        char listed[256] = "";
        int extra[8], fd;

        for (size_t i = 0; i < ELEMENTS(extra); i++)
                extra[i] = dup(STDERR_FILENO); /* not closed on exec */
        run_task("descriptors", &task, &outcome);
        for (size_t i = 0; i < ELEMENTS(extra); i++)
                fd_close(extra[i]);
        EXPECT_INT("ls succeeds", outcome.status, 0);
        EXPECT_INT("the pipe closed with the exec", outcome.answer.size, 0);
        fd = open(test_path("list"), O_RDONLY | O_CLOEXEC);
        EXPECT("it has listed", fd >= 0 && read(fd, listed, sizeof(listed) - 1) > 0);
        fd_close(fd);
        EXPECT_STR("only three, and the directory itself", listed, "0\n1\n2\n3\n");
}

/* nobody listens */

typedef struct Watch {
        LoopTimer timer;
        Workers *workers;
} Watch;

static int quit_without_workers(LoopTimer *timer, Usec now)
{
        const Workers *workers = container_of(timer, Watch, timer)->workers;

        if (!TAILQ_EMPTY(&workers->list))
                return loop_timer_set(workers->loop, timer, now + USEC_PER_MSEC);
        loop_quit(workers->loop);
        return 0;
}

static void test_forget(void)
{
        static const struct {
                const char *about;
                void (*run)(const void *argument, Arena *arena, Buf *answer);
                Usec deadline;
        } rows[] = {
                {"before the answer", say, PATIENCE_USEC},
                {"before the exec", shell, PATIENCE_USEC},
                {"it hangs and is killed all the same", hang, 20 * USEC_PER_MSEC},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(loop_freep) Loop *loop = NULL;
                _cleanup_(outcome_done) Outcome outcome = {0};
                const WorkerCallbacks callbacks = {on_answer, on_exit_status, &outcome};
                const WorkerTask task = {
                        .who = &self,
                        .run = rows[i].run,
                        .argument = "exit 0",
                        .deadline_usec = rows[i].deadline,
                };
                Watch watch = {.timer.on_due = quit_without_workers};
                Worker *worker = NULL;
                Workers workers;

                EXPECT_INT(rows[i].about, loop_new(&loop), 0);
                workers_init(&workers, loop);
                watch.workers = &workers;
                EXPECT_INT(rows[i].about, worker_start(&workers, &task, &callbacks, &worker), 0);
                worker_forget(worker);
                loop_timer_set(loop, &watch.timer, 0);
                EXPECT_INT(rows[i].about, loop_run(loop), 0);
                EXPECT_INT(rows[i].about, outcome.n_answers + outcome.n_exits, 0);
                EXPECT_INT(rows[i].about, waitpid(-1, NULL, WNOHANG), -1);
        }
}

typedef struct HandOver {
        Worker *worker;
        Outcome first, second;
} HandOver;

static void hand_over(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        HandOver *over = user;

        on_answer(&over->first, result, pid, answer, now);
        over->second.pid = pid;
        worker_hand_over(over->worker, &(WorkerCallbacks){
                                               .on_exit = on_exit_status,
                                               .user = &over->second,
                                       });
}

static void test_hand_over(void)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        HandOver over = {0};
        const WorkerCallbacks callbacks = {.on_answer = hand_over, .user = &over};
        const WorkerTask task = {
                .who = &self,
                .run = shell,
                .argument = "exit 3",
                .deadline_usec = PATIENCE_USEC,
        };
        Workers workers;

        EXPECT_INT("loop", loop_new(&loop), 0);
        over.first.loop = over.second.loop = loop;
        workers_init(&workers, loop);
        EXPECT_INT("start", worker_start(&workers, &task, &callbacks, &over.worker), 0);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT_INT("one has the answer", over.first.n_answers, 1);
        EXPECT_INT("and not the end", over.first.n_exits, 0);
        EXPECT_INT("the other has the end", over.second.n_exits, 1);
        EXPECT_INT("and not the answer", over.second.n_answers, 0);
        EXPECT("of the same process", over.second.same_pid);
        EXPECT_INT("its status", WEXITSTATUS(over.second.status), 3);
        outcome_done(&over.first);
        outcome_done(&over.second);
}

/* The agent ends, and what it has started goes on. */
static void test_all_done(void)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(outcome_done) Outcome outcome = {0};
        const WorkerCallbacks callbacks = {on_answer, on_exit_status, &outcome};
        const struct {
                const char *about;
                const char *command;
                int code;
        } rows[] = {
                {"one", "exit 3", 3},
                {"two", "exit 4", 4},
        };
        int codes = 0, status = 0;
        Workers workers;

        EXPECT_INT("loop", loop_new(&loop), 0);
        workers_init(&workers, loop);
        workers_done(&workers);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const WorkerTask task = {
                        .who = &self,
                        .run = shell,
                        .argument = rows[i].command,
                        .deadline_usec = PATIENCE_USEC,
                };
                Worker *worker = NULL;

                EXPECT_INT(rows[i].about, worker_start(&workers, &task, &callbacks, &worker), 0);
                codes += rows[i].code;
        }
        workers_done(&workers);
        EXPECT("none is left", TAILQ_EMPTY(&workers.list));
        EXPECT_INT("nobody is called back", outcome.n_answers + outcome.n_exits, 0);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                EXPECT("they are children still", waitpid(-1, &status, 0) > 0);
                EXPECT("and were not killed", WIFEXITED(status));
                codes -= WEXITSTATUS(status);
        }
        EXPECT_INT("each did its own", codes, 0);
}

/* who it is */

static void test_refused(void)
{
        const struct {
                const char *about;
                int64_t uid, gid;
                bool root_too;
        } rows[] = {
                {"no user at all", -1, 0, true},
                {"a user beyond 32 bits", (INT64_C(1) << 32) + NOBODY, NOBODY, true},
                {"what looks like root in 32 bits", INT64_C(1) << 32, 0, true},
                {"no group at all", getuid(), -1, true},
                {"a group beyond 32 bits", getuid(), INT64_C(1) << 32, true},
                {"(uid_t)-1", UINT32_MAX, 0, true},
                {"(gid_t)-1", getuid(), UINT32_MAX, true},
                {"another user", (int64_t)getuid() + 1, getgid(), false},
                {"root", 0, 0, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
                _cleanup_(outcome_done) Outcome outcome = {0};
                const LoginVerdict who = {
                        .type = &type_LoginVerdict,
                        .uid = rows[i].uid,
                        .gid = rows[i].gid,
                };
                const WorkerTask task = {
                        .who = &who,
                        .run = say,
                        .argument = "it has run",
                        .deadline_usec = PATIENCE_USEC,
                };
                const ChannelAnswer *answer = NULL;
                WireError error;

                if (geteuid() == 0 && !rows[i].root_too)
                        continue;
                run_task(rows[i].about, &task, &outcome);
                EXPECT_INT(rows[i].about,
                           tlv_read(arena, outcome.answer.data, outcome.answer.size,
                                    &type_ChannelAnswer, &answer, &error),
                           0);
                EXPECT(rows[i].about,
                       answer && answer->fault &&
                               strcmp(answer->fault->type->name, "GuestOperationsFault") == 0);
        }
}

static void describe_identity(const void *argument, Arena *arena, Buf *answer)
{
        uid_t uid[3] = {0};
        gid_t gid[3] = {0}, groups[64];
        int n = getgroups(ELEMENTS(groups), groups);

        (void)argument;
        (void)arena;
        (void)getresuid(&uid[0], &uid[1], &uid[2]);
        (void)getresgid(&gid[0], &gid[1], &gid[2]);
        buf_putf(answer, "%u %u %u, %u %u %u,", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
        for (int i = 0; i < n; i++)
                buf_putf(answer, " %u", groups[i]);
        buf_putf(answer, ", %s", setuid(0) < 0 ? "for good" : "for now");
        buf_putf(answer, ", %s", open("/etc/shadow", O_RDONLY | O_CLOEXEC) < 0 ? "no" : "all");
}

static void test_identity(void)
{
        static int64_t groups[] = {NOBODY, 12345};
        static const struct {
                const char *about;
                LoginVerdict who;
                const char *answer;
        } rows[] = {
                {"nobody, in no group",
                 {.uid = NOBODY, .gid = NOBODY},
                 "65534 65534 65534, 65534 65534 65534,, for good, no"},
                {"nobody, in two groups",
                 {.uid = NOBODY, .gid = NOBODY, .groups = {groups, ELEMENTS(groups)}},
                 "65534 65534 65534, 65534 65534 65534, 12345 65534, for good, no"},
        };

        if (geteuid() != 0)
                return;
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(outcome_done) Outcome outcome = {0};
                const WorkerTask task = {
                        .who = &rows[i].who,
                        .run = describe_identity,
                        .deadline_usec = PATIENCE_USEC,
                };

                run_task(rows[i].about, &task, &outcome);
                EXPECT_STR(rows[i].about, buf_text(&outcome.answer), rows[i].answer);
        }
}

int main(void)
{
        test_directory_make();
        find_self();
        test_ends();
        test_failures();
        test_surroundings();
        test_descriptors();
        test_forget();
        test_hand_over();
        test_all_done();
        test_refused();
        test_identity();
        test_directory_remove();
        return test_end();
}
