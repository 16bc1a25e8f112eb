/*
 * ListProcessesInGuest: what was started here, then what the guest's kernel shows to this user.
 * Source: vSphere Web Services API, GuestProcessManager; proc(5).
 */

#include "agent/operation.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "schema/tables.h"
#include "wire/write.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#define LIST_USEC       (20 * USEC_PER_SEC)
#define CMDLINES_BYTES  ((size_t)4 << 20) /* of all rows of one source together */
#define CMDLINES_PART   128               /* a row has at most that part of what is left */
#define CMDLINE_MAX     (CMDLINES_BYTES / CMDLINES_PART)
#define CMDLINE_MIN     ((size_t)128) /* what each row may have, however many there are */
#define NAME_BYTES_MAX  255           /* of argv[0], which is as long as its owner likes */
#define PIDS_MAX        4096U         /* asked for at once */
#define WAIT_PIDS_MAX   64U           /* who names more looks at a table, not at a program */
#define OWNERS_MAX      64
#define STARTTIME_FIELD 22 /* proc(5), /proc/[pid]/stat */

typedef struct Scan {
        WireLongs pids; /* none: all */
        int64_t boot;   /* µs since 1970 */
        long ticks;     /* per second */
        struct {
                uid_t uid;
                char *name;
        } owners[OWNERS_MAX];
        size_t n_owners;
        size_t room; /* for command lines */
} Scan;

/* the child, as the user */

static ssize_t read_file(int dir, const char *name, char *data, size_t size)
{
        _cleanup_(fd_closep) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
        size_t done = 0;

        if (fd < 0)
                return -errno;
        while (done < size) {
                ssize_t n = read(fd, data + done, size - done);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n == 0)
                        break;
                if (n > 0)
                        done += (size_t)n;
        }
        return (ssize_t)done;
}

static const char *owner_name(Scan *scan, Arena *arena, uid_t uid)
{
        const struct passwd *entry;
        char *name;

        for (size_t i = 0; i < scan->n_owners; i++)
                if (scan->owners[i].uid == uid)
                        return scan->owners[i].name;
        entry = getpwuid(uid);
        name = entry ? arena_strdup(arena, entry->pw_name)
                     : arena_printf(arena, "%" PRIu32, (uint32_t)uid);
        if (name && scan->n_owners < OWNERS_MAX) {
                scan->owners[scan->n_owners].uid = uid;
                scan->owners[scan->n_owners++].name = name;
        }
        return name;
}

/* The command's name stands in parentheses and may hold any character, these included. */
static int64_t start_time(const Scan *scan, char *stat)
{
        char *p = strrchr(stat, ')');

        for (int field = 2; p && field < STARTTIME_FIELD; field++) {
                p = strchr(p + 1, ' ');
        }
        if (!p)
                return scan->boot;
        return scan->boot +
               (int64_t)(strtoull(p, NULL, 10) * USEC_PER_SEC / (unsigned long)scan->ticks);
}

/* Long command lines are cut where there are many: the answer has to fit into one message. */
static size_t take_room(size_t *room, size_t wanted)
{
        size_t part = *room / CMDLINES_PART;
        size_t most = part > CMDLINE_MIN ? part : CMDLINE_MIN;
        size_t size = wanted < most ? wanted : most;

        *room -= size < *room ? size : *room;
        return size;
}

/* Arguments joined by blanks; blanks at the end cut. */
static char *join_arguments(Arena *arena, const char *data, size_t size)
{
        char *line = arena_strndup(arena, data, size);

        for (size_t i = 0; line && i < size; i++)
                if (!line[i])
                        line[i] = ' ';
        while (line && size > 0 && line[size - 1] == ' ')
                line[--size] = '\0';
        return line;
}

static char *short_name(Arena *arena, const char *argv0)
{
        const char *slash = *argv0 == '/' ? strrchr(argv0, '/') : NULL;
        const char *name = slash ? slash + 1 : argv0;

        return arena_strndup(arena, name, strnlen(name, NAME_BYTES_MAX));
}

/* Kernel threads and zombies have no command line: their name is in comm. */
static int describe_command(Scan *scan, Arena *arena, int dir, GuestProcessInfo *info)
{
        _cleanup_(freep) char *data = malloc(CMDLINE_MAX + 1);
        ssize_t n;

        if (!data)
                return -ENOMEM;
        n = read_file(dir, "cmdline", data, CMDLINE_MAX);
        if (n > 0) {
                data[n] = '\0';
                info->cmd_line = join_arguments(arena, data, take_room(&scan->room, (size_t)n));
                info->name = short_name(arena, data);
        } else {
                n = read_file(dir, "comm", data, CMDLINE_MAX);
                if (n < 0)
                        return (int)n;
                while (n > 0 && data[n - 1] == '\n')
                        n--;
                info->name = info->cmd_line = arena_strndup(arena, data, (size_t)n);
        }
        if (!info->name || !info->cmd_line)
                return -ENOMEM;
        utf8_defuse(info->name);
        utf8_defuse(info->cmd_line);
        return 0;
}

