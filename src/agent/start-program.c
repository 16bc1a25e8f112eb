/*
 * StartProgramInGuest. Source: vSphere Web Services API, GuestProcessManager; the order of checks
 * and the command line are those of the VMware guest's service, COMPATIBILITY.md lists where we
 * differ.
 */

#include "agent/file-operation.h"
#include "agent/plain-command.h"
#include "base/clock.h"
#include "schema/tables.h"
#include "wire/write.h"

#include <limits.h>
#include <sys/stat.h>

#define START_USEC (20 * USEC_PER_SEC) /* until the exec: a file system may hang */

static const StartProgramInGuestRequestType *start_args(const Operation *operation)
{
        return (const void *)operation->request->params;
}

int start_program_check(Operation *operation)
{
        const GuestProgramSpec *spec = start_args(operation)->spec;

        if (spec->type == &type_GuestWindowsProgramSpec)
                return operation_fault(operation, FAULT_OPERATION_NOT_SUPPORTED_BY_GUEST, NULL,
                                       "This guest is no Windows; send a GuestProgramSpec.");
        if (str_is_empty(spec->program_path))
                return operation_fault(operation, FAULT_INVALID_ARGUMENT, "spec.programPath",
                                       "A specified parameter was not correct: spec.programPath");
        for (size_t i = 0; i < spec->env_variables.n; i++)
                if (*spec->env_variables.items[i] && !strchr(spec->env_variables.items[i], '='))
                        return operation_fault(
                                operation, FAULT_INVALID_ARGUMENT, "spec.envVariables",
                                "A specified parameter was not correct: spec.envVariables[%zu] is "
                                "no NAME=value",
                                i);
        return 0;
}

/* the child, as the user */

typedef struct Program {
        const GuestProgramSpec *spec;
        const LoginVerdict *who;
} Program;

/* What the check looks at: without leading blanks, and without one pair of quotes. */
static const char *bare_path(Arena *arena, const char *path)
{
        size_t n;

        path += strspn(path, " ");
        n = strlen(path);
        if (n >= 2 && path[0] == '"' && path[n - 1] == '"')
                return arena_strndup(arena, path + 1, n - 2);
        return path;
}

/* A program that is behind a closed directory is a file that cannot be accessed, in this API. */
static int fault_of_path(Fault *fault, Arena *arena, const char *path, int error)
{
        if (error == EACCES)
                return fault_raise(fault, arena, FAULT_CANNOT_ACCESS_FILE, path,
                                   "Unable to access file %s", path);
        return file_fault(fault, arena, path, error);
}

static int check_program(Fault *fault, Arena *arena, const char *path)
{
        const char *bare = bare_path(arena, path);

        if (!bare)
                return -ENOMEM;
        if (access(bare, F_OK) < 0)
                return fault_of_path(fault, arena, path, errno);
        if (access(bare, X_OK) < 0)
                return fault_raise(fault, arena, FAULT_GUEST_PERMISSION_DENIED, NULL,
                                   "The guest user may not run %s.", path);
        return 0;
}

static int enter_directory(Fault *fault, Arena *arena, const Program *program)
{
        const char *path = program->spec->working_directory;
        struct stat status;

        if (str_is_empty(path))
                return chdir(program->who->home) < 0 ? chdir("/") : 0;
        if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
                return fault_raise(fault, arena, FAULT_NOT_A_DIRECTORY, path,
                                   "The working directory %s is not a directory", path);
        if (chdir(path) < 0)
                return fault_raise(fault, arena, FAULT_CANNOT_ACCESS_FILE, path,
                                   "The working directory %s cannot be entered", path);
        return 0;
}

static char **make_environment(Arena *arena, const Program *program)
{
        const WireStrings *given = &program->spec->env_variables;
        const WireStrings *own = &program->who->environment;
        char **environment = arena_array(arena, given->n + own->n + 1, sizeof(*environment));
        size_t n = 0;

        for (size_t i = 0; environment && i < given->n; i++)
                if (*given->items[i]) /* some clients send an empty one for none at all */
                        environment[n++] = given->items[i];
        for (size_t i = 0; environment && n == 0 && i < own->n; i++)
                environment[i] = own->items[i];
        return environment;
}

