/*
 * TerminateProcessInGuest: SIGTERM, a grace, SIGKILL. Of a program that was started here, all that
 * is left of its session goes with it; of any other process, it alone.
 *
 * Source: vSphere Web Services API, GuestProcessManager; pidfd_open(2), credentials(7).
 */

#include "agent/operation.h"
#include "base/clock.h"
#include "base/pidfd.h"
#include "schema/tables.h"
#include "wire/write.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#define GRACE_USEC     (5 * USEC_PER_SEC)
#define KILL_USEC      (15 * USEC_PER_SEC)
#define TERMINATE_USEC (GRACE_USEC + KILL_USEC + 2 * USEC_PER_SEC)
#define PID_LIMIT      4194304 /* PID_MAX_LIMIT of Linux */
#define MEMBERS_MAX    4096

typedef struct Target {
        pid_t pid;
        pid_t agent;  /* the monitor, and the parent of its helpers */
        bool started; /* here: its session is its own */
} Target;

/* the child, as the user */

typedef struct Stat {
        char state;
        pid_t ppid, session;
} Stat;

/* proc(5), /proc/[pid]/stat. The command's name may hold any character, parentheses included. */
static int read_stat(const char *pid, Stat *ret)
{
        char path[64], text[1024];
        const char *p;
        FILE *file;
        size_t n;

        (void)snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
        file = fopen(path, "re");
        if (!file)
                return -ESRCH;
        n = fread(text, 1, sizeof(text) - 1, file);
        (void)fclose(file);
        text[n] = '\0';
        p = strrchr(text, ')');
        /* NOLINTNEXTLINE(cert-err34-c): the kernel writes numbers */
        if (!p || sscanf(p + 1, " %c %d %*d %d", &ret->state, &ret->ppid, &ret->session) != 3)
                return -ESRCH;
        return 0;
}

static bool is_agents_own(const Target *target)
{
        Stat stat;
        char pid[24];

        if (target->pid == target->agent || target->pid == getpid())
                return true;
        if (target->started)
                return false;
        (void)snprintf(pid, sizeof(pid), "%d", target->pid);
        return read_stat(pid, &stat) >= 0 && stat.ppid == target->agent;
}

