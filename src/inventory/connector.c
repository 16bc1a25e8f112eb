#include "inventory/connector.h"

#include "inventory/unix-connect.h"
#include "inventory/vsock-connect.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define ANSWER_USEC (5 * USEC_PER_SEC) /* a guest, or the VMM for it, may take so long */

/* How long to wait before looking (again); 2 s in all, as an emulated QEMU may be slow. */
static const Usec look_usec[] = {
        USEC_PER_MSEC,       10 * USEC_PER_MSEC,  50 * USEC_PER_MSEC,
        200 * USEC_PER_MSEC, 500 * USEC_PER_MSEC, 1200 * USEC_PER_MSEC,
};

/*
 * For each look the kernel goes through all sockets: so many look together, and later. Most of
 * those whose peer speaks first, as an agent does, need none at all then.
 */
#define CROWD 16
static size_t n_looking; /* connectors that wait for acceptance */

static void fail(Connector *connector, int error, const char *why, Usec now)
{
        connector_cancel(connector);
        connector->on_done(connector, -1, &(ProviderResult){.error = error, .why = why}, now);
}

static void succeed(Connector *connector, Usec now)
{
        int fd;

        loop_io_remove(&connector->io);
        fd = moved_fd(connector->io.fd);
        connector_cancel(connector);
        connector->on_done(connector, fd, &(ProviderResult){0}, now);
}

static void fail_path(Connector *connector, int error, const char *what, Usec now)
{
        char why[UNIX_WHY_MAX];

        (void)snprintf(why, sizeof(why), "%s: %s", connector->address.path,
                       what ? what : strerror(-error));
        fail(connector, error, why, now);
}

static void fail_vsock(Connector *connector, int error, Usec now)
{
        char why[200];

        vsock_why(error, connector->address.cid, connector->address.port, why, sizeof(why));
        fail(connector, error, why, now);
}

/* Return: 0 or a negative errno. */
static int wait_for(Connector *connector, uint32_t events, Usec due)
{
        int r = connector->io.loop ? loop_io_set(&connector->io, events)
                                   : loop_add_io(connector->loop, &connector->io, events);

        return r < 0 ? r : loop_timer_set(connector->loop, &connector->timer, due);
}

/* a plain socket */

static void wait_for_acceptance(Connector *connector, Usec now)
{
        Usec due;
        int r;

        if (connector->looks == ELEMENTS(look_usec)) {
                fail_path(connector, -EBUSY, "another program is connected to it", now);
                return;
        }
        n_looking += connector->looks == 0;
        due = now + look_usec[connector->looks++];
        r = wait_for(connector, EPOLLIN | EPOLLRDHUP, n_looking > CROWD ? loop_slack(due) : due);
        if (r < 0)
                fail_path(connector, r, NULL, now);
}

static void look(Connector *connector, Usec now)
{
        /* A kernel that does not tell leaves it to the agent's silence. */
        if (unix_is_accepted(connector->io.fd, now) != 0)
                succeed(connector, now);
        else
                wait_for_acceptance(connector, now);
}

static void heard_early(Connector *connector, uint32_t events, Usec now)
{
        if (events & EPOLLIN && !(events & EPOLLRDHUP))
                succeed(connector, now);
        else
                fail_path(connector, -ECONNRESET, "the connection was closed at once", now);
}

/* Firecracker and Cloud Hypervisor */

static int ask_vmm(Connector *connector, Usec now)
{
        char line[32];
        int n = snprintf(line, sizeof(line), "CONNECT %u\n", connector->address.port);
        ssize_t sent = send(connector->io.fd, line, (size_t)n, MSG_NOSIGNAL);

        if (sent != n)
                return sent < 0 ? -errno : -EIO;
        return wait_for(connector, EPOLLIN, now + connector->answer_usec);
}

/* Return: 1 when it has, 0 when more has to come, or a negative errno. */
static int read_line(Connector *connector)
{
        char *end = connector->line + connector->line_size;
        size_t room = sizeof(connector->line) - connector->line_size;
        const char *newline;
        ssize_t n;

        /* The first bytes of the guest may be behind it: no more is taken than belongs to it. */
        n = recv(connector->io.fd, end, room, MSG_PEEK);
        if (n <= 0)
                return n < 0 ? -errno : -ECONNREFUSED;
        newline = memchr(end, '\n', (size_t)n);
        if (newline)
                n = newline + 1 - end;
        n = recv(connector->io.fd, end, (size_t)n, 0);
        if (n < 0)
                return -errno;
        connector->line_size += (size_t)n;
        if (newline)
                return 1;
        return connector->line_size < sizeof(connector->line) ? 0 : -EPROTO;
}

