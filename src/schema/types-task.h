#pragma once

/* Tasks. */

#include "schema/types-fault.h"

typedef struct TaskReason {
        const WireType *type;
} TaskReason;

typedef struct TaskReasonSystem {
        TaskReason base;
} TaskReasonSystem;

typedef struct TaskReasonUser {
        TaskReason base;
        char *user_name;
} TaskReasonUser;

typedef struct TaskInfo {
        const WireType *type;
        char *key;
        Moref task;
        char *name;
        char *description_id;
        Moref entity;
        char *entity_name;
        char *state;
        bool cancelled;
        bool cancelable;
        LocalizedMethodFault *error;
        WireAny result;
        WireInt progress; /* percent */
        TaskReason *reason;
        WireTime queue_time;
        WireTime start_time;
        WireTime complete_time;
        int32_t event_chain_id;
} TaskInfo;

#define TYPES_TASK(X)                                                                              \
        X(TaskInfo)                                                                                \
        X(TaskInfoState)                                                                           \
        X(TaskReason)                                                                              \
        X(TaskReasonSystem)                                                                        \
        X(TaskReasonUser)
