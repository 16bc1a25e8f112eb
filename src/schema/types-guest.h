#pragma once

/* Guest operations: credentials, and processes. */

#include "schema/type.h"

/* guest authentication */

typedef struct GuestAuthentication {
        const WireType *type;
        bool interactive_session;
} GuestAuthentication;

typedef struct NamePasswordAuthentication {
        GuestAuthentication base;
        char *username;
        char *password;
} NamePasswordAuthentication;

typedef struct SAMLTokenAuthentication {
        GuestAuthentication base;
        char *token;
        char *username;
} SAMLTokenAuthentication;

typedef struct SSPIAuthentication {
        GuestAuthentication base;
        char *sspi_token;
} SSPIAuthentication;

typedef struct TicketedSessionAuthentication {
        GuestAuthentication base;
        char *ticket;
} TicketedSessionAuthentication;

/* guest processes */

typedef struct GuestProgramSpec {
        const WireType *type;
        char *program_path;
        char *arguments;
        char *working_directory;
        WireStrings env_variables;
} GuestProgramSpec;

typedef struct GuestWindowsProgramSpec {
        GuestProgramSpec base;
        bool start_minimized;
} GuestWindowsProgramSpec;

typedef struct GuestProcessInfo {
        const WireType *type;
        char *name;
        int64_t pid;
        char *owner;
        char *cmd_line;
        WireTime start_time;
        WireTime end_time; /* unset while it runs */
        WireInt exit_code; /* unset while it runs; zero is a value */
} GuestProcessInfo;

typedef struct StartProgramInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        GuestProgramSpec *spec;
} StartProgramInGuestRequestType;

typedef struct ListProcessesInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        WireLongs pids;
} ListProcessesInGuestRequestType;

typedef struct ReadEnvironmentVariableInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        WireStrings names;
} ReadEnvironmentVariableInGuestRequestType;

typedef struct TerminateProcessInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        int64_t pid;
} TerminateProcessInGuestRequestType;

typedef struct AcquireCredentialsInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *requested_auth;
        WireLong session_id;
} AcquireCredentialsInGuestRequestType;

typedef struct ReleaseCredentialsInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
} ReleaseCredentialsInGuestRequestType;

typedef struct ValidateCredentialsInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
} ValidateCredentialsInGuestRequestType;

#define TYPES_GUEST(X)                                                                             \
        X(AcquireCredentialsInGuestRequestType)                                                    \
        X(GuestAuthentication)                                                                     \
        X(GuestProcessInfo)                                                                        \
        X(GuestProgramSpec)                                                                        \
        X(GuestWindowsProgramSpec)                                                                 \
        X(ListProcessesInGuestRequestType)                                                         \
        X(NamePasswordAuthentication)                                                              \
        X(ReadEnvironmentVariableInGuestRequestType)                                               \
        X(ReleaseCredentialsInGuestRequestType)                                                    \
        X(SAMLTokenAuthentication)                                                                 \
        X(SSPIAuthentication)                                                                      \
        X(StartProgramInGuestRequestType)                                                          \
        X(TerminateProcessInGuestRequestType)                                                      \
        X(TicketedSessionAuthentication)                                                           \
        X(ValidateCredentialsInGuestRequestType)
