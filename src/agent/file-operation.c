#include "agent/file-operation.h"

#include "schema/tables.h"
#include "wire/write.h"

/* Nobody waits that long, but what has been begun is not cut off in the middle either. */
#define CHANGE_USEC (3600 * USEC_PER_SEC)

/* the child, as the user */

typedef struct FileTask {
        const Method *method;
        const void *params;
        FileAct act;
} FileTask;

static void file_task_child(const void *argument, Arena *arena, Buf *answer)
{
        const FileTask *task = argument;
        ChannelAnswer message = {.type = &type_ChannelAnswer, .message = (char *)WORKER_DONE};
        const void *value = NULL;
        Fault fault = {0};
        int r = task->act(task->params, arena, &fault, &value);

        if (r < 0) {
                (void)fault_raise(&fault, arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                  "The guest could not carry out %s: %s.", task->method->name,
                                  strerror(-r));
                message.fault = fault.detail;
                message.message = (char *)fault.message;
        } else if (value) {
                message.result = (WireAny){.form = task->method->result,
                                           .type = task->method->result_type,
                                           .value = value};
        }
        tlv_write(answer, &message);
}

/* the monitor */

/* The worker belongs to the user from its first instruction on: what it says is checked. */
static int check_result(Operation *operation, const ChannelAnswer *answer)
{
        const Method *method = operation->method;

        if (answer->result.form == method->result &&
            (method->result != FORM_OBJECT ||
             wire_type_is(answer->result.type, method->result_type)))
                return 0;
        return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                               "The process that carried out the operation made no sense.");
}

static void on_answer(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        Operation *operation = user;
        const ChannelAnswer *read = NULL;
        const void *value = NULL;
        int r;

        (void)pid;
        r = operation_read_answer(operation, result, answer, &read);
        if (r >= 0)
                r = check_result(operation, read);
        if (r >= 0)
                value = read->result.value;
        if (r >= 0 && operation->row->finish && !operation->abandoned)
                r = operation->row->finish(operation, &value, now);
        if (r < 0)
                operation_fail(operation);
        else
                operation_answer(operation, value);
}

int file_operation_run(Operation *operation, FileAct act, Usec now)
{
        const FileTask file_task = {operation->method, operation->request->params, act};
        bool changes = operation->method->flags & METHOD_CONFIRM;
        const WorkerTask task = {
                .who = operation->who,
                .run = file_task_child,
                .argument = &file_task,
                .deadline_usec = changes ? CHANGE_USEC : (Usec)operation->request->deadline - now,
        };
        const WorkerCallbacks callbacks = {.on_answer = on_answer, .user = operation};

        return operation_start_worker(operation, &task, &callbacks);
}

int file_operation_check_path(Operation *operation, const char *property, const char *path)
{
        if (!str_is_empty(path))
                return 0;
        return operation_fault(operation, FAULT_INVALID_ARGUMENT, property,
                               "A specified parameter was not correct: %s", property);
}

int file_fault(Fault *fault, Arena *arena, const char *path, int error)
{
        static const struct {
                int error;
                FaultId id;
                const char *before, *after;
        } rows[] = {
                {ENOENT, FAULT_FILE_NOT_FOUND, "File ", " was not found"},
                {EACCES, FAULT_GUEST_PERMISSION_DENIED, "The guest user may not do that with ",
                 ": permission denied"},
                {EPERM, FAULT_GUEST_PERMISSION_DENIED, "The guest user may not do that with ",
                 ": operation not permitted"},
                {EEXIST, FAULT_FILE_ALREADY_EXISTS, "File ", " already exists"},
                {ENOTEMPTY, FAULT_DIRECTORY_NOT_EMPTY, "The directory ", " is not empty"},
                {ENOTDIR, FAULT_NOT_A_DIRECTORY, "", " or a part of it is not a directory"},
                {EISDIR, FAULT_NOT_A_FILE, "", " is not a file"},
                {ENAMETOOLONG, FAULT_FILE_NAME_TOO_LONG, "File name ", " is too long"},
                {ENOSPC, FAULT_NO_DISK_SPACE, "There is no space left for ", ""},
                {EDQUOT, FAULT_NO_DISK_SPACE, "The guest user's disk quota leaves no space for ",
                 ""},
        };
        int r;

        error = abs(error);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                if (rows[i].error != error)
                        continue;
                r = fault_raise(fault, arena, rows[i].id, path, "%s%s%s", rows[i].before, path,
                                rows[i].after);
                if (fault->detail && fault->detail->type == &type_NoDiskSpace)
                        ((NoDiskSpace *)fault->detail)->datastore = (char *)"";
                return r;
        }
        return fault_raise(fault, arena, FAULT_FILE_FAULT, path, "File %s: %s", path,
                           strerror(error));
}
