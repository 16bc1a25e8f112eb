#pragma once

/*
 * Operation: one guest operation from its request to its answer. Always in this order: is it
 * enabled, is the request well-formed, is the user who they say, does the host still want it, and
 * only then is it carried out.
 */

#include "agent/config.h"
#include "agent/login.h"
#include "agent/process-table.h"
#include "agent/tickets.h"
#include "agent/transfers.h"
#include "agent/worker.h"
#include "base/buf.h"
#include "schema/fault.h"
#include "schema/method.h"

typedef struct Operations Operations;
typedef struct Operation Operation;
typedef struct OpenTransfer OpenTransfer;

/* The streams that an opened transfer has on its id; see channel/link.h. */
typedef struct StreamHost {
        /* @incoming: the host sends, too. Return: 0, or a negative errno and there is none. */
        int (*open)(void *user, uint32_t id, bool incoming);
        /* There is something to be pulled again. */
        void (*ready)(void *user, uint32_t id);
        void (*grant)(void *user, uint32_t id, size_t size);
        /* The last thing that is said on this id. */
        void (*end)(void *user, uint32_t id, const Buf *payload);
        void *user;
} StreamHost;

/* What operations need of the agent, and how they speak to the host. */
typedef struct OperationsHost {
        StreamHost streams;
        void (*send_answer)(void *user, uint32_t id, Buf *payload);
        void (*send_confirm)(void *user, uint32_t id);
        void *user;
} OperationsHost;

typedef struct OperationRow {
        const char *name;
        /*
         * Before the login: what is wrong with the request whoever asks. Raises a fault. Where
         * operation->who is set here, the request says who asks, and nobody logs in.
         */
        int (*check)(Operation *operation);
        /* As operation->who. Answers now or later; a negative return answers with the fault. */
        int (*run)(Operation *operation, Usec now);
        /* Of operations on files, in the monitor: the last word on the result of the worker. */
        int (*finish)(Operation *operation, const void **value, Usec now);
} OperationRow;

struct Operation {
        Operations *operations;
        uint32_t id;
        Arena *arena;
        const ChannelRequest *request;
        const Method *method;
        const OperationRow *row;
        const LoginVerdict *who;   /* NULL before the login */
        const char *user_spelling; /* as the credential has it */
        Fault fault;
        bool confirmed;
        bool abandoned; /* nobody waits for the answer any more */
        bool told;      /* the answer was not all: END will be */
        LoopTask confirm_sent;
        Login login;
        Worker *worker;     /* of run(); told to forget us if the operation ends first */
        OpenTransfer *open; /* of OpenFileTransfer */
        LoopTimer patience; /* of ListProcessesInGuest, while it waits for ends of programs */
        TAILQ_ENTRY(Operation) entry;
};

struct Operations {
        Loop *loop;
        const AgentConfig *config;
        LoginPool *logins;
        ProcessTable *processes;
        Workers workers;
        Tickets tickets;
        Transfers transfers;
        LoopTimer transfer_reaper;
        LoopTimer trimmer; /* of memory, when nothing has been asked for a while */
        char vm[64];       /* the machine, as the host of this conversation says it */
        LoopTimer reaper;
        OperationsHost host;
        TAILQ_HEAD(, Operation) running;
        size_t n_running; /* without those that were abandoned, which each user has some of */
};

int operations_new(Loop *loop, const AgentConfig *config, const OperationsHost *host,
                   Operations **ret);
/* Other limits and rules from now on; @config lives as long. */
void operations_configure(Operations *operations, const AgentConfig *config);
Operations *operations_free(Operations *operations);
DEFINE_CLEANUP(Operations, operations_free)

/* A request has come. @deadline and instance have been checked. Takes the arena over. */
void operations_begin(Operations *operations, uint32_t id, Arena *arena,
                      const ChannelRequest *request, Usec now);
/* The host still wants it. */
void operations_go(Operations *operations, uint32_t id, Usec now);
/* A program that was started here has ended. */
void operations_program_ended(Operations *operations, Usec now);
/* The host has given it up: it is not begun any more; what runs already goes on, but a transfer. */
void operations_cancel(Operations *operations, uint32_t id);
/* A part of a file has come; empty: all of it has. */
void operations_data(Operations *operations, uint32_t id, const char *data, size_t size);
/* The stream of that id takes @size bytes. Return: how many there are in @data. */
size_t operations_pull(Operations *operations, uint32_t id, char *data, size_t size);
/*
 * A conversation begins, with a host that calls this machine @vm. Where that is another one than
 * before, tickets, initiated transfers and remembered credentials are forgotten.
 *
 * Return: whether it is another one.
 */