/* Return: a row, or NULL for a process that is gone meanwhile, or hidden. */
static GuestProcessInfo *describe(Scan *scan, Arena *arena, int proc, const char *pid)
{
        _cleanup_(fd_closep) int dir = openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
        GuestProcessInfo *info = arena_new_object(arena, GuestProcessInfo);
        char stat_text[1024];
        struct stat status;
        ssize_t n;

        if (dir < 0 || !info || fstat(dir, &status) < 0 ||
            describe_command(scan, arena, dir, info) < 0)
                return NULL;
        n = read_file(dir, "stat", stat_text, sizeof(stat_text) - 1);
        if (n <= 0)
                return NULL;
        stat_text[n] = '\0';
        info->type = &type_GuestProcessInfo;
        info->pid = strtoll(pid, NULL, 10);
        info->owner = (char *)owner_name(scan, arena, status.st_uid);
        info->start_time = (WireTime){true, start_time(scan, stat_text)};
        return info->owner ? info : NULL;
}

static int append(Arena *arena, WireObjects *list, size_t *space, void *object)
{
        if (list->n == *space) {
                size_t grown = *space ? 2 * *space : 64;
                WireObject **items = arena_array(arena, grown, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                if (list->n)
                        memcpy(items, list->items, list->n * sizeof(*items));
                list->items = items;
                *space = grown;
        }
        list->items[list->n++] = object;
        return 0;
}

static void scan_one(Scan *scan, Arena *arena, int proc, const char *pid, WireObjects *list,
                     size_t *space)
{
        GuestProcessInfo *info = describe(scan, arena, proc, pid);

        if (info)
                (void)append(arena, list, space, info);
}

static void scan_processes(Scan *scan, Arena *arena, WireObjects *list)
{
        DIR *proc = opendir("/proc");
        const struct dirent *entry;
        size_t space = 0;
        char pid[24];

        for (size_t i = 0; proc && i < scan->pids.n; i++) {
                (void)snprintf(pid, sizeof(pid), "%" PRId64, scan->pids.items[i]);
                scan_one(scan, arena, dirfd(proc), pid, list, &space);
        }
        while (proc && scan->pids.n == 0 && (entry = readdir(proc)))
                if (isdigit((unsigned char)entry->d_name[0]))
                        scan_one(scan, arena, dirfd(proc), entry->d_name, list, &space);
        if (proc)
                closedir(proc);
}

static void list_child(const void *argument, Arena *arena, Buf *answer)
{
        Scan scan = *(const Scan *)argument;
        WireObjects list = {0};
        const ChannelAnswer found = {
                .type = &type_ChannelAnswer,
                .result = {FORM_OBJECTS, &type_GuestProcessInfo, &list},
        };

        scan_processes(&scan, arena, &list);
        tlv_write(answer, &found);
}

/* the monitor */

static const WireLongs *wanted_pids(const Operation *operation)
{
        return &((const ListProcessesInGuestRequestType *)operation->request->params)->pids;
}

/* What others were told to run is theirs: their arguments may hold secrets. */
static char *command_line(const Operation *operation, const ProcessRecord *record, size_t *room)
{
        bool visible = operation->who->uid == 0 || operation->who->uid == (int64_t)record->uid;
        const char *arguments = visible ? record->arguments : "";
        size_t size = strlen(record->program) + (*arguments ? 1 : 0) + strlen(arguments);
        size_t kept = take_room(room, size);
        char *line = arena_alloc(operation->arena, kept + 1);

        if (!line)
                return NULL;
        (void)snprintf(line, kept + 1, "%s%s%s", record->program, *arguments ? " " : "", arguments);
        if (kept < size)
                utf8_defuse(line);
        return line;
}

static int append_record(Operation *operation, const ProcessRecord *record, WireObjects *list,
                         size_t *space, size_t *room)
{
        GuestProcessInfo *info = arena_new_object(operation->arena, GuestProcessInfo);

        if (!info)
                return -ENOMEM;
        *info = (GuestProcessInfo){
                .type = &type_GuestProcessInfo,
                .name = arena_strdup(operation->arena, record->name),
                .pid = record->pid,
                .owner = arena_strdup(operation->arena, record->owner),
                .cmd_line = command_line(operation, record, room),
                .start_time = {true, record->started},
                .end_time = {!record->running, record->ended},
                .exit_code = {!record->running, record->exit_code},
        };
        if (!info->name || !info->owner || !info->cmd_line)
                return -ENOMEM;
        return append(operation->arena, list, space, info);
}

static int append_records(Operation *operation, WireObjects *list, size_t *space)
{
        ProcessTable *table = operation->operations->processes;
        const WireLongs *pids = wanted_pids(operation);
        ProcessRecord *record = NULL;
        size_t room = CMDLINES_BYTES;
        int r = 0;

        if (pids->n == 0) {
                while (r >= 0 && (record = process_table_next(table, record)))
                        r = append_record(operation, record, list, space, &room);
                return r;
        }
        for (size_t i = 0; r >= 0 && i < pids->n; i++) {
                record = process_table_find(table, (pid_t)pids->items[i]);
                if (record && record->pid == pids->items[i])
                        r = append_record(operation, record, list, space, &room);
        }
        return r;
}

/*
 * A record that ran when the kernel was asked, and its row in /proc, are one process; the pid of
 * one that had ended before is another's now.
 */
static bool is_recorded(Operation *operation, const GuestProcessInfo *info)
{
        const ProcessRecord *record =
                process_table_find(operation->operations->processes, (pid_t)info->pid);

        return record && (record->running || record->ended_at >= operation->login.begun);
}

static int merge(Operation *operation, const ChannelAnswer *found)
{
        static const WireObjects none = {0};
        const WireObjects *rows = found->result.form == FORM_OBJECTS ? found->result.value : &none;
        WireObjects list = {0};
        size_t space = 0;
        int r = append_records(operation, &list, &space);

        for (size_t i = 0; r >= 0 && i < rows->n; i++) {
                GuestProcessInfo *info = (GuestProcessInfo *)(void *)rows->items[i];

                if (info->type == &type_GuestProcessInfo && !is_recorded(operation, info))
                        r = append(operation->arena, &list, &space, info);
        }
        if (r >= 0)
                operation_answer(operation, &list);
        return r;
}

static void on_listed(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        Operation *operation = user;
        const ChannelAnswer *found = NULL;

        (void)pid;
        (void)now;
        if (operation_read_answer(operation, result, answer, &found) < 0 ||
            merge(operation, found) < 0)
                operation_fail(operation);
}

/* Return: the pids that only the kernel can tell about. */
static int unknown_pids(const Operation *operation, WireLongs *ret)
{
        const WireLongs *pids = wanted_pids(operation);

        ret->n = 0;
        ret->items = arena_array(operation->arena, pids->n + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (size_t i = 0; i < pids->n; i++) {
                int64_t pid = pids->items[i];

                if (pid >= 1 && pid <= INT32_MAX &&
                    !process_table_find(operation->operations->processes, (pid_t)pid))
                        ret->items[ret->n++] = pid;
        }
        return 0;
}

/*
 * Until when the answer is better not given: clients that ask for what they have just started want
 * to know its end, and ask again after half a second or more where they are told that it runs.
 *
 * Return: a time that is over where there is nothing to wait for.
 */
static Usec worth_waiting(const Operation *operation, Usec now)
{
        const WireLongs *pids = wanted_pids(operation);
        const Operations *operations = operation->operations;
        const Usec wait = operations->config->list_wait_usec;
        Usec until = 0;

        for (size_t i = 0; i < pids->n && pids->n <= WAIT_PIDS_MAX; i++) {
                const ProcessRecord *record =
                        process_table_find(operations->processes, (pid_t)pids->items[i]);

                if (record && record->pid == pids->items[i] && record->running &&
                    record->started_at + wait > until)
                        until = record->started_at + wait;
        }
        return until > now && (int64_t)until < operation->request->deadline ? until : 0;
}

static int on_patience_over(LoopTimer *timer, Usec now)
{
        operation_proceed(container_of(timer, Operation, patience), now);
        return 0;
}

bool list_processes_is_due(const Operation *operation, Usec now)
{
        return operation->patience.loop && worth_waiting(operation, now) == 0;
}

int list_processes_run(Operation *operation, Usec now)
{
        Scan scan = {
                .boot = clock_realtime() - (int64_t)clock_boottime(),
                .ticks = sysconf(_SC_CLK_TCK),
                .room = CMDLINES_BYTES,
        };
        const WorkerTask task = {
                .who = operation->who,
                .run = list_child,
                .argument = &scan,
                .deadline_usec = LIST_USEC,
        };
        const WorkerCallbacks callbacks = {.on_answer = on_listed, .user = operation};
        Usec until;
        int r;

        if (wanted_pids(operation)->n > PIDS_MAX)
                return operation_fault(operation, FAULT_INVALID_ARGUMENT, "pids",
                                       "A specified parameter was not correct: pids (at most %u "
                                       "are taken)",
                                       PIDS_MAX);
        until = worth_waiting(operation, now);
        if (until > 0) {
                operation->patience.on_due = on_patience_over;
                return loop_timer_set(operation->operations->loop, &operation->patience, until);
        }
        loop_timer_clear(&operation->patience);
        process_table_reap(operation->operations->processes, now);
        r = unknown_pids(operation, &scan.pids);
        if (r < 0)
                return r;
        if (wanted_pids(operation)->n > 0 && scan.pids.n == 0)
                return merge(operation, &(ChannelAnswer){0});
        return operation_start_worker(operation, &task, &callbacks);
}
