#include "schema/method.h"

#include "schema/tables.h"

#define PRIVILEGE_EXECUTE "VirtualMachine.GuestOperations.Execute"
#define PRIVILEGE_QUERY   "VirtualMachine.GuestOperations.Query"

/* What every guest operation may answer. */
#define GUEST_FAULTS                                                                               \
        &type_GuestOperationsFault, &type_GuestOperationsUnavailable, &type_InvalidPowerState,     \
                &type_InvalidState, &type_TaskInProgress, &type_InvalidGuestLogin,                 \
                &type_GuestComponentsOutOfDate, &type_OperationNotSupportedByGuest,                \
                &type_OperationDisabledByGuest

static const WireType *const no_faults[] = {NULL};
static const WireType *const login_faults[] = {&type_InvalidLogin, &type_InvalidLocale,
                                               &type_NoPermission, NULL};
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
static const WireType *const acquire_faults[] = {GUEST_FAULTS, &type_TooManyGuestLogons, NULL};
static const WireType *const guest_faults[] = {GUEST_FAULTS, NULL};

#define MANAGED_TYPE(T, rows, ...)                                                                 \
        static const ManagedType managed_##T = {                                                   \
                .name = #T,                                                                        \
                .methods = (rows),                                                                 \
                .n_methods = ELEMENTS(rows),                                                       \
                ##__VA_ARGS__,                                                                     \
        }
#define MANAGED_TYPE_WITHOUT_METHODS(T, ...)                                                       \
        static const ManagedType managed_##T = {.name = #T, ##__VA_ARGS__}

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

static const Method service_instance[] = {
        {
                "CurrentTime",
                &type_NoParameters,
                FORM_TIME,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "RetrieveServiceContent",
                &type_NoParameters,
                FORM_OBJECT,
                &type_ServiceContent,
                "System.Anonymous",
                METHOD_ANONYMOUS,
                no_faults,
        },
};

static const Method session_manager[] = {
        {
                "Login",
                &type_LoginRequestType,
                FORM_OBJECT,
                &type_UserSession,
                "System.Anonymous",
                METHOD_ANONYMOUS,
                login_faults,
        },
        {
                "Logout",
                &type_NoParameters,
                FORM_NONE,
                NULL,
                "System.View",
                0,
                no_faults,
        },
        {
                "SessionIsActive",
                &type_SessionIsActiveRequestType,
                FORM_BOOL,
                NULL,
                "Sessions.ValidateSession",
                0,
                no_faults,
        },
};

MANAGED_TYPE_WITHOUT_METHODS(ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Datacenter, .base = &managed_ManagedEntity);
MANAGED_TYPE_WITHOUT_METHODS(Folder, .base = &managed_ManagedEntity);
MANAGED_TYPE(GuestAuthManager, guest_auth_manager);
MANAGED_TYPE_WITHOUT_METHODS(GuestOperationsManager);
MANAGED_TYPE(GuestProcessManager, guest_process_manager);
MANAGED_TYPE(ServiceInstance, service_instance);
MANAGED_TYPE(SessionManager, session_manager);
MANAGED_TYPE_WITHOUT_METHODS(Task);
MANAGED_TYPE_WITHOUT_METHODS(VirtualMachine, .base = &managed_ManagedEntity);

const ManagedType *const managed_types[] = {
        &managed_Datacenter,
        &managed_Folder,
        &managed_GuestAuthManager,
        &managed_GuestOperationsManager,
        &managed_GuestProcessManager,
        &managed_ManagedEntity,
        &managed_ServiceInstance,
        &managed_SessionManager,
        &managed_Task,
        &managed_VirtualMachine,
};
const size_t n_managed_types = ELEMENTS(managed_types);

static int compare_managed(const void *key, const void *row)
{
        return strcmp(key, (*(const ManagedType *const *)row)->name);
}

const ManagedType *managed_type_find(const char *name)
{
        const ManagedType *const *row = bsearch(name, managed_types, n_managed_types,
                                                sizeof(*managed_types), compare_managed);

        return row ? *row : NULL;
}

static int compare_method(const void *key, const void *row)
{
        return strcmp(key, ((const Method *)row)->name);
}

const Method *method_find(const ManagedType *type, const char *name)
{
        const Method *method;

        for (; type; type = type->base) {
                if (type->n_methods == 0)
                        continue;
                method = bsearch(name, type->methods, type->n_methods, sizeof(*type->methods),
                                 compare_method);
                if (method)
                        return method;
        }
        return NULL;
}

const Method *method_find_guest(const char *name)
{
        for (size_t i = 0; i < n_managed_types; i++) {
                const Method *method = method_find(managed_types[i], name);

                if (method && method->flags & METHOD_GUEST)
                        return method;
        }
        return NULL;
}
