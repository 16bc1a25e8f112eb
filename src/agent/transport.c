#include "agent/transport.h"

#include "agent/port.h"
#include "base/log.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#define RETRY_USEC  USEC_PER_SEC
#define REFUSE_USEC (60 * USEC_PER_SEC) /* between two lines of the log about that */

static int retry_later(Transport *transport)
{
        return loop_timer_set(transport->loop, &transport->retry,
                              loop_now(transport->loop) + RETRY_USEC);
}

static int hand_over(Transport *transport, int fd, LinkMode mode, Usec now)
{
        int r = transport->callbacks.on_open(transport->callbacks.user, fd, mode, now);

        transport->open = r >= 0;
        return r;
}

/* Without descriptors or memory it would be tried again and again, at once. */
static int pause_accepting(Transport *transport, LoopIo *io, int error)
{
        log_warning("cannot take a host's connection: %s", strerror(-error));
        (void)retry_later(transport);
        return loop_io_set(io, 0);
}

static void listener_close(LoopIo *io)
{
        loop_io_remove(io);
        io->fd = fd_close(io->fd);
}

/* a UNIX socket */

static int on_unix_connection(LoopIo *io, uint32_t events, Usec now)
{
        Transport *transport = container_of(io, Transport, unix_io);
        int fd, r;

        (void)events;
        fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED))
                return 0;
        r = fd < 0 ? -errno : hand_over(transport, fd, LINK_SOCKET, now);
        return r < 0 ? pause_accepting(transport, io, r) : loop_io_set(io, 0);
}

static int listen_unix(Transport *transport)
{
        int fd = port_listen(transport->listen);

        if (fd < 0) {
                log_error("cannot listen on %s: %s", transport->listen, strerror(-fd));
                return fd;
        }
        transport->unix_io.fd = fd;
        return loop_add_io(transport->loop, &transport->unix_io, EPOLLIN);
}

/* AF_VSOCK */

/* Any process of this guest and its neighbours may try, as often as it likes. */
static void tell_refusal(Transport *transport, const VsockPeer *peer, Usec now)
{
        if (transport->refused && now - transport->refused < REFUSE_USEC) {
                transport->refusals++;
                return;
        }
        log_warning("vsock: refused is %u:%u, which is not root on the host; so were %zu others "
                    "since this was said last",
                    peer->cid, peer->port, transport->refusals);
        transport->refused = now;
        transport->refusals = 0;
}

static int on_vsock_connection(LoopIo *io, uint32_t events, Usec now)
{
        Transport *transport = container_of(io, Transport, vsock_io);
        VsockPeer peer;
        int fd = transport->accept(io->fd, &peer);
        int r;

        (void)events;
        if (fd == -EAGAIN)
                return 0;
        if (fd < 0)
                return pause_accepting(transport, io, fd);
        if (!vsock_is_host(&peer, transport->vsock_any_port)) {
                fd_close(fd);
                tell_refusal(transport, &peer, now);
                return 0;
        }
        if (transport->open && transport->callbacks.is_served(transport->callbacks.user, now)) {
                log_debug("vsock: another connection of the host is in use");
                fd_close(fd);
                return 0;
        }
        r = hand_over(transport, fd, LINK_SOCKET, now);
        return r < 0 ? pause_accepting(transport, io, r) : 0;
}

static int listen_vsock(Transport *transport, uint32_t port)
{
        int fd = vsock_listen(port);

        if (fd < 0)
                return fd;
        log_info("listens on vsock port %u", port);
        transport->vsock_io.fd = fd;
        return loop_add_io(transport->loop, &transport->vsock_io, EPOLLIN);
}

/* a virtio-serial port */

static void tell_port_error(Transport *transport, int error)
{
        if (error != transport->port_error)
                log_warning("virtio-serial port '%s': %s; waiting for it", transport->port,
                            error == -ENOENT ? "this machine has none of that name"
                                             : strerror(-error));
        transport->port_error = error;
}

/* A machine without the port may have a vsock, where the host finds us as well. */
static void try_vsock_instead(Transport *transport)
{
        int r;

        if (transport->vsock != AGENT_VSOCK_AUTO || transport->vsock_io.fd >= 0 ||
            !vsock_is_guest())
                return;
        r = listen_vsock(transport, CHANNEL_VSOCK_PORT);
        if (r < 0)
                log_debug("vsock: %s", strerror(-r));
}

/* The port's driver may come after us. */
static int open_port(Transport *transport, Usec now)
{
        int fd = port_open(transport->port);

        if (fd >= 0) {
                transport->port_error = 0;
                listener_close(&transport->vsock_io);
                return hand_over(transport, fd, LINK_PORT, now);
        }
        tell_port_error(transport, fd);
        if (fd == -ENOENT)
                try_vsock_instead(transport);
        return retry_later(transport);
}

/* life */

static bool has_port(const Transport *transport)
{
        return !transport->listen &&
               (transport->vsock == AGENT_VSOCK_AUTO || transport->vsock == 0);
}

static int on_retry(LoopTimer *timer, Usec now)
{
        Transport *transport = container_of(timer, Transport, retry);
        int r = 0;

        if (transport->unix_io.fd >= 0 && !transport->open)
                r = loop_io_set(&transport->unix_io, EPOLLIN);
        if (r >= 0 && transport->vsock_io.fd >= 0)
                r = loop_io_set(&transport->vsock_io, EPOLLIN);
        if (r < 0 || transport->open || !has_port(transport))
                return r;
        return open_port(transport, now);
}

void transport_lost(Transport *transport)
{
        transport->open = false;
        if (transport->unix_io.fd >= 0)
                (void)loop_io_set(&transport->unix_io, EPOLLIN);
        else if (has_port(transport))
                (void)retry_later(transport); /* it may be plugged in again */
}

static int start(Transport *transport)
{
        int r;

        if (transport->listen)
                return listen_unix(transport);
        if (has_port(transport))
                return open_port(transport, loop_now(transport->loop));
        r = listen_vsock(transport, (uint32_t)transport->vsock);
        if (r < 0)
                log_error("cannot listen on vsock port %zu: %s", transport->vsock,
                          r == -EAFNOSUPPORT ? "this kernel has no AF_VSOCK" : strerror(-r));
        return r;
}

int transport_init(Transport *transport, Loop *loop, const AgentConfig *config,
                   const TransportCallbacks *callbacks)
{
        *transport = (Transport){
                .loop = loop,
                .callbacks = *callbacks,
                .port = config->port,
                .listen = config->listen,
                .vsock = config->vsock,
                .vsock_any_port = config->vsock_any_port,
                .unix_io = {.fd = -1, .on_ready = on_unix_connection},
                .vsock_io = {.fd = -1, .on_ready = on_vsock_connection},
                .retry.on_due = on_retry,
                .accept = vsock_accept,
        };
        return start(transport);
}

void transport_done(Transport *transport)
{
        loop_timer_clear(&transport->retry);
        if (transport->unix_io.fd >= 0)
                (void)unlink(transport->listen);
        listener_close(&transport->unix_io);
        listener_close(&transport->vsock_io);
}
