/* Tasks: how they end, who is told, and which are kept. */

#include "inventory/tasks.h"

#include "base/test.h"
#include "schema/tables.h"

#include <stdio.h>

/* Nobody watches. */
static Changes changes = {.watches = TAILQ_HEAD_INITIALIZER(changes.watches)};

#define ARENA_MAX ((size_t)64 << 10)

static const TaskSpec migration = {
        "vm-1", "web", "migration", "guestops.hypervisorJob", NULL,
};
static const TaskSpec power_off = {
        "vm-1", "web", "PowerOffVM_Task", "VirtualMachine.powerOff", "alice",
};
static const ProviderResult success = {0};

static void test_begin(void)
{
        Tasks tasks;
        const VmTask *task, *other;

        tasks_init(&tasks, &changes);
        task = task_begin(&tasks, &power_off);
        other = task_begin(&tasks, &migration);
        if (!task || !other)
                abort();
        EXPECT_STR("moid", task->moid, "task-1");
        EXPECT_STR("the next one's", other->moid, "task-2");
        EXPECT_STR("machine", task->vm_moid, "vm-1");
        EXPECT_STR("its name", task->vm_name, "web");
        EXPECT_STR("name", task->name, "PowerOffVM_Task");
        EXPECT_STR("description", task->description, "VirtualMachine.powerOff");
        EXPECT_STR("who asked", task->user, "alice");
        EXPECT_STR("nobody asked", other->user, NULL);
        EXPECT_STR("state", task_state_name(task->state), "running");
        EXPECT("times", task->started > 0 && task->ended == 0);
        EXPECT("found", tasks_find(&tasks, "task-1") == task);
        EXPECT("not found", !tasks_find(&tasks, "task-3") && !tasks_find(&tasks, ""));
        tasks_done(&tasks);
}

static void count_end(VmTask *task, Usec now)
{
        EXPECT_INT("the turn's time", now, 7);
        EXPECT("it is over", task->ended > 0);
        ++*(int *)task->waiter;
}

static void test_ends(void)
{
        static const struct {
                const char *about;
                ProviderResult result;
                const char *state;
                const WireType *fault;
                const char *message;
        } rows[] = {
                {"success", {0, NULL}, "success", NULL, NULL},
                {"canceled",
                 {-ECANCELED, "at QEMU's monitor"},
                 "error",
                 &type_RequestCanceled,
                 "The task was canceled: at QEMU's monitor."},
                {"cannot",
                 {-EOPNOTSUPP, "no"},
                 "error",
                 &type_NotSupported,
                 "The operation is not supported on the object: no."},
                {"failed",
                 {-EIO, "no"},
                 "error",
                 &type_SystemError,
                 "A general system error occurred: no."},
                {"without a reason",
                 {-EIO, NULL},
                 "error",
                 &type_SystemError,
                 "A general system error occurred: the reason is not known."},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                Fault fault = {0};
                Tasks tasks;
                VmTask *task;
                int n_ends = 0;

                tasks_init(&tasks, &changes);
                task = task_begin(&tasks, &power_off);
                if (!task)
                        abort();
                task->on_end = count_end;
                task->waiter = &n_ends;
                task_end(task, &rows[i].result, 7);
                EXPECT_INT(rows[i].about, n_ends, 1);
                EXPECT_STR(rows[i].about, task_state_name(task->state), rows[i].state);
                if (rows[i].fault) {
                        EXPECT(rows[i].about, task_fault(task, &fault, arena) < 0);
                        EXPECT(rows[i].about, fault.detail && fault.detail->type == rows[i].fault);
                        EXPECT_STR(rows[i].about, fault.message, rows[i].message);
                }
                tasks_done(&tasks);
        }
        task_end(NULL, &success, 7);
}

/* Those that have ended are kept up to a number; those that run always. */
static void test_limit(void)
{
        VmTask *running;
        char moid[32];
        Tasks tasks;

        tasks_init(&tasks, &changes);
        running = task_begin(&tasks, &migration);
        for (size_t i = 0; i < (size_t)3 * TASKS_MAX; i++)
                task_end(task_begin(&tasks, &power_off), &success, 1);
        EXPECT_INT("as many as are kept", tasks.n, TASKS_MAX);
        EXPECT("what runs is one of them", tasks_find(&tasks, "task-1") == running);
        EXPECT("the oldest is forgotten", !tasks_find(&tasks, "task-2"));
        (void)snprintf(moid, sizeof(moid), "task-%u", tasks.last);
        EXPECT("the newest is not", tasks_find(&tasks, moid) != NULL);

        for (size_t i = 0; i < TASKS_MAX; i++)
                (void)task_begin(&tasks, &migration);
        EXPECT_INT("all of these run", tasks.n, TASKS_MAX + 1);
        EXPECT("and so does the first", tasks_find(&tasks, "task-1") == running);
        task_end(running, &success, 1);
        (void)task_begin(&tasks, &migration);
        EXPECT("it has ended, and gives way", !tasks_find(&tasks, "task-1"));
        EXPECT_INT("no more than before", tasks.n, TASKS_MAX + 1);
        tasks_done(&tasks);
        EXPECT("nothing is left", TAILQ_EMPTY(&tasks.list) && tasks.n == 0);
}

int main(void)
{
        test_begin();
        test_ends();
        test_limit();
        return test_end();
}
