#pragma once

/* The members that faults have beside their name; FAULTS() in fault.h lists the faults. */

#include "schema/type.h"

typedef struct KeyAnyValue {
        const WireType *type;
        char *key;
        WireAny value;
} KeyAnyValue;

typedef struct LocalizableMessage {
        const WireType *type;
        char *key;
        WireObjects arg;
        char *message;
} LocalizableMessage;

typedef struct MethodFault {
        const WireType *type;
        struct MethodFault *fault_cause;
        WireObjects fault_message;
} MethodFault;

/* A fault as a member, with its text. VI/JSON has MethodFault in its place. */
typedef struct LocalizedMethodFault {
        const WireType *type;
        MethodFault *fault;
        char *localized_message;
} LocalizedMethodFault;

typedef struct FileFault {
        MethodFault base;
        char *file;
} FileFault;

typedef struct GuestProcessNotFound {
        MethodFault base;
        int64_t pid;
} GuestProcessNotFound;

typedef struct InvalidArgument {
        MethodFault base;
        char *invalid_property;
} InvalidArgument;

typedef struct InvalidDatastore {
        MethodFault base;
        Moref datastore;
        char *name;
} InvalidDatastore;

typedef struct InvalidPowerState {
        MethodFault base;
        char *requested_state;
        char *existing_state;
} InvalidPowerState;

typedef struct InvalidProperty {
        MethodFault base;
        char *name;
} InvalidProperty;

typedef struct InvalidType {
        MethodFault base;
        char *argument;
} InvalidType;

typedef struct ManagedObjectNotFound {
        MethodFault base;
        Moref obj;
} ManagedObjectNotFound;

typedef struct MethodNotFound {
        MethodFault base;
        Moref receiver;
        char *method;
} MethodNotFound;

typedef struct NoDiskSpace {
        FileFault base;
        char *datastore; /* empty: the guest's disks are in none */
} NoDiskSpace;

typedef struct NoPermission {
        MethodFault base;
        Moref object;
        char *privilege_id;
} NoPermission;

typedef struct SystemError {
        MethodFault base;
        char *reason;
} SystemError;

typedef struct TaskInProgress {
        MethodFault base;
        Moref task;
} TaskInProgress;

#define TYPES_FAULT(X)                                                                             \
        X(KeyAnyValue)                                                                             \
        X(LocalizableMessage)                                                                      \
        X(LocalizedMethodFault)                                                                    \
        X(MethodFault)