bool operations_set_vm(Operations *operations, const char *vm);
/* The conversation is over. */
void operations_cancel_all(Operations *operations);

/* Ends an operation with its result, a variable of the method's form. */
void operation_answer(Operation *operation, const void *value);
/* Answers with a result that is not all; the operation goes on. */
void operation_tell(Operation *operation, const void *value);
/* Ends an operation with the fault that was raised. */
void operation_fail(Operation *operation);
/* Raises a fault; see fault_raise(). */
#define operation_fault(operation, id, member, ...)                                                \
        fault_raise(&(operation)->fault, (operation)->arena, id, member, __VA_ARGS__)

/* Logs the user of the request in, and proceeds then; a negative return is a fault raised. May
   answer, and so free the operation, before it returns 0. */
int operation_login(Operation *operation, Usec now);
/* Carries it out if the user is known and the host still wants it. */
void operation_proceed(Operation *operation, Usec now);

/* Where and when the operation looks at tickets. */
TicketPlace operation_ticket_place(const Operation *operation, Usec now);

/* Raises a fault while the guest's file systems are frozen. */
int operation_check_thawed(Operation *operation);

/* Starts a worker for the operation as its user; a negative return is a fault raised. */
int operation_start_worker(Operation *operation, const WorkerTask *task,
                           const WorkerCallbacks *callbacks);
/* Decodes what a worker wrote. Raises the fault that is in it. */
int operation_read_answer(Operation *operation, int result, const Buf *answer,
                          const ChannelAnswer **ret);

/* The operations that this agent knows, sorted by name. */
extern const OperationRow operation_rows[];
extern const size_t n_operation_rows;

/* Handlers, each in the file of its operation; the credentials in credentials.c. */
int acquire_credentials_check(Operation *operation);
int acquire_credentials_run(Operation *operation, Usec now);
int change_file_attributes_check(Operation *operation);
int change_file_attributes_run(Operation *operation, Usec now);
int close_transfer_check(Operation *operation);
int close_transfer_run(Operation *operation, Usec now);
int create_temporary_directory_check(Operation *operation);
int create_temporary_directory_run(Operation *operation, Usec now);
int create_temporary_file_check(Operation *operation);
int create_temporary_file_run(Operation *operation, Usec now);
int delete_directory_check(Operation *operation);
int delete_directory_run(Operation *operation, Usec now);
int delete_file_check(Operation *operation);
int delete_file_run(Operation *operation, Usec now);
int initiate_download_check(Operation *operation);
int initiate_download_finish(Operation *operation, const void **value, Usec now);
int initiate_download_run(Operation *operation, Usec now);
int initiate_upload_check(Operation *operation);
int initiate_upload_finish(Operation *operation, const void **value, Usec now);
int initiate_upload_run(Operation *operation, Usec now);
int list_files_check(Operation *operation);
int list_files_run(Operation *operation, Usec now);
int list_processes_run(Operation *operation, Usec now);
/* Return: whether it waits, and need not any more. */
bool list_processes_is_due(const Operation *operation, Usec now);
int make_directory_check(Operation *operation);
int make_directory_run(Operation *operation, Usec now);
int move_directory_check(Operation *operation);
int move_directory_run(Operation *operation, Usec now);
int move_file_check(Operation *operation);
int move_file_run(Operation *operation, Usec now);
int open_transfer_check(Operation *operation);
int open_transfer_run(Operation *operation, Usec now);
int read_environment_run(Operation *operation, Usec now);
int release_credentials_check(Operation *operation);
int release_credentials_run(Operation *operation, Usec now);
int start_program_check(Operation *operation);
int start_program_run(Operation *operation, Usec now);
int terminate_process_run(Operation *operation, Usec now);
int validate_credentials_run(Operation *operation, Usec now);

/* Sets the timer that forgets ended programs. */
void operations_schedule_reaper(Operations *operations);
/* Sets the timer that forgets transfers. */
void operations_schedule_transfers(Operations *operations);
