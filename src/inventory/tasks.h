#pragma once

/*
 * Tasks: what has a machine to itself, and for a while what had. A job of the hypervisor is one,
 * and so is what a client asked for.
 *
 * Tasks that run stay, at most two of each machine: a job and a power operation. Of those that
 * have ended the oldest give way to new ones.
 *
 * Source: vSphere Web Services API, TaskInfo.
 */

#include "inventory/changes.h"
#include "inventory/provider.h"
#include "schema/fault.h"

#define TASKS_MAX 256 /* beyond, the oldest that has ended gives way */

typedef enum TaskState {
        TASK_RUNNING,
        TASK_SUCCESS,
        TASK_ERROR,
} TaskState;

typedef struct VmTask VmTask;
struct VmTask {
        char moid[32];
        char *vm_moid, *vm_name;
        const char *name;        /* static: the method, or the hypervisor's job */
        const char *description; /* static: vSphere's descriptionId, or ours */
        char *user;              /* who asked for it; NULL: nobody of this service */
        TaskState state;
        int error; /* why it failed, as ProviderResult has it */
        char *why;
        int64_t started; /* µs since 1970 */
        int64_t ended;   /* 0 while it runs */
        unsigned int number;
        Changes *changes;
        /* Of whoever waits for its end; NULL: nobody. */
        void (*on_end)(VmTask *task, Usec now);
        void *waiter;
        TAILQ_ENTRY(VmTask) entry;
};

typedef struct Tasks {
        TAILQ_HEAD(TaskList, VmTask) list; /* the oldest first */
        size_t n;
        unsigned int last;
        Changes *changes;
} Tasks;

typedef struct TaskSpec {
        const char *vm_moid, *vm_name, *name, *description, *user; /* as in VmTask */
} TaskSpec;

/* What happens to tasks is noted in @changes. */
void tasks_init(Tasks *tasks, Changes *changes);
void tasks_done(Tasks *tasks);

/* Return: the new task, which runs, or NULL without memory. */
VmTask *task_begin(Tasks *tasks, const TaskSpec *spec);

/* Ends the task, and tells whoever waits. A @task that is NULL is none. */
void task_end(VmTask *task, const ProviderResult *result, Usec now);

/* Forgets a task that was begun in vain: nobody has seen it yet. */
void task_drop(Tasks *tasks, VmTask *task);

/* Return: the task, or NULL. */
const VmTask *tasks_find(const Tasks *tasks, const char *moid);

/* Return: vSphere's word for it. */
const char *task_state_name(TaskState state);

/* Raises the fault that a task in state TASK_ERROR ended with. Return: negative. */
int task_fault(const VmTask *task, Fault *fault, Arena *arena);
