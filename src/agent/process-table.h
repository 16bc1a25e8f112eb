#pragma once

/*
 * Process Table: remembers every program this agent started, and keeps it for a while after it
 * ended, so that a client who asks late still learns the exit code. In memory only: by contract
 * all is forgotten when the agent restarts.
 *
 * Source: vSphere Web Services API, GuestProcessInfo.endTime and .exitCode: available "if
 * queried within 5 minutes after it completes".
 *
 * Nothing in here reads a clock. Callers pass @now (CLOCK_BOOTTIME) and @wall (µs since 1970).
 */

#include "base/base.h"

#include <sys/queue.h>
#include <sys/types.h>

typedef struct ProcessRecord ProcessRecord;
struct ProcessRecord {
        pid_t pid;
        uid_t uid;
        char *owner;     /* as the credential spelled it */
        char *name;      /* the program's path behind its last '/' */
        char *program;   /* "path", with its quotes */
        char *arguments; /* may be empty */
        int64_t started; /* µs since 1970 */
        Usec started_at; /* CLOCK_BOOTTIME */
        bool running;
        int64_t ended;  /* µs since 1970 */
        Usec ended_at;  /* CLOCK_BOOTTIME */
        int exit_code;  /* 0-255; 128+N for death by signal N */
        Usec forget_at; /* CLOCK_BOOTTIME */
        TAILQ_ENTRY(ProcessRecord) entry, ended_entry;
        LIST_ENTRY(ProcessRecord) same_bucket;
};

typedef struct ProcessTable ProcessTable;

/* @max: records held at once. Return: NULL without memory. */
ProcessTable *process_table_new(size_t max, Usec retention);
/* Other limits from now on; what has ended already keeps its time. */
void process_table_configure(ProcessTable *table, size_t max, Usec retention);
ProcessTable *process_table_free(ProcessTable *table);
DEFINE_CLEANUP(ProcessTable, process_table_free)

/**
 * process_table_add() - a program runs
 *
 * Return: 0, -ENOMEM, or -EUSERS where the table is full of programs that still run; of those that
 * have ended, the one that would be forgotten first gives way to a new one.
 */
int process_table_add(ProcessTable *table, pid_t pid, uid_t uid, const char *owner,
                      const char *program_path, const char *arguments, int64_t wall, Usec now);

/* Return: whether process_table_add() would find room. */
bool process_table_has_room(const ProcessTable *table);

/**
 * process_table_end() - note that a program has ended
 * @status:     as waitpid(2) gives it
 * @now:        starts the retention
 *
 * Return: 0, or -ESRCH if no running record has this @pid.
 */
int process_table_end(ProcessTable *table, pid_t pid, int status, int64_t wall, Usec now);

/* Forgets what ended longer ago than the retention. */
void process_table_reap(ProcessTable *table, Usec now);

/* Return: when process_table_reap() has something to do; USEC_NEVER if nothing has ended. */
Usec process_table_next_reap(const ProcessTable *table);

/* Return: the newest record with that pid, or NULL. */
ProcessRecord *process_table_find(ProcessTable *table, pid_t pid);

/* In the order of their start. Return: NULL at the end; @record NULL begins. */
ProcessRecord *process_table_next(ProcessTable *table, ProcessRecord *record);

/* Return: how many programs of this user run. */
size_t process_table_running(const ProcessTable *table, uid_t uid);

size_t process_table_count(const ProcessTable *table);
