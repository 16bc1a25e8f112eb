#include "agent/operation.h"

#include "agent/open-transfer.h"
#include "base/log.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include <malloc.h>
#include <stdio.h>

#define ANSWER_BYTES_MAX     ((size_t)16 << 20)
#define END_BYTES_MAX        ((size_t)32 << 10) /* of one frame */
#define WORKERS_PER_USER_MAX 512
#define TRIM_USEC            USEC_PER_SEC /* the link's buffers are gone by then, too */
#define FROZEN_FLAG          "/run/guestops-agent.frozen"

/* Keep sorted. */
const OperationRow operation_rows[] = {
        {"AcquireCredentialsInGuest", acquire_credentials_check, acquire_credentials_run},
        {"ChangeFileAttributesInGuest", change_file_attributes_check, change_file_attributes_run},
        {"CloseFileTransfer", close_transfer_check, close_transfer_run},
        {"CreateTemporaryDirectoryInGuest", create_temporary_directory_check,
         create_temporary_directory_run},
        {"CreateTemporaryFileInGuest", create_temporary_file_check, create_temporary_file_run},
        {"DeleteDirectoryInGuest", delete_directory_check, delete_directory_run},
        {"DeleteFileInGuest", delete_file_check, delete_file_run},
        {"InitiateFileTransferFromGuest", initiate_download_check, initiate_download_run,
         initiate_download_finish},
        {"InitiateFileTransferToGuest", initiate_upload_check, initiate_upload_run,
         initiate_upload_finish},
        {"ListFilesInGuest", list_files_check, list_files_run},
        {"ListProcessesInGuest", NULL, list_processes_run},
        {"MakeDirectoryInGuest", make_directory_check, make_directory_run},
        {"MoveDirectoryInGuest", move_directory_check, move_directory_run},
        {"MoveFileInGuest", move_file_check, move_file_run},
        {"OpenFileTransfer", open_transfer_check, open_transfer_run},
        {"ReadEnvironmentVariableInGuest", NULL, read_environment_run},
        {"ReleaseCredentialsInGuest", release_credentials_check, release_credentials_run},
        {"StartProgramInGuest", start_program_check, start_program_run},
        {"TerminateProcessInGuest", NULL, terminate_process_run},
        {"ValidateCredentialsInGuest", NULL, validate_credentials_run},
};
const size_t n_operation_rows = ELEMENTS(operation_rows);

static int compare_row(const void *name, const void *row)
{
        return strcmp(name, ((const OperationRow *)row)->name);
}

static const OperationRow *find_row(const char *name)
{
        return bsearch(name, operation_rows, n_operation_rows, sizeof(*operation_rows),
                       compare_row);
}

static Operation *find(Operations *operations, uint32_t id)
{
        Operation *operation;

        TAILQ_FOREACH (operation, &operations->running, entry)
                if (operation->id == id && !operation->abandoned)
                        return operation;
        return NULL;
}

static void operation_free(Operation *operation)
{
        Operations *operations = operation->operations;

        TAILQ_REMOVE(&operation->operations->running, operation, entry);
        operation->operations->n_running -= !operation->abandoned;
        loop_task_cancel(&operation->confirm_sent);
        login_cancel(&operation->login);
        open_transfer_free(operation->open);
        loop_timer_clear(&operation->patience);
        if (operation->worker)
                worker_forget(operation->worker);
        arena_free(operation->arena);
        free(operation);
        (void)loop_timer_set(operations->loop, &operations->trimmer,
                             loop_now(operations->loop) + TRIM_USEC);
}

/* answers */

static void send_answer(Operation *operation, const ChannelAnswer *answer)
{
        const OperationsHost *host = &operation->operations->host;
        Buf payload = {.max = operation->told ? END_BYTES_MAX : ANSWER_BYTES_MAX};

        if (operation->abandoned)
                return;
        tlv_write(&payload, answer);
        if (buf_error(&payload)) {
                ChannelAnswer failure = {.type = &type_ChannelAnswer};
                Fault fault = {0};

                buf_clear(&payload);
                (void)fault_raise(&fault, operation->arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                  "The answer is too large.");
                failure.fault = fault.detail;
                failure.message = (char *)fault.message;
                tlv_write(&payload, &failure);
        }
        if (operation->told)
                host->streams.end(host->streams.user, operation->id, &payload);
        else
                host->send_answer(host->user, operation->id, &payload);
        buf_erase(&payload);
}

