#include "agent/process-table.h"

#include <stdio.h>
#include <sys/wait.h>

TAILQ_HEAD(ProcessRecords, ProcessRecord);

struct ProcessTable {
        struct ProcessRecords records; /* in the order of their start */
        size_t n, max;
        Usec retention;
};

ProcessTable *process_table_new(size_t max, Usec retention)
{
        ProcessTable *table = malloc(sizeof(*table));

        if (!table)
                return NULL;
        *table = (ProcessTable){.max = max, .retention = retention};
        TAILQ_INIT(&table->records);
        return table;
}

void process_table_configure(ProcessTable *table, size_t max, Usec retention)
{
        table->max = max;
        table->retention = retention;
}

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
        TAILQ_REMOVE(&table->records, record, entry);
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

static ProcessRecord *oldest_ended(const ProcessTable *table)
{
        ProcessRecord *record, *oldest = NULL;

        TAILQ_FOREACH (record, &table->records, entry)
                if (!record->running && (!oldest || record->ended_at < oldest->ended_at))
                        oldest = record;
        return oldest;
}

bool process_table_has_room(const ProcessTable *table)
{
        return table->n < table->max || oldest_ended(table);
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

int process_table_add(ProcessTable *table, pid_t pid, uid_t uid, const char *owner,
                      const char *program_path, const char *arguments, int64_t wall)
{
        _cleanup_(record_freep) ProcessRecord *record = calloc(1, sizeof(*record));
        ProcessRecord *oldest;

        if (!record)
                return -ENOMEM;
        record->pid = pid;
        record->uid = uid;
        record->started = wall;
        record->running = true;
        record->owner = strdup(owner);
        record->name = strdup(base_name(program_path));
        record->arguments = strdup(arguments);
        if (asprintf(&record->program, "\"%s\"", program_path) < 0)
                record->program = NULL;
        if (!record->owner || !record->name || !record->arguments || !record->program)
                return -ENOMEM;
        if (table->n >= table->max) {
                oldest = oldest_ended(table);
                if (!oldest)
                        return -EUSERS;
                forget(table, oldest);
        }
        TAILQ_INSERT_TAIL(&table->records, record, entry);
        table->n++;
        record = NULL;
        return 0;
}

ProcessRecord *process_table_find(ProcessTable *table, pid_t pid)
{
        ProcessRecord *record;

        TAILQ_FOREACH_REVERSE(record, &table->records, ProcessRecords, entry)
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

int process_table_end(ProcessTable *table, pid_t pid, int status, int64_t wall, Usec now)
{
        ProcessRecord *record = process_table_find(table, pid);

        if (!record || !record->running)
                return -ESRCH;
        record->running = false;
        record->ended = wall < record->started ? record->started : wall; /* the clock was set */
        record->exit_code = exit_code(status);
        record->ended_at = now;
        record->forget_at = now + table->retention;
        return 0;
}

void process_table_reap(ProcessTable *table, Usec now)
{
        ProcessRecord *record, *next;

        for (record = TAILQ_FIRST(&table->records); record; record = next) {
                next = TAILQ_NEXT(record, entry);
                if (!record->running && now > record->forget_at)
                        forget(table, record);
        }
}

Usec process_table_next_reap(const ProcessTable *table)
{
        const ProcessRecord *record;
        Usec next = USEC_NEVER;

        TAILQ_FOREACH (record, &table->records, entry)
                if (!record->running && record->forget_at < next)
                        next = record->forget_at + 1;
        return next;
}

ProcessRecord *process_table_next(ProcessTable *table, ProcessRecord *record)
{
        return record ? TAILQ_NEXT(record, entry) : TAILQ_FIRST(&table->records);
}

size_t process_table_running(const ProcessTable *table, uid_t uid)
{
        const ProcessRecord *record;
        size_t n = 0;

        TAILQ_FOREACH (record, &table->records, entry)
                n += record->running && record->uid == uid;
        return n;
}

size_t process_table_count(const ProcessTable *table)
{
        return table->n;
}
