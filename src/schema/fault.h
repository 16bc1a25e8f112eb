#pragma once

/*
 * Faults: errno steers the C code, the fault speaks to the client. One row per fault.
 *
 * Source: vSphere Web Services API, release 8.0.2.0, the types derived from MethodFault.
 */

#include "base/arena.h"
#include "schema/types.h"

/*
 * id, vSphere's name, the type it derives from, the C struct, the errno that goes with it, and who
 * may raise it: an agent that raises one of HOST's is lying. ABSTRACT ones are only derived from.
 * Bases come before what derives from them.
 */
#define FAULTS(X)                                                                                  \
        X(RUNTIME_FAULT, RuntimeFault, MethodFault, MethodFault, EIO, ABSTRACT)                    \
        X(VIM_FAULT, VimFault, MethodFault, MethodFault, EIO, ABSTRACT)                            \
        X(INVALID_COLLECTOR_VERSION, InvalidCollectorVersion, MethodFault, MethodFault, ESTALE,    \
          HOST)                                                                                    \
        X(INVALID_PROPERTY, InvalidProperty, MethodFault, InvalidProperty, EINVAL, HOST)           \
        X(INVALID_ARGUMENT, InvalidArgument, RuntimeFault, InvalidArgument, EINVAL, GUEST)         \
        X(INVALID_REQUEST, InvalidRequest, RuntimeFault, MethodFault, EINVAL, HOST)                \
        X(INVALID_TYPE, InvalidType, InvalidRequest, InvalidType, EINVAL, HOST)                    \
        X(METHOD_NOT_FOUND, MethodNotFound, InvalidRequest, MethodNotFound, ENOSYS, HOST)          \
        X(MANAGED_OBJECT_NOT_FOUND, ManagedObjectNotFound, RuntimeFault, ManagedObjectNotFound,    \
          ENOENT, HOST)                                                                            \
        X(NOT_IMPLEMENTED, NotImplemented, RuntimeFault, MethodFault, ENOSYS, HOST)                \
        X(NOT_SUPPORTED, NotSupported, RuntimeFault, MethodFault, EOPNOTSUPP, HOST)                \
        X(REQUEST_CANCELED, RequestCanceled, RuntimeFault, MethodFault, ECANCELED, HOST)           \
        X(SECURITY_ERROR, SecurityError, RuntimeFault, MethodFault, EPERM, ABSTRACT)               \
        X(NO_PERMISSION, NoPermission, SecurityError, NoPermission, EPERM, HOST)                   \
        X(NOT_AUTHENTICATED, NotAuthenticated, NoPermission, NoPermission, EPERM, HOST)            \
        X(SYSTEM_ERROR, SystemError, RuntimeFault, SystemError, EIO, GUEST)                        \
        X(INVALID_DATASTORE, InvalidDatastore, VimFault, InvalidDatastore, ENOENT, HOST)           \
        X(INVALID_LOGIN, InvalidLogin, VimFault, MethodFault, EACCES, HOST)                        \
        X(INVALID_LOCALE, InvalidLocale, VimFault, MethodFault, EINVAL, HOST)                      \
        X(INVALID_STATE, InvalidState, VimFault, MethodFault, EBUSY, GUEST)                        \
        X(INVALID_POWER_STATE, InvalidPowerState, InvalidState, InvalidPowerState, EHOSTDOWN,      \
          HOST)                                                                                    \
        X(NOT_FOUND, NotFound, VimFault, MethodFault, ENOENT, GUEST)                               \
        X(TASK_IN_PROGRESS, TaskInProgress, VimFault, TaskInProgress, EBUSY, HOST)                 \
        X(TOOLS_UNAVAILABLE, ToolsUnavailable, VimFault, MethodFault, EHOSTDOWN, HOST)             \
        X(FILE_FAULT, FileFault, VimFault, FileFault, EIO, GUEST)                                  \
        X(CANNOT_ACCESS_FILE, CannotAccessFile, FileFault, FileFault, EACCES, GUEST)               \
        X(DIRECTORY_NOT_EMPTY, DirectoryNotEmpty, FileFault, FileFault, ENOTEMPTY, GUEST)          \
        X(FILE_ALREADY_EXISTS, FileAlreadyExists, FileFault, FileFault, EEXIST, GUEST)             \
        X(FILE_NAME_TOO_LONG, FileNameTooLong, FileFault, FileFault, ENAMETOOLONG, GUEST)          \
        X(FILE_NOT_FOUND, FileNotFound, FileFault, FileFault, ENOENT, GUEST)                       \
        X(NO_DISK_SPACE, NoDiskSpace, FileFault, NoDiskSpace, ENOSPC, GUEST)                       \
        X(NOT_A_DIRECTORY, NotADirectory, FileFault, FileFault, ENOTDIR, GUEST)                    \
        X(NOT_A_FILE, NotAFile, FileFault, FileFault, EISDIR, GUEST)                               \
        X(GUEST_OPERATIONS_FAULT, GuestOperationsFault, VimFault, MethodFault, EIO, GUEST)         \
        X(GUEST_COMPONENTS_OUT_OF_DATE, GuestComponentsOutOfDate, GuestOperationsFault,            \
          MethodFault, ENOSYS, GUEST)                                                              \
        X(GUEST_OPERATIONS_UNAVAILABLE, GuestOperationsUnavailable, GuestOperationsFault,          \
          MethodFault, EHOSTDOWN, GUEST)                                                           \
        X(GUEST_PROCESS_NOT_FOUND, GuestProcessNotFound, GuestOperationsFault,                     \
          GuestProcessNotFound, ESRCH, GUEST)                                                      \
        X(TOO_MANY_GUEST_LOGONS, TooManyGuestLogons, GuestOperationsFault, MethodFault, EUSERS,    \
          GUEST)                                                                                   \
        X(GUEST_PERMISSION_DENIED, GuestPermissionDenied, GuestOperationsFault, MethodFault,       \
          EPERM, GUEST)                                                                            \
        X(INVALID_GUEST_LOGIN, InvalidGuestLogin, GuestOperationsFault, MethodFault, EACCES,       \
          GUEST)                                                                                   \
        X(OPERATION_DISABLED_BY_GUEST, OperationDisabledByGuest, GuestOperationsFault,             \
          MethodFault, EPERM, GUEST)                                                               \
        X(OPERATION_NOT_SUPPORTED_BY_GUEST, OperationNotSupportedByGuest, GuestOperationsFault,    \
          MethodFault, EOPNOTSUPP, GUEST)