static void send_result(Operation *operation, const void *value)
{
        ChannelAnswer answer = {.type = &type_ChannelAnswer};

        if (value)
                answer.result = (WireAny){.form = operation->method->result,
                                          .type = operation->method->result_type,
                                          .value = value};
        send_answer(operation, &answer);
}

void operation_tell(Operation *operation, const void *value)
{
        send_result(operation, value);
        operation->told = true;
}

void operation_answer(Operation *operation, const void *value)
{
        send_result(operation, value);
        log_info("%s for '%.64s' done, request %.64s", operation->row->name,
                 operation->user_spelling ? operation->user_spelling : "",
                 operation->request->request_id);
        operation_free(operation);
}

void operation_fail(Operation *operation)
{
        ChannelAnswer answer = {.type = &type_ChannelAnswer};

        (void)operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                              "The guest ran out of memory.");
        answer.fault = operation->fault.detail;
        answer.message = (char *)operation->fault.message;
        log_info("%.64s for '%.64s' failed: %s, request %.64s", operation->request->operation,
                 operation->user_spelling ? operation->user_spelling : "",
                 answer.fault ? answer.fault->type->name : "no memory",
                 operation->request->request_id);
        send_answer(operation, &answer);
        operation_free(operation);
}

TicketPlace operation_ticket_place(const Operation *operation, Usec now)
{
        const Operations *operations = operation->operations;

        return (TicketPlace){
                .vm = operations->vm,
                .generation = login_pool_generation(operations->logins),
                .now = now,
        };
}

/* workers */

int operation_start_worker(Operation *operation, const WorkerTask *task,
                           const WorkerCallbacks *callbacks)
{
        Workers *workers = &operation->operations->workers;
        int r;

        /* A file system of the user's own can hold them for as long as he likes. */
        if (workers_of(workers, (uid_t)operation->who->uid) >= WORKERS_PER_USER_MAX)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "Too many operations of this user hang in the guest.");
        r = worker_start(workers, task, callbacks, &operation->worker);
        if (r < 0)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "The guest could not start a process: %s.", strerror(-r));
        return 0;
}

int operation_read_answer(Operation *operation, int result, const Buf *answer,
                          const ChannelAnswer **ret)
{
        const ChannelAnswer *read = NULL;
        WireError error;

        if (result == -ETIMEDOUT)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "The operation took too long in the guest.");
        if (result >= 0 && answer->size > 0)
                result = tlv_read(operation->arena, answer->data, answer->size, &type_ChannelAnswer,
                                  &read, &error);
        if (result < 0 || !read)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "The process that carried out the operation died.");
        if (read->fault) {
                operation->fault = (Fault){read->fault, read->message ? read->message : ""};
                return -EIO;
        }
        *ret = read;
        return 0;
}

/* the order of checks */

void operation_proceed(Operation *operation, Usec now)
{
        if (!operation->who || !operation->confirmed)
                return;
        /* The login took its time, or GO lay in the pipe of a machine that was paused. */
        if (operation->request->deadline < (int64_t)now) {
                (void)operation_fault(operation, FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                                      "The request's time was over before it was begun.");
                operation_fail(operation);
                return;
        }
        if (operation->row->run(operation, now) < 0)
                operation_fail(operation);
}

/*
 * A program that is started now would hang at its first write. The flag is set and cleared by the
 * hook that we give to the QEMU guest agent; a file below /run can be looked at while all is
 * frozen.
 */
static bool is_frozen(void)
{
        return access(FROZEN_FLAG, F_OK) == 0;
}

int operation_check_thawed(Operation *operation)
{
        if (!is_frozen())
                return 0;
        return operation_fault(operation, FAULT_INVALID_STATE, NULL,
                               "The guest's file systems are frozen, as for a backup; try again "
                               "when that is over.");
}