/* The session's members that live, their leader included. Descriptors close with this child. */
static size_t open_session(pid_t leader, struct pollfd *members)
{
        DIR *proc = opendir("/proc");
        const struct dirent *entry;
        size_t n = 0;

        while (proc && n < MEMBERS_MAX && (entry = readdir(proc))) {
                Stat stat;
                int fd;

                if (!isdigit((unsigned char)entry->d_name[0]) ||
                    read_stat(entry->d_name, &stat) < 0 || stat.session != leader ||
                    stat.state == 'Z')
                        continue;
                fd = pidfd_open((pid_t)strtol(entry->d_name, NULL, 10), 0);
                if (fd >= 0)
                        members[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
        if (proc)
                closedir(proc);
        return n;
}

static int open_members(const Target *target, struct pollfd *members, size_t *ret)
{
        if (!target->started) {
                int fd = pidfd_open(target->pid, 0);

                if (fd < 0)
                        return -errno;
                members[0] = (struct pollfd){.fd = fd, .events = POLLIN};
                *ret = 1;
                return 0;
        }
        *ret = open_session(target->pid, members);
        return *ret > 0 ? 0 : -ESRCH;
}

/*
 * Closes those that are gone or that the user may not signal, such as a program that became root.
 * Return: how many were signalled, or why not a single one was.
 */
static int signal_all(struct pollfd *members, size_t n, int signo)
{
        int signalled = 0, r = -ESRCH;

        for (size_t i = 0; i < n; i++) {
                if (pidfd_send_signal(members[i].fd, signo, NULL, 0) >= 0) {
                        signalled++;
                        continue;
                }
                if (errno != ESRCH)
                        r = -errno;
                members[i].fd = fd_close(members[i].fd);
        }
        return signalled > 0 ? signalled : r;
}

/* Return: how many still live after @usec. */
static size_t wait_all(struct pollfd *members, size_t n, Usec usec)
{
        Usec end = clock_boottime() + usec;

        for (;;) {
                Usec now = clock_boottime();
                size_t alive = 0;

                for (size_t i = 0; i < n; i++) {
                        if (members[i].revents & POLLIN)
                                members[i].fd = fd_close(members[i].fd);
                        members[i].revents = 0;
                        alive += members[i].fd >= 0;
                }
                if (alive == 0 || now >= end)
                        return alive;
                (void)poll(members, n, (int)((end - now) / USEC_PER_MSEC) + 1);
        }
}

/*
 * Signals what is there, and what was forked meanwhile, until nothing is left or the time is over.
 * Only a session is looked at again: another process's pid may be anybody's by then.
 *
 * Return: how many still live, or a negative errno.
 */
static int end_members(const Target *target, struct pollfd *members, int signo, Usec usec)
{
        Usec end = clock_boottime() + usec;
        bool again = false;

        for (;; again = true) {
                Usec now = clock_boottime();
                size_t n = 0, alive;
                int r;

                r = open_members(target, members, &n);
                if (r >= 0)
                        r = signal_all(members, n, signo);
                if (r < 0)
                        return again ? 0 : r;
                alive = wait_all(members, n, now < end ? end - now : 0);
                if (alive > 0 || !target->started || now >= end)
                        return (int)alive;
        }
}

static int terminate(const Target *target)
{
        struct pollfd *members = calloc(MEMBERS_MAX, sizeof(*members));
        int r;

        if (!members)
                return -ENOMEM;
        r = end_members(target, members, SIGTERM, GRACE_USEC);
        if (r <= 0)
                return r;
        r = end_members(target, members, SIGKILL, KILL_USEC);
        if (r == -ESRCH)
                return 0;
        return r > 0 ? -ETIME : r;
}

static void terminate_child(const void *argument, Arena *arena, Buf *answer)
{
        const Target *target = argument;
        ChannelAnswer result = {.type = &type_ChannelAnswer};
        Fault fault = {0};
        int r = is_agents_own(target) ? -EPERM : terminate(target);

        if (r == -ESRCH || r == -EINVAL) {
                (void)fault_raise(&fault, arena, FAULT_GUEST_PROCESS_NOT_FOUND, NULL,
                                  "A specified process was not found.");
                if (fault.detail)
                        ((GuestProcessNotFound *)fault.detail)->pid = target->pid;
        } else if (r == -EPERM) {
                (void)fault_raise(&fault, arena, FAULT_GUEST_PERMISSION_DENIED, NULL,
                                  "The guest user may not end process %d.", target->pid);
        } else if (r == -ETIME) {
                (void)fault_raise(&fault, arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                  "Process %d has been sent SIGKILL, but has not ended yet: it may "
                                  "hang in the guest's kernel.",
                                  target->pid);
        } else if (r < 0) {
                (void)fault_raise(&fault, arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                  "Process %d could not be ended: %s.", target->pid, strerror(-r));
        }
        result.fault = fault.detail;
        result.message = fault.message ? (char *)fault.message : (char *)WORKER_DONE;
        tlv_write(answer, &result);
}

/* the monitor */

static void on_terminated(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        Operation *operation = user;
        const ChannelAnswer *done = NULL;

        (void)pid;
        (void)now;
        if (operation_read_answer(operation, result, answer, &done) < 0)
                operation_fail(operation);
        else
                operation_answer(operation, NULL);
}

static int fault_not_found(Operation *operation, int64_t pid)
{
        int r = operation_fault(operation, FAULT_GUEST_PROCESS_NOT_FOUND, NULL,
                                "A specified process was not found.");

        if (operation->fault.detail)
                ((GuestProcessNotFound *)operation->fault.detail)->pid = pid;
        return r;
}

int terminate_process_run(Operation *operation, Usec now)
{
        const TerminateProcessInGuestRequestType *args = (const void *)operation->request->params;
        const ProcessRecord *record;
        Target target;
        const WorkerTask task = {
                .who = operation->who,
                .run = terminate_child,
                .argument = &target,
                .deadline_usec = TERMINATE_USEC,
        };
        const WorkerCallbacks callbacks = {.on_answer = on_terminated, .user = operation};

        (void)now;
        if (args->pid < 1 || args->pid > PID_LIMIT)
                return fault_not_found(operation, args->pid);
        record = process_table_find(operation->operations->processes, (pid_t)args->pid);
        if (record && !record->running)
                return fault_not_found(operation, args->pid);
        target = (Target){.pid = (pid_t)args->pid, .agent = getpid(), .started = record != NULL};
        return operation_start_worker(operation, &task, &callbacks);
}
