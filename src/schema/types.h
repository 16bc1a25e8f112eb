#pragma once

/*
 * The vSphere data objects that we serve, as C structs; their tables are in types-*.c.
 *
 * Source: vSphere Web Services API, VI/JSON release 8.0.2.0 (names, optionality, order).
 * Strings are UTF-8, times are UTC. Everything lies in the arena of its call.
 */

#include "schema/type.h"

/* Methods that take nothing but the object they are called on. */
typedef struct NoParameters {
        const WireType *type;
} NoParameters;

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

/* service */

typedef struct AboutInfo {
        const WireType *type;
        char *name;
        char *full_name;
        char *vendor;
        char *version;
        char *build;
        char *os_type;
        char *product_line_id;
        char *api_type;
        char *api_version;
        char *instance_uuid;
} AboutInfo;

typedef struct ServiceContent {
        const WireType *type;
        Moref root_folder;
        Moref property_collector;
        AboutInfo *about;
        Moref session_manager;
        Moref guest_operations_manager;
} ServiceContent;

typedef struct UserSession {
        const WireType *type;
        char *key;
        char *user_name;
        char *full_name;
        WireTime login_time;
        WireTime last_active_time;
        char *locale;
        char *message_locale;
        bool extension_session;
        char *ip_address;
        char *user_agent;
        int64_t call_count;
} UserSession;

typedef struct LoginRequestType {
        const WireType *type;
        char *user_name;
        char *password;
        char *locale;
} LoginRequestType;

typedef struct SessionIsActiveRequestType {
        const WireType *type;
        char *session_id;
        char *user_name;
} SessionIsActiveRequestType;

/* inventory */

typedef struct GuestInfo {
        const WireType *type;
        char *tools_status;
        char *tools_version_status2;
        char *tools_running_status;
        char *tools_version;
        char *guest_full_name;
        char *host_name;
        char *guest_state;
        WireBool guest_operations_ready;
        WireBool interactive_guest_operations_ready;
        WireBool guest_state_change_supported;
} GuestInfo;

typedef struct VirtualMachineRuntimeInfo {
        const WireType *type;
        char *connection_state;
        char *power_state;
        char *fault_tolerance_state;
        bool tools_installer_mounted;
        int32_t num_mks_connections;
        char *record_replay_state;
        bool online_standby;
        bool consolidation_needed;
} VirtualMachineRuntimeInfo;

/* tasks */

typedef struct TaskReason {
        const WireType *type;
} TaskReason;

typedef struct TaskReasonSystem {
        TaskReason base;
} TaskReasonSystem;

typedef struct TaskInfo {
        const WireType *type;
        char *key;
        Moref task;
        char *name;
        char *description_id;
        Moref entity;
        char *entity_name;
        char *state;
        bool cancelled;
        bool cancelable;
        TaskReason *reason;
        WireTime queue_time;
        WireTime start_time;
        WireTime complete_time;
        int32_t event_chain_id;
} TaskInfo;

/* faults: the members that faults have beside their name */

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

/* the agent channel's own messages; PROTOCOL.md */

typedef struct HostHello {
        const WireType *type;
        char *vm;      /* uuid of the machine the host believes to talk to */
        char *version; /* of the daemon, for the agent's log */
} HostHello;

typedef struct AgentHello {
        const WireType *type;
        int32_t protocol;
        char *version;
        char *instance; /* 32 hex digits, new at every start of the agent */
        char *boot_id;  /* /proc/sys/kernel/random/boot_id */
        int64_t clock;  /* CLOCK_BOOTTIME of the guest in µs */
        WireStrings operations;
        WireStrings disabled;
        char *host_name;
        char *os_name;
} AgentHello;

typedef struct AgentClock {
        const WireType *type;
        int64_t clock;
} AgentClock;

typedef struct ChannelRequest {
        const WireType *type;
        char *operation;
        char *instance;   /* the agent it is meant for */
        char *request_id; /* of the host's log and audit, for the agent's log */
        int64_t deadline; /* in the agent's clock; later it must not be begun */
        WireObject *params;
} ChannelRequest;

typedef struct ChannelAnswer {
        const WireType *type;
        WireAny result; /* unset for void and where there is a fault */
        MethodFault *fault;
        char *message; /* the fault's text */
} ChannelAnswer;

/* agent: between the monitor and its login helper */

typedef struct LoginQuestion {
        const WireType *type;
        char *user;
        char *password;                   /* unset: account checks only */
        char *allow_users, *allow_groups; /* see LoginConfig */
} LoginQuestion;

typedef struct LoginVerdict {
        const WireType *type;
        int32_t result; /* 0, or a negative errno: see login.h */
        char *detail;   /* for the guest's own log only */
        char *name;     /* as the user database spells it */
        int64_t uid;
        int64_t gid;
        WireLongs groups;
        char *home;
        WireStrings environment;
} LoginVerdict;

#define TYPES(X)                                                                                   \
        X(AboutInfo)                                                                               \
        X(AcquireCredentialsInGuestRequestType)                                                    \
        X(AgentClock)                                                                              \
        X(AgentHello)                                                                              \
        X(ChannelAnswer)                                                                           \
        X(ChannelRequest)                                                                          \
        X(GuestAuthentication)                                                                     \
        X(GuestInfo)                                                                               \
        X(GuestProcessInfo)                                                                        \
        X(GuestProgramSpec)                                                                        \
        X(GuestWindowsProgramSpec)                                                                 \
        X(HostHello)                                                                               \
        X(KeyAnyValue)                                                                             \
        X(ListProcessesInGuestRequestType)                                                         \
        X(LocalizableMessage)                                                                      \
        X(LoginQuestion)                                                                           \
        X(LoginRequestType)                                                                        \
        X(LoginVerdict)                                                                            \
        X(MethodFault)                                                                             \
        X(NamePasswordAuthentication)                                                              \
        X(NoParameters)                                                                            \
        X(ReadEnvironmentVariableInGuestRequestType)                                               \
        X(ReleaseCredentialsInGuestRequestType)                                                    \
        X(SAMLTokenAuthentication)                                                                 \
        X(SSPIAuthentication)                                                                      \
        X(ServiceContent)                                                                          \
        X(SessionIsActiveRequestType)                                                              \
        X(StartProgramInGuestRequestType)                                                          \
        X(TaskInfo)                                                                                \
        X(TaskInfoState)                                                                           \
        X(TaskReason)                                                                              \
        X(TaskReasonSystem)                                                                        \
        X(TerminateProcessInGuestRequestType)                                                      \
        X(TicketedSessionAuthentication)                                                           \
        X(UserSession)                                                                             \
        X(ValidateCredentialsInGuestRequestType)                                                   \
        X(VirtualMachinePowerState)                                                                \
        X(VirtualMachineRuntimeInfo)