static int check(Operation *operation)
{
        const char *name = operation->request->operation;
        int r;

        operation->method = method_find_guest(name);
        operation->row = find_row(name);
        if (!operation->method || !operation->row)
                return operation_fault(operation, FAULT_GUEST_COMPONENTS_OUT_OF_DATE, NULL,
                                       "The agent in the guest does not know %.64s.", name);
        if (operation->request->params->type != operation->method->params)
                return operation_fault(operation, FAULT_SYSTEM_ERROR, "parameters",
                                       "The parameters are not those of %s.", name);
        if (agent_config_disables(operation->operations->config, name))
                return operation_fault(operation, FAULT_OPERATION_DISABLED_BY_GUEST, NULL,
                                       "%s has been disabled by the guest's configuration.", name);
        r = operation->row->check ? operation->row->check(operation) : 0;
        if (r < 0)
                return r;
        return operation->method->flags & METHOD_CONFIRM ? operation_check_thawed(operation) : 0;
}

/* May answer, and so free the operation. */
static void operation_begin_login(Operation *operation, Usec now)
{
        if (operation_login(operation, now) < 0)
                operation_fail(operation);
}

static int on_confirm_sent(LoopTask *task, Usec now)
{
        operation_begin_login(container_of(task, Operation, confirm_sent), now);
        return 0;
}

void operations_begin(Operations *operations, uint32_t id, Arena *arena,
                      const ChannelRequest *request, Usec now)
{
        Operation *operation = calloc(1, sizeof(*operation));
        int r;

        if (!operation) {
                arena_free(arena);
                return;
        }
        *operation = (Operation){
                .operations = operations,
                .id = id,
                .arena = arena,
                .request = request,
                .confirm_sent.run = on_confirm_sent,
        };
        TAILQ_INSERT_TAIL(&operations->running, operation, entry);
        operations->n_running++;
        if (operations->n_running > operations->config->operations_max)
                r = operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                    "Too many operations are in progress in the guest.");
        else
                r = check(operation);
        if (r < 0) {
                operation_fail(operation);
                return;
        }
        operation->confirmed = !(operation->method->flags & METHOD_CONFIRM);
        if (!operation->confirmed)
                operations->host.send_confirm(operations->host.user, id);
        if (operation->who)
                operation_proceed(operation, now);
        else if (operation->confirmed)
                operation_begin_login(operation, now);
        else /* behind the question: woken first, the helper would keep it from being written */
                loop_defer(operations->loop, &operation->confirm_sent);
}

void operations_go(Operations *operations, uint32_t id, Usec now)
{
        Operation *operation = find(operations, id);

        if (!operation || operation->confirmed)
                return;
        operation->confirmed = true;
        operation_proceed(operation, now);
}

void operations_data(Operations *operations, uint32_t id, const char *data, size_t size)
{
        Operation *operation = find(operations, id);

        if (operation && operation->open)
                open_transfer_data(operation->open, data, size);
}

size_t operations_pull(Operations *operations, uint32_t id, char *data, size_t size)
{
        Operation *operation = find(operations, id);

        return operation && operation->open ? open_transfer_pull(operation->open, data, size) : 0;
}

static Operation *first_due(const Operations *operations, Usec now)
{
        Operation *operation;

        TAILQ_FOREACH (operation, &operations->running, entry)
                if (list_processes_is_due(operation, now))
                        return operation;
        return NULL;
}

void operations_program_ended(Operations *operations, Usec now)
{
        Operation *operation;

        while ((operation = first_due(operations, now)))
                operation_proceed(operation, now);
}

/* What a worker is carrying out goes on, and what it started is remembered. */
static void cancel(Operation *operation)
{
        if (!operation->worker || operation->open) {
                operation_free(operation);
        } else if (!operation->abandoned) {
                operation->abandoned = true;
                operation->operations->n_running--;
        }
}

void operations_cancel(Operations *operations, uint32_t id)
{
        Operation *operation = find(operations, id);

        if (operation)
                cancel(operation);
}

void operations_cancel_all(Operations *operations)
{
        Operation *operation, *next;

        for (operation = TAILQ_FIRST(&operations->running); operation; operation = next) {
                next = TAILQ_NEXT(operation, entry);
                cancel(operation);
        }
}

/* life */

