/* Task. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static int get_info(const PropertyContext *context, const Object *object, void *ret)
{
        static TaskReasonSystem reason = {.base.type = &type_TaskReasonSystem};
        TaskInfo *info = arena_new_object(context->arena, TaskInfo);
        const VmTask *task = object->task;

        if (!info)
                return -ENOMEM;
        *info = (TaskInfo){
                .type = &type_TaskInfo,
                .key = (char *)task->moid,
                .task = {"Task", task->moid},
                .name = (char *)task->job,
                .description_id = (char *)"guestops.hypervisorJob",
                .entity = {"VirtualMachine", task->vm_moid},
                .entity_name = task->vm_name,
                .state = (char *)(task->ended ? "success" : "running"),
                .reason = &reason.base,
                .queue_time = {true, task->started},
                .start_time = {true, task->started},
                .complete_time = {task->ended != 0, task->ended},
                .event_chain_id = (int32_t)task->number,
        };
        *(TaskInfo **)ret = info;
        return 1;
}

static const Property task[] = {
        {"availableField", FORM_OBJECTS, NULL, PRIVILEGE_VIEW, property_unset},
        {"info", FORM_OBJECT, &type_TaskInfo, PRIVILEGE_VIEW, get_info},
        {"value", FORM_OBJECTS, &type_CustomFieldValue, PRIVILEGE_VIEW, property_empty},
};
PROPERTIES(Task, task);