static bool is_ok(const char *line, size_t size)
{
        static const char ok[] = "OK ";
        size_t n = strlen(ok);

        if (size < n + 2 || memcmp(line, ok, n) != 0)
                return false;
        while (n < size - 1 && line[n] >= '0' && line[n] <= '9')
                n++;
        return n == size - 1;
}

static void hear_vmm(Connector *connector, Usec now)
{
        char why[64];
        int r = read_line(connector);

        if (r == 0 || r == -EAGAIN)
                return;
        if (r > 0 && is_ok(connector->line, connector->line_size)) {
                succeed(connector, now);
                return;
        }
        if (r == -ECONNREFUSED || r == -ECONNRESET) {
                (void)snprintf(why, sizeof(why), "nothing in the guest listens on vsock port %u",
                               connector->address.port);
                fail_path(connector, -ECONNREFUSED, why, now);
        } else if (r > 0 || r == -EPROTO) {
                fail_path(connector, -EPROTO, "it does not answer as a vsock of a VMM does", now);
        } else {
                fail_path(connector, r, NULL, now);
        }
}

static void begin_unix(Connector *connector, Usec now)
{
        char why[UNIX_WHY_MAX];
        int r = unix_connect(connector->address.path, why, &connector->io.fd);

        if (r == -EAGAIN)
                fail_path(connector, -EBUSY, "other programs wait for it already", now);
        else if (r < 0)
                fail(connector, r, why, now);
        else if (connector->address.port == 0)
                wait_for_acceptance(connector, now);
        else if ((r = ask_vmm(connector, now)) < 0)
                fail_path(connector, r, NULL, now);
}

/* AF_VSOCK */

static void begin_vsock(Connector *connector, Usec now)
{
        int r = vsock_begin_connect(connector->address.cid, connector->address.port,
                                    &connector->io.fd);

        if (r >= 0)
                r = wait_for(connector, EPOLLOUT, now + connector->answer_usec);
        if (r < 0)
                fail_vsock(connector, r, now);
}

static void end_vsock(Connector *connector, Usec now)
{
        int r = vsock_end_connect(connector->io.fd);

        if (r < 0)
                fail_vsock(connector, r, now);
        else
                succeed(connector, now);
}

/* events */

static int on_ready(LoopIo *io, uint32_t events, Usec now)
{
        Connector *connector = container_of(io, Connector, io);

        if (!connector->address.path)
                end_vsock(connector, now);
        else if (connector->address.port == 0)
                heard_early(connector, events, now);
        else
                hear_vmm(connector, now);
        return 0;
}

static int on_due(LoopTimer *timer, Usec now)
{
        Connector *connector = container_of(timer, Connector, timer);

        if (!connector->address.path)
                fail_vsock(connector, -ETIMEDOUT, now);
        else if (connector->address.port == 0)
                look(connector, now);
        else
                fail_path(connector, -ETIMEDOUT, "the guest does not answer", now);
        return 0;
}

void connector_begin(Connector *connector, const ConnectAddress *address, Usec now)
{
        connector_cancel(connector);
        connector->address = *address;
        if (address->path)
                begin_unix(connector, now);
        else
                begin_vsock(connector, now);
}

void connector_init(Connector *connector, Loop *loop,
                    void (*on_done)(Connector *connector, int fd, const ProviderResult *result,
                                    Usec now))
{
        *connector = (Connector){
                .on_done = on_done,
                .loop = loop,
                .io = {.fd = -1, .on_ready = on_ready},
                .timer.on_due = on_due,
                .answer_usec = ANSWER_USEC,
        };
}

void connector_cancel(Connector *connector)
{
        loop_io_remove(&connector->io);
        loop_timer_clear(&connector->timer);
        connector->io.fd = fd_close(connector->io.fd);
        n_looking -= connector->looks > 0;
        connector->looks = connector->line_size = 0;
}
