/* Guest operations. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/method-tables.h"
#include "schema/tables.h"

#define PRIVILEGE_EXECUTE "VirtualMachine.GuestOperations.Execute"
#define PRIVILEGE_MODIFY  "VirtualMachine.GuestOperations.Modify"
#define PRIVILEGE_QUERY   "VirtualMachine.GuestOperations.Query"

/* What every guest operation may answer. */
#define GUEST_FAULTS                                                                               \
        &type_GuestOperationsFault, &type_GuestOperationsUnavailable, &type_InvalidPowerState,     \
                &type_InvalidState, &type_TaskInProgress, &type_InvalidGuestLogin,                 \
                &type_GuestComponentsOutOfDate, &type_OperationNotSupportedByGuest,                \
                &type_OperationDisabledByGuest

static const WireType *const start_program_faults[] = {
        GUEST_FAULTS,    &type_GuestPermissionDenied, &type_FileNotFound,
        &type_FileFault, &type_CannotAccessFile,      NULL,
};
static const WireType *const query_faults[] = {
        GUEST_FAULTS,
        &type_GuestPermissionDenied,
        NULL,
};
static const WireType *const terminate_process_faults[] = {
        GUEST_FAULTS,
        &type_GuestPermissionDenied,
        &type_GuestProcessNotFound,
        NULL,
};
static const WireType *const file_faults[] = {
        GUEST_FAULTS,
        &type_GuestPermissionDenied,
        &type_FileFault,
        NULL,
};
static const WireType *const delete_directory_faults[] = {
        GUEST_FAULTS, &type_GuestPermissionDenied, &type_FileFault, &type_NotADirectory, NULL,
};
static const WireType *const delete_file_faults[] = {
        GUEST_FAULTS, &type_GuestPermissionDenied, &type_FileFault, &type_NotAFile, NULL,
};
static const WireType *const list_files_faults[] = {
        GUEST_FAULTS,
        &type_GuestPermissionDenied,
        &type_InvalidArgument,
        NULL,
};
static const WireType *const make_directory_faults[] = {
        GUEST_FAULTS, &type_GuestPermissionDenied, &type_FileFault, &type_FileAlreadyExists, NULL,
};
static const WireType *const acquire_faults[] = {GUEST_FAULTS, &type_TooManyGuestLogons, NULL};
static const WireType *const guest_faults[] = {GUEST_FAULTS, NULL};

static const Method guest_auth_manager[] = {
        {
                "AcquireCredentialsInGuest",
                &type_AcquireCredentialsInGuestRequestType,
                FORM_OBJECT,
                &type_GuestAuthentication,
                PRIVILEGE_QUERY,
                METHOD_GUEST,
                acquire_faults,
        },
        {
                "ReleaseCredentialsInGuest",
                &type_ReleaseCredentialsInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_QUERY,
                METHOD_GUEST,
                guest_faults,
        },
        {
                "ValidateCredentialsInGuest",
                &type_ValidateCredentialsInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_QUERY,
                METHOD_GUEST,
                guest_faults,
        },
};

static const Method guest_file_manager[] = {
        {
                "ChangeFileAttributesInGuest",
                &type_ChangeFileAttributesInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST | METHOD_CONFIRM,
                file_faults,
        },
        {
                "CreateTemporaryDirectoryInGuest",
                &type_CreateTemporaryDirectoryInGuestRequestType,
                FORM_STRING,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST | METHOD_CONFIRM,
                file_faults,
        },
        {
                "CreateTemporaryFileInGuest",
                &type_CreateTemporaryFileInGuestRequestType,
                FORM_STRING,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST | METHOD_CONFIRM,
                file_faults,
        },
        {
                "DeleteDirectoryInGuest",
                &type_DeleteDirectoryInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST | METHOD_CONFIRM,
                delete_directory_faults,
        },
        {
                "DeleteFileInGuest",
                &type_DeleteFileInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST | METHOD_CONFIRM,
                delete_file_faults,
        },
        {
                "InitiateFileTransferFromGuest",
                &type_InitiateFileTransferFromGuestRequestType,
                FORM_OBJECT,
                &type_FileTransferInformation,
                PRIVILEGE_QUERY,
                METHOD_GUEST,
                file_faults,
        },
        {
                "InitiateFileTransferToGuest",
                &type_InitiateFileTransferToGuestRequestType,
                FORM_STRING,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST,
                file_faults,
        },
        {
                "ListFilesInGuest",
                &type_ListFilesInGuestRequestType,
                FORM_OBJECT,
                &type_GuestListFileInfo,
                PRIVILEGE_QUERY,
                METHOD_GUEST,
                list_files_faults,
        },
        {
                "MakeDirectoryInGuest",
                &type_MakeDirectoryInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST | METHOD_CONFIRM,
                make_directory_faults,
        },
        {
                "MoveDirectoryInGuest",
                &type_MoveDirectoryInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST | METHOD_CONFIRM,
                file_faults,
        },
        {
                "MoveFileInGuest",
                &type_MoveFileInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_MODIFY,
                METHOD_GUEST | METHOD_CONFIRM,
                file_faults,
        },
};

static const Method guest_process_manager[] = {
        {
                "ListProcessesInGuest",
                &type_ListProcessesInGuestRequestType,
                FORM_OBJECTS,
                &type_GuestProcessInfo,
                PRIVILEGE_QUERY,
                METHOD_GUEST,
                query_faults,
        },
        {
                "ReadEnvironmentVariableInGuest",
                &type_ReadEnvironmentVariableInGuestRequestType,
                FORM_STRINGS,
                NULL,
                PRIVILEGE_QUERY,
                METHOD_GUEST,
                query_faults,
        },
        {
                "StartProgramInGuest",
                &type_StartProgramInGuestRequestType,
                FORM_LONG,
                NULL,
                PRIVILEGE_EXECUTE,
                METHOD_GUEST | METHOD_CONFIRM,
                start_program_faults,
        },
        {
                "TerminateProcessInGuest",
                &type_TerminateProcessInGuestRequestType,
                FORM_NONE,
                NULL,
                PRIVILEGE_EXECUTE,
                METHOD_GUEST | METHOD_CONFIRM,
                terminate_process_faults,
        },
};

MANAGED_TYPE(GuestAuthManager, guest_auth_manager, .base = &managed_ManagedObject);
MANAGED_TYPE(GuestFileManager, guest_file_manager, .base = &managed_ManagedObject);
MANAGED_TYPE_WITHOUT_METHODS(GuestOperationsManager, .base = &managed_ManagedObject);
MANAGED_TYPE(GuestProcessManager, guest_process_manager, .base = &managed_ManagedObject);
