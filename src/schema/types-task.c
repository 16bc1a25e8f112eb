/* Tasks. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

DEFINE_ENUM(TaskInfoState, "queued", "running", "success", "error");

DEFINE_EMPTY_TYPE(TaskReason, .abstract = true);
DEFINE_EMPTY_TYPE(TaskReasonSystem, .base = &type_TaskReason);

static const WireField task_reason_user[] = {
        {"userName", AT(TaskReasonUser, user_name), REQUIRED},
};
DEFINE_TYPE(TaskReasonUser, task_reason_user, .base = &type_TaskReason);

static const WireField task_info[] = {
        {"key", AT(TaskInfo, key), REQUIRED},
        {"task", AT(TaskInfo, task), REQUIRED},
        {"name", AT(TaskInfo, name), OPTIONAL},
        {"descriptionId", AT(TaskInfo, description_id), REQUIRED},
        {"entity", AT(TaskInfo, entity), OPTIONAL},
        {"entityName", AT(TaskInfo, entity_name), OPTIONAL},
        {"state", AT(TaskInfo, state), REQUIRED, &type_TaskInfoState},
        {"cancelled", AT(TaskInfo, cancelled), REQUIRED},
        {"cancelable", AT(TaskInfo, cancelable), REQUIRED},
        {"error", POINTS(TaskInfo, error, LocalizedMethodFault), OPTIONAL,
         &type_LocalizedMethodFault},
        {"result", AT(TaskInfo, result), OPTIONAL},
        {"progress", AT(TaskInfo, progress), OPTIONAL},
        {"reason", POINTS(TaskInfo, reason, TaskReason), REQUIRED, &type_TaskReason},
        {"queueTime", AT(TaskInfo, queue_time), REQUIRED},
        {"startTime", AT(TaskInfo, start_time), OPTIONAL},
        {"completeTime", AT(TaskInfo, complete_time), OPTIONAL},
        {"eventChainId", AT(TaskInfo, event_chain_id), REQUIRED},
};
DEFINE_TYPE(TaskInfo, task_info);