static int on_reap(LoopTimer *timer, Usec now)
{
        Operations *operations = container_of(timer, Operations, reaper);

        process_table_reap(operations->processes, now);
        operations_schedule_reaper(operations);
        return 0;
}

void operations_schedule_reaper(Operations *operations)
{
        Usec due = process_table_next_reap(operations->processes);

        if (due == USEC_NEVER || loop_timer_set(operations->loop, &operations->reaper, due) < 0)
                loop_timer_clear(&operations->reaper);
}

/* The C library would keep what many requests at once have taken, and the guest go without. */
static int on_trim(LoopTimer *timer, Usec now)
{
        (void)timer;
        (void)now;
        (void)malloc_trim(0);
        return 0;
}

static int on_transfer_reap(LoopTimer *timer, Usec now)
{
        Operations *operations = container_of(timer, Operations, transfer_reaper);

        transfers_reap(&operations->transfers, now);
        operations_schedule_transfers(operations);
        return 0;
}

void operations_schedule_transfers(Operations *operations)
{
        Usec due = transfers_next_reap(&operations->transfers);

        if (due == USEC_NEVER ||
            loop_timer_set(operations->loop, &operations->transfer_reaper, due) < 0)
                loop_timer_clear(&operations->transfer_reaper);
}

static LoginConfig login_config(const AgentConfig *config)
{
        return (LoginConfig){
                .pam_service = config->pam_service,
                .allow_users = config->allow_users,
                .allow_groups = config->allow_groups,
                .cache_usec = config->credential_cache_usec,
                .fail_delay_usec = config->fail_delay_usec,
                .deadline_usec = config->login_usec,
        };
}

/* What was promised or remembered in another machine's name is its, and not ours. */
static void forget_promises(Operations *operations)
{
        const LoginConfig login = login_config(operations->config);

        explicit_bzero(&operations->tickets, sizeof(operations->tickets));
        login_pool_configure(operations->logins, &login); /* transfers are of before this, too */
}

bool operations_set_vm(Operations *operations, const char *vm)
{
        char known[sizeof(operations->vm)];
        bool other;

        memcpy(known, operations->vm, sizeof(known));
        (void)snprintf(operations->vm, sizeof(operations->vm), "%s", vm);
        other = *known && strcmp(known, operations->vm) != 0;
        if (other)
                forget_promises(operations);
        return other;
}

void operations_configure(Operations *operations, const AgentConfig *config)
{
        const LoginConfig login = login_config(config);

        operations->config = config;
        process_table_configure(operations->processes, config->programs_max,
                                config->retention_usec);
        login_pool_configure(operations->logins, &login);
        operations_stop_transfers(operations);
}

int operations_new(Loop *loop, const AgentConfig *config, const OperationsHost *host,
                   Operations **ret)
{
        _cleanup_(operations_freep) Operations *operations = calloc(1, sizeof(*operations));
        const LoginConfig login = login_config(config);
        int r;

        if (!operations)
                return -ENOMEM;
        operations->loop = loop;
        operations->config = config;
        operations->host = *host;
        operations->reaper.on_due = on_reap;
        operations->trimmer.on_due = on_trim;
        operations->transfer_reaper.on_due = on_transfer_reap;
        transfers_init(&operations->transfers);
        workers_init(&operations->workers, loop);
        TAILQ_INIT(&operations->running);
        operations->processes = process_table_new(config->programs_max, config->retention_usec);
        if (!operations->processes)
                return -ENOMEM;
        r = login_pool_new(loop, &login, &operations->logins);
        if (r < 0)
                return r;
        *ret = moved(operations);
        return 0;
}

Operations *operations_free(Operations *operations)
{
        Operation *operation;

        if (!operations)
                return NULL;
        while ((operation = TAILQ_FIRST(&operations->running)))
                operation_free(operation);
        workers_done(&operations->workers);
        loop_timer_clear(&operations->reaper);
        loop_timer_clear(&operations->transfer_reaper);
        loop_timer_clear(&operations->trimmer);
        transfers_done(&operations->transfers);
        login_pool_free(operations->logins);
        process_table_free(operations->processes);
        free(operations);
        return NULL;
}
