/*
 * A channel that goes through libvirtd, by virDomainOpenChannel(): one thread and one connection
 * for each, and a socketpair whose other end is the daemon's.
 *
 * From the guest: libvirt's client takes whatever comes, so we take it from there, up to
 * IN_BYTES_MAX; the daemon reads its end at all times.
 * To the guest: libvirt's client takes whatever it is given and keeps it until libvirtd reads it,
 * which it does not while the guest does not. So after OUT_BYTES_MAX it has to answer something,
 * which it does in turn.
 */

#include "libvirt/serve.h"

#include "base/buf.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define IN_BYTES_MAX  ((size_t)4 << 20)
#define OUT_BYTES_MAX ((size_t)256 << 10)
#define CHUNK         ((size_t)32 << 10)
#define STREAMS_MAX   1024 /* at a time, of a connection */
#define STACK_BYTES   ((size_t)512 << 10)

#define KEEPALIVE_SEC   5
#define KEEPALIVE_COUNT 3

typedef struct Stream {
        const char *uri;
        char uuid[UUID_CHARS + 1];
        json_int_t id;
        virConnectPtr conn;
        virStreamPtr stream;
        int ours, theirs; /* ends of the socketpair */
        int wake;         /* an eventfd: something has come from the guest */
        int error;
        char why[MACHINE_WHY_MAX];
        atomic_int refs; /* the loop's, and the callback's */

        pthread_mutex_t lock; /* guards what the event loop's thread touches: */
        Buf in;
        bool ended;
} Stream;

static size_t n_streams; /* of the loop's thread */

/* from the guest: in libvirt's event loop */

static void wake(const Stream *stream)
{
        const uint64_t one = 1;

        (void)!write(stream->wake, &one, sizeof(one));
}

static void on_stream(virStreamPtr vir_stream, int events, void *opaque)
{
        Stream *stream = opaque;
        char data[CHUNK];
        int n = 0;

        pthread_mutex_lock(&stream->lock);
        while (!stream->ended && (n = virStreamRecv(vir_stream, data, sizeof(data))) > 0)
                if (buf_put(&stream->in, data, (size_t)n) < 0)
                        stream->ended = true;
        if (n == 0 || n == -1 || events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP))
                stream->ended = true;
        if (stream->ended)
                (void)virStreamEventUpdateCallback(vir_stream, 0); /* or it comes again at once */
        pthread_mutex_unlock(&stream->lock);
        wake(stream);
}

/* to the daemon: in the stream's own thread */

/* Return: whether there is more to write; negative: it is over. */
static int write_in(Stream *stream)
{
        ssize_t n = 0;
        int r;

        pthread_mutex_lock(&stream->lock);
        while (stream->in.size > 0 && (n = send(stream->ours, stream->in.data, stream->in.size,
                                                MSG_NOSIGNAL | MSG_DONTWAIT)) > 0)
                buf_drop(&stream->in, (size_t)n);
        if (n < 0 && errno != EAGAIN)
                stream->ended = true;
        r = stream->ended ? -EPIPE : stream->in.size > 0;
        pthread_mutex_unlock(&stream->lock);
        return r;
}

/* Whatever was sent before has been read when the answer comes. */
static int wait_for_libvirtd(const Stream *stream)
{
        unsigned long version;

        return virConnectGetLibVersion(stream->conn, &version) < 0 ? -EPIPE : 0;
}

