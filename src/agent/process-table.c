#include "agent/process-table.h"

#include <stdio.h>
#include <sys/wait.h>

#define BUCKETS 256U

TAILQ_HEAD(ProcessRecords, ProcessRecord);

typedef struct ProcessUser {
        uid_t uid;
        size_t n_running;
        LIST_ENTRY(ProcessUser) entry;
} ProcessUser;

struct ProcessTable {
        struct ProcessRecords records; /* in the order of their start */
        struct ProcessRecords ended;   /* those, in the order in which they are to be forgotten */
        LIST_HEAD(, ProcessRecord) by_pid[BUCKETS]; /* the newest first */
        LIST_HEAD(, ProcessUser) users;             /* of programs that run */
        size_t n, max;
        Usec retention;
};

ProcessTable *process_table_new(size_t max, Usec retention)
{
        ProcessTable *table = calloc(1, sizeof(*table));

        if (!table)
                return NULL;
        table->max = max;
        table->retention = retention;
        TAILQ_INIT(&table->records);
        TAILQ_INIT(&table->ended);
        return table;
}

void process_table_configure(ProcessTable *table, size_t max, Usec retention)
{
        table->max = max;
        table->retention = retention;
}

/* users */

static ProcessUser *find_user(const ProcessTable *table, uid_t uid)
{
        ProcessUser *user;

        LIST_FOREACH (user, &table->users, entry)
                if (user->uid == uid)
                        return user;
        return NULL;
}

static int count_in(ProcessTable *table, uid_t uid)
{
        ProcessUser *user = find_user(table, uid);

        if (!user) {
                user = malloc(sizeof(*user));
                if (!user)
                        return -ENOMEM;
                *user = (ProcessUser){.uid = uid};
                LIST_INSERT_HEAD(&table->users, user, entry);
        }
        user->n_running++;
        return 0;
}

static void count_out(ProcessTable *table, uid_t uid)
{
        ProcessUser *user = find_user(table, uid);

        if (--user->n_running > 0)
                return;
        LIST_REMOVE(user, entry);
        free(user);
}

size_t process_table_running(const ProcessTable *table, uid_t uid)
{
        const ProcessUser *user = find_user(table, uid);

        return user ? user->n_running : 0;
}

/* records */

static ProcessRecord *record_free(ProcessRecord *record)
{
        if (!record)
                return NULL;
        free(record->owner);
        free(record->name);
        free(record->program);
        free(record->arguments);
        free(record);
        return NULL;
}
DEFINE_CLEANUP(ProcessRecord, record_free)

static void forget(ProcessTable *table, ProcessRecord *record)
{
        if (record->running)
                count_out(table, record->uid);
        else
                TAILQ_REMOVE(&table->ended, record, ended_entry);
        TAILQ_REMOVE(&table->records, record, entry);
        LIST_REMOVE(record, same_bucket);
        table->n--;
        record_free(record);
}

ProcessTable *process_table_free(ProcessTable *table)
{
        ProcessRecord *record;

        if (!table)
                return NULL;
        while ((record = TAILQ_FIRST(&table->records)))
                forget(table, record);
        free(table);
        return NULL;
}

bool process_table_has_room(const ProcessTable *table)
{
        return table->n < table->max || !TAILQ_EMPTY(&table->ended);
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

int process_table_add(ProcessTable *table, pid_t pid, uid_t uid, const char *owner,
                      const char *program_path, const char *arguments, int64_t wall, Usec now)
{
        _cleanup_(record_freep) ProcessRecord *record = calloc(1, sizeof(*record));
        int r;

        if (!record)
                return -ENOMEM;
        record->pid = pid;
        record->uid = uid;
        record->started = wall;
        record->started_at = now;
        record->running = true;
        record->owner = strdup(owner);
        record->name = strdup(base_name(program_path));
        record->arguments = strdup(arguments);
        if (asprintf(&record->program, "\"%s\"", program_path) < 0)
                record->program = NULL;
        if (!record->owner || !record->name || !record->arguments || !record->program)
                return -ENOMEM;
        if (!process_table_has_room(table))
                return -EUSERS;
        r = count_in(table, uid);
        if (r < 0)
                return r;
        if (table->n >= table->max)
                forget(table, TAILQ_FIRST(&table->ended));
        TAILQ_INSERT_TAIL(&table->records, record, entry);
        LIST_INSERT_HEAD(&table->by_pid[(unsigned int)pid % BUCKETS], record, same_bucket);
        table->n++;
        record = NULL;
        return 0;
}

ProcessRecord *process_table_find(ProcessTable *table, pid_t pid)
{
        ProcessRecord *record;

        LIST_FOREACH (record, &table->by_pid[(unsigned int)pid % BUCKETS], same_bucket)
                if (record->pid == pid)
                        return record;
        return NULL;
}

/* As shells show it, so that a redirected program and a plain one look alike. */
static int exit_code(int status)
{
        if (WIFSIGNALED(status))
                return 128 + WTERMSIG(status);
        return WEXITSTATUS(status);
}

/* Mostly at the end; elsewhere only after the retention has been changed. */
static void insert_ended(ProcessTable *table, ProcessRecord *record)
{
        ProcessRecord *before = TAILQ_LAST(&table->ended, ProcessRecords);

        while (before && before->forget_at > record->forget_at)
                before = TAILQ_PREV(before, ProcessRecords, ended_entry);
        if (before)
                TAILQ_INSERT_AFTER(&table->ended, before, record, ended_entry);
        else
                TAILQ_INSERT_HEAD(&table->ended, record, ended_entry);
}

int process_table_end(ProcessTable *table, pid_t pid, int status, int64_t wall, Usec now)
{
        ProcessRecord *record = process_table_find(table, pid);

        if (!record || !record->running)
                return -ESRCH;
        record->running = false;
        count_out(table, record->uid);
        record->ended = wall < record->started ? record->started : wall; /* the clock was set */
        record->exit_code = exit_code(status);
        record->ended_at = now;
        record->forget_at = now + table->retention;
        insert_ended(table, record);
        return 0;
}

void process_table_reap(ProcessTable *table, Usec now)
{
        ProcessRecord *record;

        while ((record = TAILQ_FIRST(&table->ended)) && now > record->forget_at)
                forget(table, record);
}

Usec process_table_next_reap(const ProcessTable *table)
{
        const ProcessRecord *first = TAILQ_FIRST(&table->ended);

        return first ? first->forget_at + 1 : USEC_NEVER;
}

ProcessRecord *process_table_next(ProcessTable *table, ProcessRecord *record)
{
        return record ? TAILQ_NEXT(record, entry) : TAILQ_FIRST(&table->records);
}

size_t process_table_count(const ProcessTable *table)
{
        return table->n;
}
