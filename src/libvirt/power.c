/*
 * Power actions. "Suspend" keeps the memory in a file (managed save), for that is what vSphere's
 * does: it survives the host's restart, and the next start goes on from there.
 */

#include "libvirt/serve.h"

typedef struct Action {
        const char *word;
        int (*act)(virDomainPtr domain); /* as libvirt returns it: negative for failure */
} Action;

typedef struct PowerJob {
        WorkerJob job;
        Serve *serve;
        const Action *action;
        virConnectPtr conn;
        char uuid[UUID_CHARS + 1];
        json_int_t id;
        int error;
        char why[MACHINE_WHY_MAX];
} PowerJob;

static int state_of(virDomainPtr domain)
{
        int state = VIR_DOMAIN_NOSTATE;

        return virDomainGetState(domain, &state, NULL, 0) < 0 ? -1 : state;
}

static int act_on(virDomainPtr domain)
{
        return state_of(domain) == VIR_DOMAIN_PMSUSPENDED ? virDomainPMWakeup(domain, 0)
                                                          : virDomainCreate(domain);
}

/* Of one that is suspended, what is kept is thrown away. */
static int act_off(virDomainPtr domain)
{
        return state_of(domain) == VIR_DOMAIN_SHUTOFF ? virDomainManagedSaveRemove(domain, 0)
                                                      : virDomainDestroy(domain);
}

/* One that has stopped by itself goes on only when it is let. */
static int act_reset(virDomainPtr domain)
{
        bool stopped = state_of(domain) == VIR_DOMAIN_PAUSED;
        int r = virDomainReset(domain, 0);

        return r >= 0 && stopped ? virDomainResume(domain) : r;
}

static int act_suspend(virDomainPtr domain)
{
        return virDomainManagedSave(domain, 0);
}

static int act_shutdown(virDomainPtr domain)
{
        return virDomainShutdown(domain);
}

static int act_reboot(virDomainPtr domain)
{
        return virDomainReboot(domain, 0);
}

static int act_standby(virDomainPtr domain)
{
        return virDomainPMSuspendForDuration(domain, VIR_NODE_SUSPEND_TARGET_MEM, 0, 0);
}

static const Action actions[] = {
        {"off", act_off},           {"on", act_on},
        {"reboot", act_reboot},     {"reset", act_reset},
        {"shutdown", act_shutdown}, {"standby", act_standby},
        {"suspend", act_suspend},
};

static void run_power(WorkerJob *worker_job)
{
        PowerJob *job = container_of(worker_job, PowerJob, job);
        virDomainPtr domain = virDomainLookupByUUIDString(job->conn, job->uuid);

        if (!domain || job->action->act(domain) < 0)
                job->error = failure_of(job->why, sizeof(job->why));
        if (domain)
                virDomainFree(domain);
        (void)virConnectClose(job->conn);
}

/* Told once the machine has been looked at, so that what it led to comes first. */
static void answer(Serve *serve, const char *uuid, json_int_t id, int error, const char *why)
{
        json_t *result = json_pack("{s:I,s:s}", "id", id, "uuid", uuid);
        Domain *domain = domain_find(serve, uuid);

        serve_add_result(result, error, why);
        if (domain)
                domain_settle(domain, json_pack("{s:o}", "power", result));
        else
                serve_say(serve, json_pack("{s:o}", "power", result), -1);
}

static int on_power_done(WorkerJob *worker_job, Usec now)
{
        PowerJob *job = container_of(worker_job, PowerJob, job);
        Domain *domain = domain_find(job->serve, job->uuid);

        (void)now;
        if (domain)
                domain->acting--;
        answer(job->serve, job->uuid, job->id, job->error, job->why);
        free(job);
        return 0;
}

static int begin(Serve *serve, Domain *domain, const Action *action, json_int_t id)
{
        PowerJob *job = calloc(1, sizeof(*job));

        if (!job || virConnectRef(serve->acts) < 0) {
                free(job);
                return -ENOMEM;
        }
        job->job = (WorkerJob){.run = run_power, .done = on_power_done};
        job->serve = serve;
        job->action = action;
        job->conn = serve->acts;
        job->id = id;
        memcpy(job->uuid, domain->uuid, sizeof(job->uuid));
        if (worker_pool_submit(serve->powers, &job->job) < 0) {
                (void)virConnectClose(job->conn);
                free(job);
                return -EBUSY;
        }
        domain->acting++;
        return 0;
}

void power_take(Serve *serve, const json_t *request)
{
        const char *uuid = json_string_value(json_object_get(request, "uuid"));
        const char *word = json_string_value(json_object_get(request, "action"));
        json_int_t id = json_integer_value(json_object_get(request, "id"));
        Domain *domain = uuid ? domain_find(serve, uuid) : NULL;
        const Action *action = NULL;
        int r;

        for (size_t i = 0; word && i < ELEMENTS(actions); i++)
                if (strcmp(actions[i].word, word) == 0)
                        action = &actions[i];
        if (!uuid || !action)
                return;
        if (!domain || !serve->acts) {
                answer(serve, uuid, id, -EIO, "libvirt does not know the machine at present");
                return;
        }
        r = begin(serve, domain, action, id);
        if (r < 0)
                answer(serve, uuid, id, r, "too much is asked for at once");
}
