/*
 * The connection to libvirt: made, and made again when it is lost. Every few seconds libvirtd is
 * asked something that costs it nothing; one that does not answer is lost as well, until it does.
 */

#include "libvirt/serve.h"

#include "base/log.h"

#include <stdio.h>

#define TICK_USEC       (500 * USEC_PER_MSEC)
#define SILENCE_USEC    (5 * USEC_PER_SEC) /* an answer takes no longer */
#define PROBE_USEC      (2 * USEC_PER_SEC)
#define LIST_USEC       (45 * USEC_PER_SEC) /* events tell earlier */
#define POLL_USEC       (5 * USEC_PER_SEC)  /* for jobs that no event tells of */
#define POLL_RARE_USEC  (15 * USEC_PER_SEC) /* where QEMU's events do */
#define RETRY_FIRST     USEC_PER_SEC        /* then twice as long each time, up to: */
#define RETRY_LAST      (30 * USEC_PER_SEC)
#define KEEPALIVE_SEC   5
#define KEEPALIVE_COUNT 5

static void lose(Serve *serve, const char *why)
{
        if (!serve->lost)
                machines_forget_told(serve);
        serve->lost = true;
        serve->told_listed = serve->listed = false;
        serve_say(serve, json_pack("{s:s}", "lost", why), -1);
}

/* From here on everything is told anew. */
static void found(Serve *serve, Usec now)
{
        serve->lost = false;
        serve->telling++;
        serve->listed = serve->told_listed = false;
        connection_list(serve, now);
}

static void submit(Serve *serve, ConnectionJob *job, void (*run)(WorkerJob *),
                   int (*done)(WorkerJob *, Usec), Usec now)
{
        job->job = (WorkerJob){.run = run, .done = done};
        job->busy = true;
        job->since = now;
        job->error = 0;
        job->generation = serve->generation;
        if (worker_pool_submit(job == &serve->list ? serve->looks : serve->probes, &job->job) < 0)
                job->busy = false;
}

/* connecting */

static void run_connect(WorkerJob *worker_job)
{
        ConnectionJob *job = container_of(worker_job, ConnectionJob, job);
        const char *uri = container_of(job, Serve, probe)->uri;

        job->conn = virConnectOpen(uri);
        job->acts = job->conn ? virConnectOpen(uri) : NULL;
        if (!job->acts) {
                job->error = failure_of(job->why, sizeof(job->why));
                if (job->conn)
                        (void)virConnectClose(job->conn);
                job->conn = NULL;
                return;
        }
        (void)virConnectSetKeepAlive(job->conn, KEEPALIVE_SEC, KEEPALIVE_COUNT);
        (void)virConnectSetKeepAlive(job->acts, KEEPALIVE_SEC, KEEPALIVE_COUNT);
        job->monitors = events_subscribe(job->conn, job->generation);
}

static int on_connected(WorkerJob *worker_job, Usec now)
{
        ConnectionJob *job = container_of(worker_job, ConnectionJob, job);
        Serve *serve = container_of(job, Serve, probe);

        job->busy = false;
        if (job->error < 0) {
                lose(serve, job->why);
                serve->retry = now + serve->retry_wait;
                serve->retry_wait *= 2;
                if (serve->retry_wait > RETRY_LAST)
                        serve->retry_wait = RETRY_LAST;
                return 0;
        }
        log_info("%s: connected%s", serve->uri,
                 job->monitors ? "" : "; it does not tell of QEMU's events");
        serve->conn = moved(job->conn);
        serve->acts = moved(job->acts);
        serve->monitors = job->monitors;
        serve->next_probe = now + PROBE_USEC;
        serve->retry_wait = RETRY_FIRST;
        found(serve, now);
        return 0;
}

static void connect_libvirt(Serve *serve, Usec now)
{
        serve->generation++;
        submit(serve, &serve->probe, run_connect, on_connected, now);
}

/* In a thread: it may want to say good-bye to one who does not listen. */
static void run_disconnect(WorkerJob *worker_job)
{
        ConnectionJob *job = container_of(worker_job, ConnectionJob, job);

        (void)virConnectClose(job->conn);
        (void)virConnectClose(job->acts);
        job->conn = job->acts = NULL;
}

static int on_disconnected(WorkerJob *worker_job, Usec now)
{
        ConnectionJob *job = container_of(worker_job, ConnectionJob, job);

        (void)now;
        free(job);
        return 0;
}

void connection_closed(Serve *serve, const char *why, Usec now)
{
        ConnectionJob *job = calloc(1, sizeof(*job));

        if (!serve->conn) {
                free(job);
                return;
        }
        if (job) {
                job->job = (WorkerJob){.run = run_disconnect, .done = on_disconnected};
                job->conn = serve->conn;
                job->acts = serve->acts;
                if (worker_pool_submit(serve->powers, &job->job) < 0)
                        free(job);
        }
        serve->conn = serve->acts = NULL;
        serve->retry = now + serve->retry_wait;
        lose(serve, why);
}

