/* The machines of the connection: when they are looked at, and what is told of them. */

#include "libvirt/serve.h"

#include "base/log.h"

#include <search.h>

static int compare_uuid(const void *a, const void *b)
{
        return strcmp(((const Domain *)a)->uuid, ((const Domain *)b)->uuid);
}

Domain *domain_find(const Serve *serve, const char *uuid)
{
        Domain key, *const *found;

        if (strlen(uuid) != UUID_CHARS)
                return NULL;
        memcpy(key.uuid, uuid, sizeof(key.uuid));
        found = tfind(&key, &serve->by_uuid, compare_uuid);
        return found ? *found : NULL;
}

static void domain_remove(Domain *domain)
{
        Serve *serve = domain->serve;

        (void)tdelete(domain, &serve->by_uuid, compare_uuid);
        TAILQ_REMOVE(&serve->domains, domain, entry);
        serve->n_domains--;
        free(domain->told);
        free(domain);
}

/* what is told */

static json_t *describe(const Domain *domain, const char *power, const char *reason,
                        const char *job)
{
        const Sight *sight = &domain->sight;

        return json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:i,s:I}", "uuid", domain->uuid, "name",
                         sight->name, "power", power, "reason", reason, "job", job, "cpus",
                         sight->cpus, "memory", (json_int_t)sight->memory_mb);
}

static void tell(Domain *domain, json_t *description, int error, const char *why)
{
        char *text = description ? json_dumps(description, JSON_COMPACT) : NULL;

        if (!text || (domain->told && strcmp(text, domain->told) == 0)) {
                free(text);
                json_decref(description);
                return;
        }
        free(domain->told);
        domain->told = text;
        domain->is_told = true;
        serve_add_result(description, error, why);
        serve_say(domain->serve, json_pack("{s:o}", "vm", description), -1);
}

/*
 * Two looks may have missed what was between them: that it was off, or that a job had ended before
 * the machine went off with success.
 */
static void tell_between(Domain *domain, const char *job)
{
        const Sight *sight = &domain->sight;

        if (domain->is_told && domain->id >= 0 && sight->id >= 0 && domain->id != sight->id)
                tell(domain, describe(domain, "off", NULL, NULL), 0, NULL);
        else if (domain->job && !job && sight->job_is_done)
                tell(domain, describe(domain, "on", "is paused", NULL), 0, NULL);
}

/* How the job has ended that was there before. */
static int job_result(Domain *domain, const char **ret_why)
{
        int error = domain->job_error;

        domain->job_error = 0;
        *ret_why = error == -ECANCELED ? "at libvirt" : "the job failed";
        return domain->sight.job_is_done ? 0 : error;
}

static const char *job_of(const Domain *domain)
{
        const Sight *sight = &domain->sight;

        if (sight->job_is_told)
                return sight->job;
        return domain->job || !sight->has_job ? domain->job : "job of libvirt";
}

static void tell_domain(Domain *domain)
{
        const Sight *sight = &domain->sight;
        const char *job = job_of(domain), *why = NULL;
        int error = 0;

        if (domain->acting > 0)
                job = NULL; /* it is ours, and has its task already */
        tell_between(domain, job);
        if (domain->job && !job)
                error = job_result(domain, &why);
        tell(domain, describe(domain, sight->power, sight->reason, job), error, why);
        domain->id = sight->id;
        domain->job = job;
}

void machines_note_job(Serve *serve, const char *uuid, int error)
{
        Domain *domain = domain_find(serve, uuid);

        if (domain)
                domain->job_error = error;
}

static void tell_gone(Domain *domain)
{
        if (domain->is_told)
                serve_say(domain->serve, json_pack("{s:s}", "gone", domain->uuid), -1);
}

void machines_check_listed(Serve *serve)
{
        const Domain *domain;

        if (!serve->listed || serve->told_listed || serve->lost)
                return;
        TAILQ_FOREACH (domain, &serve->domains, entry)
                if (domain->looked != serve->telling)
                        return;
        serve->told_listed = true;
        serve_say(serve, json_pack("{s:b}", "listed", 1), -1);
}

/* looks */

static void say_answer(Domain *domain)
{
        if (domain->answer)
                serve_say(domain->serve, moved(domain->answer), -1);
}

void domain_settle(Domain *domain, json_t *answer)
{
        say_answer(domain);
        domain->answer = answer;
        domain_look(domain);
        if (!domain->looking)
                say_answer(domain);
}

static void run_look(WorkerJob *job)
{
        Domain *domain = container_of(job, Domain, look);

        domain->result = look_at(domain->conn, domain->uuid, &domain->sight);
        (void)virConnectClose(domain->conn); /* here, as the last one to say good-bye may wait */
}

static int on_looked(WorkerJob *job, Usec now)
{
        Domain *domain = container_of(job, Domain, look);
        Serve *serve = domain->serve;
        bool counts = serve->conn && domain->generation == serve->generation;

        (void)now;
        domain->looking = false;
        if (counts && domain->result != -EIO) {
                domain->looked = serve->telling;
                if (domain->result >= 0 && domain->sight.is_there)
                        tell_domain(domain);
        }
        if (domain->again) {
                domain_look(domain);
                return 0;
        }
        say_answer(domain);
        if (counts && domain->result >= 0 && !domain->sight.is_there && domain->acting == 0) {
                tell_gone(domain);
                domain_remove(domain);
        }
        machines_check_listed(serve);
        return 0;
}

void domain_look(Domain *domain)
{
        Serve *serve = domain->serve;

        domain->again = domain->looking;
        if (domain->looking || !serve->conn || virConnectRef(serve->conn) < 0)
                return;
        domain->conn = serve->conn;
        domain->generation = serve->generation;
        domain->look = (WorkerJob){.run = run_look, .done = on_looked};
        domain->looking = true;
        if (worker_pool_submit(serve->looks, &domain->look) < 0) {
                domain->looking = false;
                (void)virConnectClose(domain->conn);
        }
}

void machines_look(Serve *serve, const char *uuid)
{
        Domain *domain = domain_find(serve, uuid);

        if (!domain && serve->n_domains >= MACHINES_MAX) {
                log_warning("%s: %s is left out: there are more than %zu machines", serve->uri,
                            uuid, MACHINES_MAX);
                return;
        }
        if (!domain) {
                domain = calloc(1, sizeof(*domain));
                if (!domain)
                        return;
                domain->serve = serve;
                domain->id = -1;
                memcpy(domain->uuid, uuid, sizeof(domain->uuid));
                if (!tsearch(domain, &serve->by_uuid, compare_uuid)) {
                        free(domain);
                        return;
                }
                TAILQ_INSERT_TAIL(&serve->domains, domain, entry);
                serve->n_domains++;
        }
        domain_look(domain);
}

void machines_look_at_all(Serve *serve)
{
        Domain *domain;

        TAILQ_FOREACH (domain, &serve->domains, entry)
                domain_look(domain);
}

void machines_poll(Serve *serve, bool with_job)
{
        Domain *domain;

        TAILQ_FOREACH (domain, &serve->domains, entry)
                if (!domain->looking && (with_job ? domain->job != NULL : domain->id >= 0))
                        domain_look(domain);
}

void machines_forget_told(Serve *serve)
{
        Domain *domain;

        TAILQ_FOREACH (domain, &serve->domains, entry) {
                free(domain->told);
                domain->told = NULL;
        }
}
