/* Where a machine's channel is, by its description. */

#include "libvirt/serve.h"

#include "base/utf8.h"
#include "libvirt/domain-xml.h"

#include <stdio.h>
#include <sys/un.h>

#define ARENA_MAX ((size_t)16 << 20)

typedef struct ChannelJob {
        WorkerJob job;
        Serve *serve;
        virConnectPtr conn;
        char uuid[UUID_CHARS + 1];
        json_int_t id;
        int error;
        char why[MACHINE_WHY_MAX];
        char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* "": by a stream only */
} ChannelJob;

static void fail(ChannelJob *job, int error, const char *why)
{
        job->error = error;
        (void)snprintf(job->why, sizeof(job->why), "%s", why);
}

static void take_channel(ChannelJob *job, const DomainXml *domain)
{
        const DomainChannel *channel = domain_xml_channel(domain, AGENT_PORT);

        if (!channel) {
                job->error = -ENOENT;
                (void)snprintf(job->why, sizeof(job->why),
                               "it has no channel " AGENT_PORT "; 'guestops attach %.200s' adds it",
                               domain->name ? domain->name : job->uuid);
                utf8_defuse(job->why);
        } else if (!channel->type || strcmp(channel->type, "unix") != 0) {
                fail(job, -EOPNOTSUPP, "its channel " AGENT_PORT " is not one of the type unix");
        } else if (channel->mode && strcmp(channel->mode, "connect") == 0) {
                fail(job, -EOPNOTSUPP,
                     "its channel " AGENT_PORT " has the mode connect: it has to be bind");
        } else if (!channel->path) {
                fail(job, -ENOENT,
                     "its channel " AGENT_PORT " has no socket, so it is not running");
        } else if (strlen(channel->path) >= sizeof(job->path)) {
                fail(job, -ENAMETOOLONG,
                     "the path of its channel has more than the 107 bytes of a socket's: give the "
                     "machine a shorter name, or the channel a path");
        } else {
                memcpy(job->path, channel->path, strlen(channel->path) + 1);
        }
}

static void read_description(ChannelJob *job, const char *xml)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        DomainXml domain = {0};
        int r = arena ? domain_xml_read(arena, xml, strlen(xml), &domain) : -ENOMEM;

        if (r < 0)
                fail(job, -EIO, "its description cannot be read");
        else
                take_channel(job, &domain);
}

static void run_channel(WorkerJob *worker_job)
{
        ChannelJob *job = container_of(worker_job, ChannelJob, job);
        virDomainPtr domain = virDomainLookupByUUIDString(job->conn, job->uuid);
        char *xml = domain ? virDomainGetXMLDesc(domain, 0) : NULL;

        if (xml)
                read_description(job, xml);
        else
                job->error = failure_of(job->why, sizeof(job->why));
        free(xml);
        if (domain)
                virDomainFree(domain);
        (void)virConnectClose(job->conn);
}

static void answer(Serve *serve, const char *uuid, json_int_t id, const char *path, int error,
                   const char *why)
{
        json_t *result = json_pack("{s:I,s:s,s:s*}", "id", id, "uuid", uuid, "path", path);

        serve_add_result(result, error, why);
        serve_say(serve, json_pack("{s:o}", "channel", result), -1);
}

/* The socket is on the host that libvirtd runs on: is that this one? */
static bool is_local(virConnectPtr conn)
{
        char *uri = virConnectGetURI(conn);
        const char *server = uri ? strstr(uri, "://") : NULL;
        bool local = server && (server[3] == '/' || server[3] == '\0');

        free(uri);
        return local;
}

static int on_channel(WorkerJob *worker_job, Usec now)
{
        ChannelJob *job = container_of(worker_job, ChannelJob, job);
        Serve *serve = job->serve;

        (void)now;
        if (job->error < 0 || (serve->conn && is_local(serve->conn)))
                answer(serve, job->uuid, job->id, job->error < 0 ? NULL : job->path, job->error,
                       job->why);
        else
                stream_begin(serve, job->uuid, job->id);
        free(job);
        return 0;
}

static int begin(Serve *serve, const char *uuid, json_int_t id)
{
        ChannelJob *job = serve->conn ? calloc(1, sizeof(*job)) : NULL;

        if (!job || virConnectRef(serve->conn) < 0) {
                free(job);
                return -EIO;
        }
        job->job = (WorkerJob){.run = run_channel, .done = on_channel};
        job->serve = serve;
        job->conn = serve->conn;
        job->id = id;
        memcpy(job->uuid, uuid, sizeof(job->uuid));
        if (worker_pool_submit(serve->looks, &job->job) < 0) {
                (void)virConnectClose(job->conn);
                free(job);
                return -EBUSY;
        }
        return 0;
}

void channel_take(Serve *serve, const json_t *request)
{
        const char *uuid = json_string_value(json_object_get(request, "uuid"));
        json_int_t id = json_integer_value(json_object_get(request, "id"));
        int r;

        if (!uuid || strlen(uuid) != UUID_CHARS)
                return;
        if (json_is_true(json_object_get(request, "stream"))) {
                stream_begin(serve, uuid, id);
                return;
        }
        r = begin(serve, uuid, id);
        if (r < 0)
                answer(serve, uuid, id, NULL, r, "libvirtd cannot be asked where its channel is");
}
