#include "libvirt/look.h"

#include "base/utf8.h"

#include <libvirt/virterror.h>
#include <stdio.h>

#define ANY         (-1)
#define MOMENTS     5
#define MOMENT_USEC 20000

/* Texts are those of packet_reason() and packet_job(). The first row that fits counts. */
static const struct {
        int state, why;
        const char *power, *reason, *job;
} states[] = {
        {VIR_DOMAIN_RUNNING, ANY, "on", NULL, NULL},
        {VIR_DOMAIN_BLOCKED, ANY, "on", NULL, NULL},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, "on", "is being migrated", "migration"},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE, "on", "is being saved", "save of its memory"},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_DUMP, "on", "is being dumped", "dump of its memory"},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, "on", "is paused by an I/O error", NULL},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG, "on", "is paused by its watchdog", NULL},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SHUTTING_DOWN, "on", "is shutting down", NULL},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SNAPSHOT, "on", "has a snapshot taken", "snapshot"},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_CRASHED, "on", "has crashed", NULL},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, "on", "has not been started yet", NULL},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, "on", "is being migrated", "migration"},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, "on", "has failed to be migrated",
         NULL},
        {VIR_DOMAIN_PAUSED, ANY, "on", "is paused", NULL},
        {VIR_DOMAIN_SHUTDOWN, ANY, "on", "is shutting down", NULL},
        {VIR_DOMAIN_SHUTOFF, ANY, "off", NULL, NULL},
        {VIR_DOMAIN_CRASHED, ANY, "off", NULL, NULL},
        {VIR_DOMAIN_PMSUSPENDED, ANY, "suspended", NULL, NULL},
        {ANY, ANY, "on", "is in an unknown state", NULL},
};

static const struct {
        int operation;
        const char *job;
} operations[] = {
        {VIR_DOMAIN_JOB_OPERATION_SAVE, "save of its memory"},
        {VIR_DOMAIN_JOB_OPERATION_RESTORE, "restore"},
        {VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN, "migration"},
        {VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT, "migration"},
        {VIR_DOMAIN_JOB_OPERATION_SNAPSHOT, "snapshot"},
        {VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT, "return to a snapshot"},
        {VIR_DOMAIN_JOB_OPERATION_DUMP, "dump of its memory"},
        {VIR_DOMAIN_JOB_OPERATION_BACKUP, "backup"},
        {VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE, "deletion of a snapshot"},
};

/* failures */

int failure_of(char *why, size_t size)
{
        static const struct {
                int code, error;
        } rows[] = {
                {VIR_ERR_ACCESS_DENIED, -EACCES},
                {VIR_ERR_AGENT_UNRESPONSIVE, -EOPNOTSUPP},
                {VIR_ERR_ARGUMENT_UNSUPPORTED, -EOPNOTSUPP},
                {VIR_ERR_AUTH_FAILED, -EACCES},
                {VIR_ERR_CONFIG_UNSUPPORTED, -EOPNOTSUPP},
                {VIR_ERR_NO_SUPPORT, -EOPNOTSUPP},
                {VIR_ERR_OPERATION_ABORTED, -ECANCELED},
                {VIR_ERR_OPERATION_DENIED, -EACCES},
                {VIR_ERR_OPERATION_INVALID, -EBUSY},
                {VIR_ERR_OPERATION_TIMEOUT, -EBUSY},
                {VIR_ERR_OPERATION_UNSUPPORTED, -EOPNOTSUPP},
        };
        virErrorPtr error = virGetLastError();
        const char *text = virGetLastErrorMessage();

        (void)snprintf(why, size, "%s", text ? text : "libvirt does not say why");
        utf8_defuse(why);
        for (size_t i = 0; error && i < ELEMENTS(rows); i++)
                if (rows[i].code == error->code)
                        return rows[i].error;
        return -EIO;
}

static int vain(void)
{
        virErrorPtr error = virGetLastError();

        return error && (error->domain == VIR_FROM_RPC || error->domain == VIR_FROM_REMOTE)
                       ? -EIO
                       : -EAGAIN;
}

/* jobs */