static int send_out(const Stream *stream, const char *data, size_t size)
{
        while (size > 0) {
                int n = virStreamSend(stream->stream, data, size);

                if (n == -2 && wait_for_libvirtd(stream) == 0)
                        continue;
                if (n < 0)
                        return -EPIPE;
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

static int read_out(const Stream *stream, size_t *sent)
{
        char data[CHUNK];
        ssize_t n = recv(stream->ours, data, sizeof(data), MSG_DONTWAIT);
        int r;

        if (n <= 0)
                return n < 0 && errno == EAGAIN ? 0 : -EPIPE;
        r = send_out(stream, data, (size_t)n);
        *sent += (size_t)n;
        if (r >= 0 && *sent >= OUT_BYTES_MAX) {
                *sent = 0;
                r = wait_for_libvirtd(stream);
        }
        return r;
}

static void pump(Stream *stream)
{
        struct pollfd fds[] = {{.fd = stream->ours}, {.fd = stream->wake, .events = POLLIN}};
        size_t sent = 0;
        uint64_t count;
        int r = 0;

        while (r >= 0) {
                fds[0].events = (short)(POLLIN | (r > 0 ? POLLOUT : 0));
                if (poll(fds, ELEMENTS(fds), -1) < 0 && errno != EINTR)
                        break;
                if (fds[1].revents)
                        (void)!read(stream->wake, &count, sizeof(count));
                r = fds[0].revents & (POLLIN | POLLHUP | POLLERR) ? read_out(stream, &sent) : 0;
                if (r >= 0)
                        r = write_in(stream);
        }
}

/* its beginning and its end */

static void stream_unref(void *user)
{
        Stream *stream = user;

        if (atomic_fetch_sub(&stream->refs, 1) > 1)
                return;
        fd_close(stream->ours);
        fd_close(stream->theirs);
        fd_close(stream->wake);
        buf_done(&stream->in);
        pthread_mutex_destroy(&stream->lock);
        free(stream);
}

static Stream *stream_new(const Serve *serve, const char *uuid, json_int_t id)
{
        Stream *stream = calloc(1, sizeof(*stream));
        int ends[2] = {-1, -1};

        if (!stream)
                return NULL;
        (void)socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
        stream->uri = serve->uri;
        memcpy(stream->uuid, uuid, sizeof(stream->uuid));
        stream->id = id;
        stream->ours = ends[0];
        stream->theirs = ends[1];
        stream->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        stream->in.max = IN_BYTES_MAX;
        atomic_init(&stream->refs, 1);
        pthread_mutex_init(&stream->lock, NULL);
        if (stream->ours >= 0 && stream->wake >= 0)
                return stream;
        stream_unref(stream);
        return NULL;
}

/* One user at a time: what has the channel is an end of ours that libvirtd has not missed yet. */
static int open_channel(Stream *stream, virDomainPtr domain)
{
        stream->stream = virStreamNew(stream->conn, VIR_STREAM_NONBLOCK);
        if (!stream->stream ||
            virDomainOpenChannel(domain, AGENT_PORT, stream->stream, VIR_DOMAIN_CHANNEL_FORCE) < 0)
                return -1;
        atomic_fetch_add(&stream->refs, 1);
        if (virStreamEventAddCallback(stream->stream,
                                      VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR |
                                              VIR_STREAM_EVENT_HANGUP,
                                      on_stream, stream, NULL) >= 0)
                return 0;
        stream_unref(stream);
        return -1;
}

static int open_stream(Stream *stream)
{
        virDomainPtr domain = NULL;
        int r = -1;

        stream->conn = virConnectOpen(stream->uri);
        if (stream->conn)
                domain = virDomainLookupByUUIDString(stream->conn, stream->uuid);
        if (domain) {
                (void)virConnectSetKeepAlive(stream->conn, KEEPALIVE_SEC, KEEPALIVE_COUNT);
                r = open_channel(stream, domain);
        }
        if (r < 0)
                stream->error = failure_of(stream->why, sizeof(stream->why));
        if (domain)
                virDomainFree(domain);
        return r;
}

static void on_quiet(int timer, void *user)
{
        (void)virEventRemoveTimeout(timer);
        stream_unref(user);
}

/*
 * The callback may be at work. libvirt would not tell when it no longer is (its remote driver does
 * not call what is to free its argument), but its event loop does one thing after another.
 */
static void remove_callback(Stream *stream)
{
        if (virStreamEventRemoveCallback(stream->stream) >= 0)
                (void)virEventAddTimeout(0, on_quiet, stream, NULL);
}

/* May wait for libvirtd, until the keepalive gives it up. */
static void close_stream(Stream *stream)
{
        (void)shutdown(stream->ours, SHUT_RDWR);
        if (stream->stream) {
                remove_callback(stream);
                (void)virStreamAbort(stream->stream);
                virStreamFree(stream->stream);
        }
        if (stream->conn)
                (void)virConnectClose(stream->conn);
}

static void *run(void *user)
{
        Stream *stream = user;
        Mail mail = {.kind = MAIL_STREAM, .stream = stream};
        bool open = open_stream(stream) >= 0;

        mail.is_end = false;
        events_put(&mail);
        if (open)
                pump(stream);
        close_stream(stream);
        mail.is_end = true;
        events_put(&mail);
        return NULL;
}

static int start_thread(Stream *stream)
{
        sigset_t all, before;
        pthread_attr_t attributes;
        pthread_t thread;
        int r;

        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        r = -pthread_create(&thread, &attributes, run, stream);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
        return r;
}

static void answer(Serve *serve, const char *uuid, json_int_t id, int fd, int error,
                   const char *why)
{
        json_t *result = json_pack("{s:I,s:s}", "id", id, "uuid", uuid);

        serve_add_result(result, error, why);
        serve_say(serve, json_pack("{s:o}", "channel", result), fd);
}

void stream_begin(Serve *serve, const char *uuid, json_int_t id)
{
        Stream *stream = n_streams < STREAMS_MAX ? stream_new(serve, uuid, id) : NULL;

        if (stream && start_thread(stream) == 0) {
                n_streams++;
                return;
        }
        if (stream)
                stream_unref(stream);
        answer(serve, uuid, id, -1, -EBUSY, "too many channels go through libvirtd");
}

void stream_mail(Serve *serve, const Mail *mail)
{
        Stream *stream = mail->stream;

        if (mail->is_end) {
                n_streams--;
                stream_unref(stream);
                return;
        }
        answer(serve, stream->uuid, stream->id, stream->error < 0 ? -1 : moved_fd(stream->theirs),
               stream->error, stream->why);
}
