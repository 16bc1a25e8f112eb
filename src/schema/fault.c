#include "schema/fault.h"

#include "base/utf8.h"
#include "schema/tables.h"

#include <stdarg.h>

#define MESSAGE_BYTES_MAX ((size_t)16 << 10)

static const WireField key_any_value[] = {
        {"key", AT(KeyAnyValue, key), REQUIRED},
        {"value", AT(KeyAnyValue, value), REQUIRED},
};
DEFINE_TYPE(KeyAnyValue, key_any_value);

static const WireField localizable_message[] = {
        {"key", AT(LocalizableMessage, key), REQUIRED},
        {"arg", AT(LocalizableMessage, arg), OPTIONAL, &type_KeyAnyValue},
        {"message", AT(LocalizableMessage, message), OPTIONAL},
};
DEFINE_TYPE(LocalizableMessage, localizable_message);

static const WireField method_fault[] = {
        {"faultCause", POINTS(MethodFault, fault_cause, MethodFault), OPTIONAL, &type_MethodFault},
        {"faultMessage", AT(MethodFault, fault_message), OPTIONAL, &type_LocalizableMessage},
};
DEFINE_TYPE(MethodFault, method_fault, .abstract = true);

static const WireField localized_method_fault[] = {
        {"fault", POINTS(LocalizedMethodFault, fault, MethodFault), REQUIRED, &type_MethodFault},
        {"localizedMessage", AT(LocalizedMethodFault, localized_message), OPTIONAL},
};
DEFINE_TYPE(LocalizedMethodFault, localized_method_fault);

/*
 * The members that a fault adds to what it derives from. In the list FAULTS() a fault is named like
 * its C struct exactly where it is the one that adds them.
 */
static const WireField members_FileFault[] = {
        {"file", AT(FileFault, file), REQUIRED},
};
static const WireField members_GuestProcessNotFound[] = {
        {"pid", AT(GuestProcessNotFound, pid), REQUIRED},
};
static const WireField members_InvalidArgument[] = {
        {"invalidProperty", AT(InvalidArgument, invalid_property), OPTIONAL},
};
static const WireField members_InvalidDatastore[] = {
        {"datastore", AT(InvalidDatastore, datastore), OPTIONAL},
        {"name", AT(InvalidDatastore, name), OPTIONAL},
};
static const WireField members_InvalidPowerState[] = {
        {"requestedState", AT(InvalidPowerState, requested_state), OPTIONAL,
         &type_VirtualMachinePowerState},
        {"existingState", AT(InvalidPowerState, existing_state), REQUIRED,
         &type_VirtualMachinePowerState},
};
static const WireField members_InvalidProperty[] = {
        {"name", AT(InvalidProperty, name), REQUIRED},
};
static const WireField members_InvalidType[] = {
        {"argument", AT(InvalidType, argument), OPTIONAL},
};
static const WireField members_ManagedObjectNotFound[] = {
        {"obj", AT(ManagedObjectNotFound, obj), REQUIRED},
};
static const WireField members_MethodNotFound[] = {
        {"receiver", AT(MethodNotFound, receiver), REQUIRED},
        {"method", AT(MethodNotFound, method), REQUIRED},
};
static const WireField members_NoPermission[] = {
        {"object", AT(NoPermission, object), OPTIONAL},
        {"privilegeId", AT(NoPermission, privilege_id), OPTIONAL},
};
static const WireField members_NoDiskSpace[] = {
        {"datastore", AT(NoDiskSpace, datastore), REQUIRED},
};
static const WireField members_SystemError[] = {
        {"reason", AT(SystemError, reason), REQUIRED},
};
static const WireField members_TaskInProgress[] = {
        {"task", AT(TaskInProgress, task), REQUIRED},
};

const WireType type_RuntimeFault = {.name = "RuntimeFault",
                                    .base = &type_MethodFault,
                                    .size = sizeof(MethodFault),
                                    .abstract = true};