/* does it answer */

static void run_probe(WorkerJob *worker_job)
{
        ConnectionJob *job = container_of(worker_job, ConnectionJob, job);
        unsigned long version;

        if (virConnectGetLibVersion(job->conn, &version) < 0)
                job->error = failure_of(job->why, sizeof(job->why));
        (void)virConnectClose(job->conn);
}

static int on_probed(WorkerJob *worker_job, Usec now)
{
        ConnectionJob *job = container_of(worker_job, ConnectionJob, job);
        Serve *serve = container_of(job, Serve, probe);

        job->busy = false;
        job->conn = NULL;
        serve->next_probe = now + PROBE_USEC;
        if (!serve->conn || job->generation != serve->generation)
                return 0;
        if (job->error < 0 && virConnectIsAlive(serve->conn) != 1)
                connection_closed(serve, job->why, now);
        else if (serve->lost)
                found(serve, now);
        return 0;
}

static void probe(Serve *serve, Usec now)
{
        if (virConnectRef(serve->conn) < 0)
                return;
        serve->probe.conn = serve->conn;
        submit(serve, &serve->probe, run_probe, on_probed, now);
}

/* who is there */

static void run_list(WorkerJob *worker_job)
{
        ConnectionJob *job = container_of(worker_job, ConnectionJob, job);
        virDomainPtr *domains = NULL;
        int n = virConnectListAllDomains(job->conn, &domains, 0);

        job->n_uuids = 0;
        job->uuids = n > 0 ? calloc((size_t)n, sizeof(*job->uuids)) : NULL;
        if (n < 0)
                job->error = failure_of(job->why, sizeof(job->why));
        else if (n > 0 && !job->uuids)
                job->error = -ENOMEM;
        for (int i = 0; i < n; i++) {
                if (job->uuids && virDomainGetUUIDString(domains[i], job->uuids[job->n_uuids]) == 0)
                        job->n_uuids++;
                virDomainFree(domains[i]);
        }
        free(domains);
        (void)virConnectClose(job->conn);
}

static int on_list(WorkerJob *worker_job, Usec now)
{
        ConnectionJob *job = container_of(worker_job, ConnectionJob, job);
        Serve *serve = container_of(job, Serve, list);
        bool counts = serve->conn && job->generation == serve->generation && job->error == 0;

        job->busy = false;
        if (counts && !serve->list_again && !serve->lost) {
                /* Those that are not in it are looked at as well: they may be new, or gone. */
                machines_look_at_all(serve);
                for (size_t i = 0; i < job->n_uuids; i++)
                        if (!domain_find(serve, job->uuids[i]))
                                machines_look(serve, job->uuids[i]);
                serve->listed = true;
        }
        if (job->error < 0)
                serve->next_list = now + RETRY_FIRST;
        free(job->uuids);
        job->uuids = NULL;
        if (serve->list_again)
                connection_list(serve, now);
        machines_check_listed(serve);
        return 0;
}

void connection_list(Serve *serve, Usec now)
{
        serve->list_again = serve->list.busy;
        serve->next_list = now + LIST_USEC;
        if (serve->list.busy || !serve->conn || virConnectRef(serve->conn) < 0)
                return;
        serve->list.conn = serve->conn;
        submit(serve, &serve->list, run_list, on_list, now);
}

/* time */

static void look_after(Serve *serve, Usec now)
{
        if (!serve->probe.busy && now >= serve->next_probe)
                probe(serve, now);
        if (serve->lost)
                return;
        if (now >= serve->next_list)
                connection_list(serve, now);
        machines_poll(serve, true);
        if (now < serve->next_poll)
                return;
        serve->next_poll = now + (serve->monitors ? POLL_RARE_USEC : POLL_USEC);
        machines_poll(serve, false);
}

static int on_tick(LoopTimer *timer, Usec now)
{
        Serve *serve = container_of(timer, Serve, tick);

        if (serve->probe.busy && !serve->lost && now - serve->probe.since >= SILENCE_USEC)
                lose(serve, "libvirtd does not answer");
        if (serve->conn)
                look_after(serve, now);
        else if (!serve->probe.busy && now >= serve->retry)
                connect_libvirt(serve, now);
        return loop_timer_set(serve->loop, &serve->tick, now + TICK_USEC);
}

int connection_begin(Serve *serve, Usec now)
{
        serve->retry_wait = RETRY_FIRST;
        serve->tick.on_due = on_tick;
        connect_libvirt(serve, now);
        return loop_timer_set(serve->loop, &serve->tick, now + TICK_USEC);
}
