/* Task. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static LocalizedMethodFault *describe_error(Arena *arena, const VmTask *task)
{
        LocalizedMethodFault *error = arena_new_object(arena, LocalizedMethodFault);
        Fault fault = {0};

        (void)task_fault(task, &fault, arena);
        if (!error || !fault.detail)
                return NULL;
        *error = (LocalizedMethodFault){
                .type = &type_LocalizedMethodFault,
                .fault = fault.detail,
                .localized_message = (char *)fault.message,
        };
        return error;
}

static TaskReason *describe_reason(Arena *arena, const VmTask *task)
{
        static TaskReasonSystem system = {.base.type = &type_TaskReasonSystem};
        TaskReasonUser *reason;

        if (!task->user)
                return &system.base;
        reason = arena_new_object(arena, TaskReasonUser);
        if (!reason)
                return NULL;
        *reason = (TaskReasonUser){
                .base.type = &type_TaskReasonUser,
                .user_name = arena_strdup(arena, task->user),
        };
        return reason->user_name ? &reason->base : NULL;
}

static int get_info(const PropertyContext *context, const Object *object, void *ret)
{
        TaskInfo *info = arena_new_object(context->arena, TaskInfo);
        const VmTask *task = object->task;

        if (!info)
                return -ENOMEM;
        *info = (TaskInfo){
                .type = &type_TaskInfo,
                .key = (char *)task->moid,
                .task = {"Task", task->moid},
                .name = (char *)task->name,
                .description_id = (char *)task->description,
                .entity = {"VirtualMachine", task->vm_moid},
                .entity_name = task->vm_name,
                .state = (char *)task_state_name(task->state),
                .reason = describe_reason(context->arena, task),
                .queue_time = {true, task->started},
                .start_time = {true, task->started},
                .complete_time = {task->ended != 0, task->ended},
                .event_chain_id = (int32_t)task->number,
        };
        if (task->state == TASK_ERROR)
                info->error = describe_error(context->arena, task);
        if (!info->reason || (task->state == TASK_ERROR && !info->error))
                return -ENOMEM;
        *(TaskInfo **)ret = info;
        return 1;
}

static const Property task[] = {
        {"availableField", FORM_OBJECTS, NULL, PRIVILEGE_VIEW, property_unset},
        {"info", FORM_OBJECT, &type_TaskInfo, PRIVILEGE_VIEW, get_info},
        {"value", FORM_OBJECTS, &type_CustomFieldValue, PRIVILEGE_VIEW, property_empty},
};
PROPERTIES(Task, task);