/* Return: the job, NULL for none or one that does not matter. */
static const char *job_of(int type, const virTypedParameter *parameters, int n)
{
        int operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;

        if (type == VIR_DOMAIN_JOB_NONE)
                return NULL;
        (void)virTypedParamsGetInt((virTypedParameterPtr)parameters, n, VIR_DOMAIN_JOB_OPERATION,
                                   &operation);
        if (operation == VIR_DOMAIN_JOB_OPERATION_START)
                return NULL; /* its state says enough */
        for (size_t i = 0; i < ELEMENTS(operations); i++)
                if (operations[i].operation == operation)
                        return operations[i].job;
        return "job of libvirt";
}

static void ask_for_job(virDomainPtr domain, Sight *sight)
{
        virTypedParameterPtr parameters = NULL;
        int type = VIR_DOMAIN_JOB_NONE, n = 0;

        if (virDomainGetJobStats(domain, &type, &parameters, &n, 0) >= 0)
                sight->job = job_of(type, parameters, n);
        else if (virGetLastErrorCode() == VIR_ERR_OPERATION_TIMEOUT)
                sight->job_is_told = false;
        virTypedParamsFree(parameters, n);
}

/*
 * Where QEMU's monitor is occupied, asking for the job would wait for up to 30 s, and everybody
 * behind us with it.
 *
 * Return: -EAGAIN where a job occupies it, perhaps for a moment only.
 */
static int look_at_job(virDomainPtr domain, Sight *sight)
{
        virDomainControlInfo info = {0};

        sight->job_is_told = true;
        if (sight->job || sight->id < 0)
                return 0;
        if (virDomainGetControlInfo(domain, &info, 0) < 0 || info.state == VIR_DOMAIN_CONTROL_OK) {
                ask_for_job(domain, sight);
                return 0;
        }
        sight->job_is_told = false;
        sight->has_job = info.state == VIR_DOMAIN_CONTROL_JOB;
        return sight->has_job ? -EAGAIN : 0;
}

/* the rest */

static void take_state(Sight *sight, int state, int why)
{
        size_t i = 0;

        while ((states[i].state != ANY && states[i].state != state) ||
               (states[i].why != ANY && states[i].why != why))
                i++;
        sight->power = states[i].power;
        sight->reason = states[i].reason;
        sight->job = states[i].job;
}

/* vSphere calls it suspended where its memory is kept for the next start. */
static void look_at_saved(virDomainPtr domain, int state, int why, Sight *sight)
{
        if (state != VIR_DOMAIN_SHUTOFF)
                return;
        sight->job_is_done = why == VIR_DOMAIN_SHUTOFF_SAVED || why == VIR_DOMAIN_SHUTOFF_MIGRATED;
        if (virDomainHasManagedSaveImage(domain, 0) == 1)
                sight->power = "suspended";
}

static int look_at_state(virDomainPtr domain, Sight *sight)
{
        unsigned int id = virDomainGetID(domain);
        int state, why, r = -EAGAIN;

        sight->id = id == (unsigned int)-1 ? -1 : (int)id;
        for (int i = 0; r == -EAGAIN && i < MOMENTS; i++) {
                if (i > 0)
                        (void)usleep(MOMENT_USEC);
                if (virDomainGetState(domain, &state, &why, 0) < 0)
                        return vain();
                take_state(sight, state, why);
                look_at_saved(domain, state, why, sight);
                r = look_at_job(domain, sight);
        }
        return 0;
}

static int look(virDomainPtr domain, Sight *sight)
{
        virDomainInfo info = {0};
        int r;

        if (virDomainGetInfo(domain, &info) >= 0) {
                sight->cpus = info.nrVirtCpu;
                sight->memory_mb = (int64_t)(info.maxMem >> 10);
        }
        r = look_at_state(domain, sight);
        if (r < 0)
                return r;
        (void)snprintf(sight->name, sizeof(sight->name), "%s", virDomainGetName(domain));
        utf8_defuse(sight->name);
        sight->is_there = true;
        return 0;
}

int look_at(virConnectPtr conn, const char *uuid, Sight *ret)
{
        virDomainPtr domain = virDomainLookupByUUIDString(conn, uuid);
        int r;

        *ret = (Sight){.id = -1};
        if (!domain)
                return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ? 0 : vain();
        r = look(domain, ret);
        /* It may have gone meanwhile. */
        if (r == -EAGAIN && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
                r = 0;
        virDomainFree(domain);
        return r;
}
