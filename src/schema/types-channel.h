#pragma once

/* What the agent channel and the agent's helpers say to each other; PROTOCOL.md. */

#include "schema/types-fault.h"

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

#define FACTS_INTERFACES_MAX 64
#define FACTS_ADDRESSES_MAX  32 /* of one interface */
#define FACTS_DISKS_MAX      64
#define FACTS_PROBLEMS_MAX   16
#define FACTS_PROBLEM_MAX    48 /* bytes of one, with its NUL */

typedef struct AgentAddress {
        const WireType *type;
        char *address; /* as inet_pton(3) reads it */
        int32_t prefix_length;
        WireBool deprecated; /* IPv6: still good, but nothing new should use it */
} AgentAddress;

typedef struct AgentInterface {
        const WireType *type;
        char *name;
        bool up;               /* it would carry packets now */
        char *mac_address;     /* 00:00:5e:00:53:af; unset where it has none of that form */
        WireObjects addresses; /* AgentAddress */
} AgentInterface;

typedef struct AgentDisk {
        const WireType *type;
        char *path;             /* where it is mounted, as agent/guest-path.h tells names */
        char *file_system_type; /* as the kernel names it */
        int64_t capacity;       /* bytes */
        int64_t free_space;     /* bytes, of what those who are not root can use */
} AgentDisk;

typedef struct AgentFacts {
        const WireType *type;
        char *host_name;
        char *os_name;
        WireTime boot_time;     /* by the guest's clock */
        WireObjects interfaces; /* AgentInterface, in the order of their numbers */
        WireObjects disks;      /* AgentDisk, that of "/" first */
        WireInt user_sessions;  /* of users who are logged in; unset: not known */
        WireStrings problems;   /* with the guest's own set-up, each a word of PROTOCOL.md */
} AgentFacts;

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

/* file transfers; PROTOCOL.md, "Transfers" */

typedef struct OpenFileTransferRequestType {
        const WireType *type;
        char *transfer;  /* as InitiateFileTransfer…Guest has told the host */
        WireLong offset; /* from the guest: the first byte wanted; unset: 0 */
        WireLong length; /* from the guest: how many at most; unset: to the end */
} OpenFileTransferRequestType;

typedef struct CloseFileTransferRequestType {
        const WireType *type;
        char *transfer;
} CloseFileTransferRequestType;

typedef struct FileTransferOpened {
        const WireType *type;
        int64_t size;   /* of the whole file; to the guest: 0 */
        char *version;  /* hex digits, others as soon as the file is another one */
        int64_t offset; /* what follows begins here … */
        int64_t length; /* … and has so many bytes */
} FileTransferOpened;

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

#define TYPES_CHANNEL(X)                                                                           \
        X(AgentAddress)                                                                            \
        X(AgentClock)                                                                              \
        X(AgentDisk)                                                                               \
        X(AgentFacts)                                                                              \
        X(AgentHello)                                                                              \
        X(AgentInterface)                                                                          \
        X(ChannelAnswer)                                                                           \
        X(ChannelRequest)                                                                          \
        X(CloseFileTransferRequestType)                                                            \
        X(FileTransferOpened)                                                                      \
        X(HostHello)                                                                               \
        X(LoginQuestion)                                                                           \
        X(LoginVerdict)                                                                            \
        X(OpenFileTransferRequestType)