/* Comes back where it takes a shell after all: for what is no binary and says no interpreter. */
static int execute_plain(Arena *arena, const Program *program, char **environment)
{
        const char *path = program->spec->program_path;
        char **words = NULL, **own = NULL;
        char directory[PATH_MAX];
        int r;

        if (!getcwd(directory, sizeof(directory)) || *directory != '/')
                return 0;
        r = plain_command_words(arena, path, program->spec->arguments, &words);
        if (r >= 0)
                r = plain_command_environment(arena, environment, path, directory, &own);
        if (r >= 0 && words && own)
                execve(path, words, own);
        return r;
}

/* The quotes are verbatim, as clients expect: whatever a shell can say, arguments can say. */
static int execute_shell(Fault *fault, Arena *arena, const Program *program, char **environment)
{
        const char *shell = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
        const GuestProgramSpec *spec = program->spec;
        bool bare = str_is_empty(spec->arguments);
        char *command = arena_printf(arena, "\"%s\"%s%s", spec->program_path, bare ? "" : " ",
                                     bare ? "" : spec->arguments);
        char *argv[] = {(char *)shell, (char *)"-c", command, NULL};

        if (!command)
                return -ENOMEM;
        execve(shell, argv, environment);
        return fault_raise(fault, arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                           "The guest could not execute %s: %s.", shell, strerror(errno));
}

static int execute(Fault *fault, Arena *arena, const Program *program)
{
        char **environment = make_environment(arena, program);
        int r;

        if (!environment)
                return -ENOMEM;
        r = execute_plain(arena, program, environment);
        return r < 0 ? r : execute_shell(fault, arena, program, environment);
}

static void start_program_child(const void *argument, Arena *arena, Buf *answer)
{
        const Program *program = argument;
        ChannelAnswer failure = {.type = &type_ChannelAnswer};
        Fault fault = {0};
        int r;

        r = check_program(&fault, arena, program->spec->program_path);
        if (r >= 0)
                r = enter_directory(&fault, arena, program);
        if (r >= 0)
                r = execute(&fault, arena, program);
        (void)fault_raise(&fault, arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                          "The guest could not start the program: %s.", strerror(-r));
        failure.fault = fault.detail;
        failure.message = (char *)fault.message;
        tlv_write(answer, &failure);
}

/* the monitor */

static void on_program_exit(void *user, pid_t pid, int status, Usec now)
{
        Operations *operations = user;

        (void)process_table_end(operations->processes, pid, status, clock_realtime(), now);
        operations_schedule_reaper(operations);
        operations_program_ended(operations, now);
}

static void on_started(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        Operation *operation = user;
        Operations *operations = operation->operations;
        const GuestProgramSpec *spec = start_args(operation)->spec;
        const ChannelAnswer *failure = NULL;
        int64_t value = pid;
        int r;

        if (result < 0 || answer->size > 0) {
                (void)operation_read_answer(operation, result, answer, &failure);
                operation_fail(operation);
                return;
        }
        r = process_table_add(operations->processes, pid, (uid_t)operation->who->uid,
                              operation->user_spelling, spec->program_path, spec->arguments,
                              clock_realtime(), now);
        if (r < 0) {
                /* It runs, and the client is told so; only its exit code will not be known. */
                operation_answer(operation, &value);
                return;
        }
        worker_hand_over(operation->worker,
                         &(WorkerCallbacks){.on_exit = on_program_exit, .user = operations});
        operation->worker = NULL;
        operation_answer(operation, &value);
}

int start_program_run(Operation *operation, Usec now)
{
        const Program program = {start_args(operation)->spec, operation->who};
        const WorkerTask task = {
                .who = operation->who,
                .run = start_program_child,
                .argument = &program,
                .session = true,
                .deadline_usec = START_USEC,
        };
        const WorkerCallbacks callbacks = {.on_answer = on_started, .user = operation};
        const ProcessTable *processes = operation->operations->processes;

        (void)now;
        if (!process_table_has_room(processes) ||
            process_table_running(processes, (uid_t)operation->who->uid) >=
                    operation->operations->config->programs_per_user_max)
                return operation_fault(operation, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                       "The guest runs as many started programs as it allows.");
        return operation_start_worker(operation, &task, &callbacks);
}
