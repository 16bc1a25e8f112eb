#pragma once

/*
 * Provider: where machines come from, one or many. Values cross this border, never a library's
 * handles, so that a provider can live in another process or on another host without anybody else
 * noticing. Nothing in it waits: what takes time is told by callback.
 */

#include "loop/loop.h"

typedef enum VmPower {
        VM_POWERED_OFF,
        VM_POWERED_ON,
        VM_SUSPENDED,
} VmPower;

typedef struct VmState {
        VmPower power;
        bool runs;          /* its processors execute; only where it is powered on */
        const char *reason; /* why it does not: static text for a sentence, or NULL */
        const char *job;    /* what has the machine to itself now: static text, or NULL */
} VmState;

/* How something ended, or that it was not begun. */
typedef struct ProviderResult {
        int error;       /* 0, or a negative errno; -ECANCELED: somebody wished it so */
        const char *why; /* borrowed text for a sentence, or NULL */
        bool told;       /* of channels: on_channel_there() tells when it may be another one */
} ProviderResult;

typedef struct ProviderVm {
        const char *uuid; /* 36 characters, lower case */
        const char *name;
        VmState state;
        ProviderResult job_result;  /* of the job that was told before, where this ends it */
        int32_t num_cpu, memory_mb; /* 0: not known */
} ProviderVm;

/* What can be asked for; the last three of the guest's own system. */
typedef enum PowerAction {
        POWER_ON,
        POWER_OFF,
        POWER_RESET,
        POWER_SUSPEND,
        POWER_SHUTDOWN_GUEST,
        POWER_REBOOT_GUEST,
        POWER_STANDBY_GUEST,
} PowerAction;

typedef struct ProviderCallbacks {
        /* A machine has appeared, or its name or state has changed. Values are borrowed. */
        void (*on_vm)(void *user, const ProviderVm *vm, Usec now);
        /* A machine is no longer here: undefined, or moved to another host. */
        void (*on_vm_gone)(void *user, const char *uuid, Usec now);
        /* The machines cannot be asked for, @why in a text for a sentence; NULL: they can again. */
        void (*on_lost)(void *user, const char *why, Usec now);
        /* The guest has been reset or restored: what was known of its inside is void. */
        void (*on_guest_changed)(void *user, const char *uuid, Usec now);
        /*
         * The end of what channel() began. @fd: a non-blocking stream, the receiver's from now on,
         * or -1 where result->error says why not.
         */
        void (*on_channel)(void *user, const char *uuid, int fd, const ProviderResult *result,
                           Usec now);
        /*
         * The channel that did not open the last time may open now. Not told by those who cannot
         * know; nor is it always so.
         */
        void (*on_channel_there)(void *user, const char *uuid, Usec now);
        /* The end of what power() began; the state that it led to has been told before. */
        void (*on_power_done)(void *user, const char *uuid, const ProviderResult *result, Usec now);
        void *user;
} ProviderCallbacks;

/* The one machine that a configuration file describes, or where to find many; guestops-vm(5). */
typedef struct VmConfig {
        char *path; /* of the file, for messages */
        char *provider;
        char *name, *uuid; /* NULL where the provider has many machines */
        char *qmp;         /* socket of QEMU's monitor */
        char *channel;     /* socket of the agent's port, or of a VMM's vsock */
        char *uri;         /* of libvirt's connection */
        char *shutdown;    /* QEMU when its guest shuts down: "poweroff", "pause", or NULL */
        size_t vsock_cid;  /* the guest's AF_VSOCK address; 0: it is reached by @channel */
        size_t vsock_port; /* that the agent listens on; 0: it has a port of its own */
        int64_t modified;  /* the file: µs since 1970 */
} VmConfig;

typedef struct Provider Provider;

typedef struct ProviderType {
        const char *name;
        bool many; /* one provider has any number of machines, which it finds itself */
        /* Machines are told to on_vm() later, or from within, when @ret is set. @config lives as
         * long. */
        int (*open)(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                    Provider **ret);
        /*
         * Connects to the agent's channel. on_channel() tells how that ended, from within or later,
         * once for each call; until then it is not called again for that machine.
         */
        void (*channel)(Provider *provider, const char *uuid, Usec now);
        /*
         * Begins an action; on_power_done() tells its end, later. One at a time of each machine.
         * NULL where the provider can do none of them.
         *
         * Return: .error 0, -EOPNOTSUPP where the provider cannot do this, -EBUSY where the state
         * of the machine does not allow it.
         */
        ProviderResult (*power)(Provider *provider, const char *uuid, PowerAction action, Usec now);
        /* Tells all its machines once more; NULL where it has but one. */
        void (*refresh)(Provider *provider, Usec now);
        /* Calls nobody back. */
        Provider *(*close)(Provider *provider);
} ProviderType;

extern const ProviderType provider_libvirt; /* the machines of one connection */
extern const ProviderType provider_local;   /* this machine as the guest */
extern const ProviderType provider_qmp;     /* a bare QEMU */
extern const ProviderType provider_static;  /* a machine of which nobody can be asked */
