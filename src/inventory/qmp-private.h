#pragma once

/* What the files of provider "qmp" share; nobody else looks in here. */

#include "base/buf.h"
#include "inventory/channel.h"
#include "loop/backoff.h"

#include <jansson.h>

/* A command of a power action, and what has to happen before the next one. */
typedef struct PowerStep PowerStep;

/* RebootGuest: QEMU has no such request, see qmp-power.c. */
typedef enum QmpReboot {
        REBOOT_NONE,
        REBOOT_ASKED, /* the guest has been asked to shut down */
        REBOOT_DUE,   /* it has; from here to its start it is being rebooted */
} QmpReboot;

typedef struct QmpPower {
        const PowerStep *step;         /* under way; NULL: none */
        bool answered, happened;       /* of this step */
        const ProviderResult *failure; /* its answer is good, and yet; NULL: none */
        bool asked;                    /* for by power(), which is told the end */
        PowerAction action;            /* that was asked for */
        bool suspended;                /* its pause is the suspension that was asked for */
        QmpReboot reboot;
        LoopTimer patience; /* with a guest that was asked to reboot */
} QmpPower;

struct Provider {
        Loop *loop;
        const VmConfig *config;
        ProviderCallbacks callbacks;
        ProviderChannel channel;
        LoopIo io; /* fd -1: not connected */
        LoopTimer retry;
        Backoff backoff;
        Usec connected;   /* when it was, the last time */
        LoopPath monitor; /* while nobody listens there */
        LoopTimer look;   /* while a migration is about to end */
        Buf in;
        VmState state;
        const char *run_state;              /* QEMU's word; static; NULL: not known */
        const char *job, *migration, *dump; /* what has the machine to itself, by its source */
        char job_id[128];                   /* of .job */
        int job_error;                      /* of what has the machine, or has had it; 0: none */
        char job_why[256];
        int32_t num_cpu, memory_mb;
        QmpPower power;
        bool greeted;
        int connect_error; /* that has been logged */
};

/* Sends a line. Return: 0, or -EPIPE. */
int qmp_say(Provider *provider, const char *line);

/* power() of ProviderType. */
ProviderResult qmp_power(Provider *provider, const char *uuid, PowerAction action, Usec now);

/* What the power actions hear of; those that return a value return it as qmp_say() does. */
int qmp_power_answered(Provider *provider, const json_t *message, Usec now);
int qmp_power_looked(Provider *provider, Usec now); /* the state that it asked for has been told */
int qmp_power_event(Provider *provider, const char *event, const json_t *data, Usec now);
void qmp_power_lost(Provider *provider, Usec now); /* the state without QEMU has been told */

/* What @state, of the run state that was just heard of, is in the light of what was asked for. */
VmState qmp_power_state(const Provider *provider, VmState state);

void qmp_power_init(Provider *provider);
void qmp_power_done(Provider *provider); /* before the monitor is closed */