const WireType type_VimFault = {.name = "VimFault",
                                .base = &type_MethodFault,
                                .size = sizeof(MethodFault),
                                .abstract = true};
const WireType type_InvalidCollectorVersion = {
        .name = "InvalidCollectorVersion", .base = &type_MethodFault, .size = sizeof(MethodFault)};
DEFINE_TYPE(InvalidProperty, members_InvalidProperty, .base = &type_MethodFault);
DEFINE_TYPE(InvalidArgument, members_InvalidArgument, .base = &type_RuntimeFault);
const WireType type_InvalidRequest = {
        .name = "InvalidRequest", .base = &type_RuntimeFault, .size = sizeof(MethodFault)};
DEFINE_TYPE(InvalidType, members_InvalidType, .base = &type_InvalidRequest);
DEFINE_TYPE(MethodNotFound, members_MethodNotFound, .base = &type_InvalidRequest);
DEFINE_TYPE(ManagedObjectNotFound, members_ManagedObjectNotFound, .base = &type_RuntimeFault);
const WireType type_NotImplemented = {
        .name = "NotImplemented", .base = &type_RuntimeFault, .size = sizeof(MethodFault)};
const WireType type_NotSupported = {
        .name = "NotSupported", .base = &type_RuntimeFault, .size = sizeof(MethodFault)};
const WireType type_RequestCanceled = {
        .name = "RequestCanceled", .base = &type_RuntimeFault, .size = sizeof(MethodFault)};
const WireType type_SecurityError = {.name = "SecurityError",
                                     .base = &type_RuntimeFault,
                                     .size = sizeof(MethodFault),
                                     .abstract = true};
DEFINE_TYPE(NoPermission, members_NoPermission, .base = &type_SecurityError);
const WireType type_NotAuthenticated = {
        .name = "NotAuthenticated", .base = &type_NoPermission, .size = sizeof(NoPermission)};
DEFINE_TYPE(SystemError, members_SystemError, .base = &type_RuntimeFault);
DEFINE_TYPE(InvalidDatastore, members_InvalidDatastore, .base = &type_VimFault);
const WireType type_InvalidLogin = {
        .name = "InvalidLogin", .base = &type_VimFault, .size = sizeof(MethodFault)};
const WireType type_InvalidLocale = {
        .name = "InvalidLocale", .base = &type_VimFault, .size = sizeof(MethodFault)};
const WireType type_InvalidState = {
        .name = "InvalidState", .base = &type_VimFault, .size = sizeof(MethodFault)};
DEFINE_TYPE(InvalidPowerState, members_InvalidPowerState, .base = &type_InvalidState);
const WireType type_NotFound = {
        .name = "NotFound", .base = &type_VimFault, .size = sizeof(MethodFault)};
DEFINE_TYPE(TaskInProgress, members_TaskInProgress, .base = &type_VimFault);
const WireType type_ToolsUnavailable = {
        .name = "ToolsUnavailable", .base = &type_VimFault, .size = sizeof(MethodFault)};
DEFINE_TYPE(FileFault, members_FileFault, .base = &type_VimFault);
const WireType type_CannotAccessFile = {
        .name = "CannotAccessFile", .base = &type_FileFault, .size = sizeof(FileFault)};
const WireType type_DirectoryNotEmpty = {
        .name = "DirectoryNotEmpty", .base = &type_FileFault, .size = sizeof(FileFault)};
const WireType type_FileAlreadyExists = {
        .name = "FileAlreadyExists", .base = &type_FileFault, .size = sizeof(FileFault)};
const WireType type_FileNameTooLong = {
        .name = "FileNameTooLong", .base = &type_FileFault, .size = sizeof(FileFault)};
const WireType type_FileNotFound = {
        .name = "FileNotFound", .base = &type_FileFault, .size = sizeof(FileFault)};
