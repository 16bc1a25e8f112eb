#include "inventory/tasks.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>

const char *task_state_name(TaskState state)
{
        static const char *const names[] = {
                [TASK_RUNNING] = "running",
                [TASK_SUCCESS] = "success",
                [TASK_ERROR] = "error",
        };

        return names[state];
}

/* Every change of a task comes by here. */
static void task_changed(const VmTask *task)
{
        log_debug("%s: %s, %s: %s%s%s", task->vm_name, task->moid, task->name,
                  task_state_name(task->state), task->why ? ": " : "", task->why ? task->why : "");
        changes_note_structure(task->changes);
}

const VmTask *tasks_find(const Tasks *tasks, const char *moid)
{
        const VmTask *task;

        TAILQ_FOREACH (task, &tasks->list, entry)
                if (strcmp(task->moid, moid) == 0)
                        return task;
        return NULL;
}

void task_drop(Tasks *tasks, VmTask *task)
{
        TAILQ_REMOVE(&tasks->list, task, entry);
        tasks->n--;
        free(task->vm_moid);
        free(task->vm_name);
        free(task->user);
        free(task->why);
        free(task);
}

static void forget_oldest(Tasks *tasks)
{
        VmTask *task;

        TAILQ_FOREACH (task, &tasks->list, entry)
                if (task->state != TASK_RUNNING) {
                        task_drop(tasks, task);
                        return;
                }
}

VmTask *task_begin(Tasks *tasks, const TaskSpec *spec)
{
        VmTask *task = malloc(sizeof(*task));

        if (!task)
                return NULL;
        if (tasks->n >= TASKS_MAX)
                forget_oldest(tasks);
        *task = (VmTask){
                .vm_moid = strdup(spec->vm_moid),
                .vm_name = strdup(spec->vm_name),
                .name = spec->name,
                .description = spec->description,
                .user = spec->user ? strdup(spec->user) : NULL,
                .started = clock_realtime(),
                .number = ++tasks->last,
                .changes = tasks->changes,
        };
        (void)snprintf(task->moid, sizeof(task->moid), "task-%u", task->number);
        TAILQ_INSERT_TAIL(&tasks->list, task, entry);
        tasks->n++;
        if (!task->vm_moid || !task->vm_name || (spec->user && !task->user)) {
                task_drop(tasks, task);
                return NULL;
        }
        task_changed(task);
        return task;
}

void task_end(VmTask *task, const ProviderResult *result, Usec now)
{
        void (*on_end)(VmTask *, Usec);

        if (!task)
                return;
        task->state = result->error < 0 ? TASK_ERROR : TASK_SUCCESS;
        task->error = result->error;
        task->why = result->error < 0 && result->why ? strdup(result->why) : NULL;
        task->ended = clock_realtime();
        task_changed(task);
        on_end = moved(task->on_end);
        if (on_end)
                on_end(task, now);
}

int task_fault(const VmTask *task, Fault *fault, Arena *arena)
{
        const char *why = task->why ? task->why : "the reason is not known";

        switch (task->error) {
        case -ECANCELED:
                return fault_raise(fault, arena, FAULT_REQUEST_CANCELED, NULL,
                                   "The task was canceled: %s.", why);
        case -EOPNOTSUPP:
                return fault_raise(fault, arena, FAULT_NOT_SUPPORTED, NULL,
                                   "The operation is not supported on the object: %s.", why);
        default:
                return fault_raise(fault, arena, FAULT_SYSTEM_ERROR, why,
                                   "A general system error occurred: %s.", why);
        }
}

void tasks_init(Tasks *tasks, Changes *changes)
{
        *tasks = (Tasks){.changes = changes};
        TAILQ_INIT(&tasks->list);
}

void tasks_done(Tasks *tasks)
{
        VmTask *task;

        while ((task = TAILQ_FIRST(&tasks->list)))
                task_drop(tasks, task);
}
