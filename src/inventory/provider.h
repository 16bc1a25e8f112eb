#pragma once

/*
 * Provider: where machines come from. Values cross this border, never a library's handles, so that
 * a provider can move to another process or host without anybody else noticing.
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
        /* The guest has been reset or restored: what was known of its inside is void. */
        void (*on_guest_changed)(void *user, const char *uuid, Usec now);
        /* The end of what power() began; the state that it led to has been told before. */
        void (*on_power_done)(void *user, const char *uuid, const ProviderResult *result, Usec now);
        void *user;
} ProviderCallbacks;

/* The one machine that a configuration file describes; guestops-vm(5). */
typedef struct VmConfig {
        char *path; /* of the file, for messages */
        char *provider;
        char *name, *uuid;
        char *qmp;        /* socket of QEMU's monitor */
        char *channel;    /* socket of the agent's port */
        char *shutdown;   /* QEMU when its guest shuts down: "poweroff", "pause", or NULL */
        int64_t modified; /* the file: µs since 1970 */
} VmConfig;

typedef struct Provider Provider;

typedef struct ProviderType {
        const char *name;
        /* Machines are told to on_vm() from within, or later. @config lives as long. */
        int (*open)(Loop *loop, const VmConfig *config, const ProviderCallbacks *callbacks,
                    Provider **ret);
        /* Connects to the agent's channel. Return: 0 and a non-blocking stream, or an errno. */
        int (*channel)(Provider *provider, const char *uuid, int *ret_fd);
        /*
         * Begins an action; on_power_done() tells its end, later. One at a time of each machine.
         * NULL where the provider can do none of them.
         *
         * Return: .error 0, -EOPNOTSUPP where the provider cannot do this, -EBUSY where the state
         * of the machine does not allow it.
         */
        ProviderResult (*power)(Provider *provider, const char *uuid, PowerAction action, Usec now);
        Provider *(*close)(Provider *provider);
} ProviderType;

extern const ProviderType provider_local; /* this machine as the guest */
extern const ProviderType provider_qmp;   /* a bare QEMU */

/* Connects to a UNIX stream socket without waiting. Return: 0, or a negative errno. */
int provider_connect(const char *path, int *ret_fd);