typedef enum FaultId {
#define FAULT_ENUM(id, T, base, members, errnum, from) FAULT_##id,
        FAULTS(FAULT_ENUM)
#undef FAULT_ENUM
                FAULT_MAX,
} FaultId;

typedef enum FaultFrom {
        FAULT_FROM_ABSTRACT, /* nobody raises it */
        FAULT_FROM_HOST,
        FAULT_FROM_GUEST, /* the agent may, and so may the host */
} FaultFrom;

typedef struct FaultType {
        const WireType *type;
        int errnum;
        FaultFrom from;
} FaultType;

extern const FaultType fault_types[FAULT_MAX];

/* A fault on its way to the client; empty while .detail is NULL. */
typedef struct Fault {
        MethodFault *detail; /* in the arena */
        const char *message; /* the client's faultstring */
} Fault;

/**
 * fault_raise() - record a fault
 * @fault:      keeps the first fault: later ones are echoes of it
 * @member:     value of the fault's one text member (a file, a property), NULL where it has none
 *
 * Members that are no text are set in fault->detail afterwards. A message is cut at 16 KiB.
 *
 * Return: always negative: the errno of the fault's row, or -ENOMEM.
 */
int fault_raise(Fault *fault, Arena *arena, FaultId id, const char *member, const char *fmt, ...)
        _printf_(5, 6);

/* Return: the row of that type, or NULL for a type that is no fault or is abstract. */
const FaultType *fault_type_find(const WireType *type);