DEFINE_TYPE(NoDiskSpace, members_NoDiskSpace, .base = &type_FileFault);
const WireType type_NotADirectory = {
        .name = "NotADirectory", .base = &type_FileFault, .size = sizeof(FileFault)};
const WireType type_NotAFile = {
        .name = "NotAFile", .base = &type_FileFault, .size = sizeof(FileFault)};
const WireType type_GuestOperationsFault = {
        .name = "GuestOperationsFault", .base = &type_VimFault, .size = sizeof(MethodFault)};
const WireType type_GuestComponentsOutOfDate = {.name = "GuestComponentsOutOfDate",
                                                .base = &type_GuestOperationsFault,
                                                .size = sizeof(MethodFault)};
const WireType type_GuestOperationsUnavailable = {.name = "GuestOperationsUnavailable",
                                                  .base = &type_GuestOperationsFault,
                                                  .size = sizeof(MethodFault)};
const WireType type_GuestPermissionDenied = {.name = "GuestPermissionDenied",
                                             .base = &type_GuestOperationsFault,
                                             .size = sizeof(MethodFault)};
const WireType type_InvalidGuestLogin = {.name = "InvalidGuestLogin",
                                         .base = &type_GuestOperationsFault,
                                         .size = sizeof(MethodFault)};
const WireType type_OperationDisabledByGuest = {.name = "OperationDisabledByGuest",
                                                .base = &type_GuestOperationsFault,
                                                .size = sizeof(MethodFault)};
const WireType type_OperationNotSupportedByGuest = {.name = "OperationNotSupportedByGuest",
                                                    .base = &type_GuestOperationsFault,
                                                    .size = sizeof(MethodFault)};
DEFINE_TYPE(GuestProcessNotFound, members_GuestProcessNotFound, .base = &type_GuestOperationsFault);
const WireType type_TooManyGuestLogons = {
        .name = "TooManyGuestLogons",
        .base = &type_GuestOperationsFault,
        .size = sizeof(MethodFault),
};

#define FAULT_ROW(id, T, base, members, errnum, from)                                              \
        [FAULT_##id] = {&type_##T, errnum, FAULT_FROM_##from},
const FaultType fault_types[FAULT_MAX] = {FAULTS(FAULT_ROW)};
#undef FAULT_ROW

const FaultType *fault_type_find(const WireType *type)
{
        for (size_t i = 0; i < FAULT_MAX; i++)
                if (fault_types[i].type == type && fault_types[i].from != FAULT_FROM_ABSTRACT)
                        return &fault_types[i];
        return NULL;
}

static int set_member(MethodFault *detail, Arena *arena, const char *value)
{
        for (size_t i = 0; i < wire_type_count(detail->type); i++) {
                const WireField *field = wire_type_at(detail->type, i);
                char **member = (char **)(void *)((char *)detail + field->offset);

                if (field->form != FORM_STRING || *member)
                        continue;
                *member = arena_strdup(arena, value);
                return *member ? 0 : -ENOMEM;
        }
        return 0;
}

int fault_raise(Fault *fault, Arena *arena, FaultId id, const char *member, const char *fmt, ...)
{
        const FaultType *row = &fault_types[id];
        MethodFault *detail;
        char *message;
        va_list ap;

        if (fault->detail)
                return -row->errnum;
        va_start(ap, fmt);
        message = arena_vprintf(arena, fmt, ap);
        va_end(ap);
        detail = arena_alloc(arena, row->type->size);
        if (!message || !detail)
                return -ENOMEM;
        /* It may quote a name of any length, and has to be a string for every reader. */
        if (strlen(message) > MESSAGE_BYTES_MAX) {
                message[MESSAGE_BYTES_MAX] = '\0';
                utf8_defuse(message);
        }
        detail->type = row->type;
        if (member && set_member(detail, arena, member) < 0)
                return -ENOMEM;
        *fault = (Fault){.detail = detail, .message = message};
        return -row->errnum;
}
