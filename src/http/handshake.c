/*
 * Handshake: keeps a client that pauses inside its TLS handshake from costing a whole processor.
 *
 * The daemon (0.9.75) takes a handshake that waits for the client as one that can go on: it asks
 * to be run again at once, and again, until the client speaks. So we see to the session's bytes
 * ourselves, take a connection whose socket has nothing for us out of the daemon's hands, and
 * wait in our own loop. After the first header the daemon waits properly.
 *
 * Source: gnutls_handshake(3), gnutls_transport_set_pull_function(3).
 */

#include "http/private.h"

#include <gnutls/gnutls.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define AHEAD_BYTES ((size_t)16 << 10)

static void note_stall(HttpConnection *connection, uint32_t events)
{
        if (errno != EAGAIN || connection->phase != HTTP_PHASE_HEADER)
                return;
        if (!connection->stall)
                TAILQ_INSERT_TAIL(&connection->server->stalled, connection, stalled_entry);
        connection->stall |= events;
}

/* A record is read in two parts, its header and the rest: both come by one call, and often more. */
static ssize_t read_ahead(HttpConnection *connection, size_t size)
{
        ssize_t n;

        if (connection->ahead)
                return 1;
        if (size >= AHEAD_BYTES)
                return 0;
        connection->ahead = malloc(AHEAD_BYTES);
        if (!connection->ahead)
                return 0;
        n = recv(connection->fd, connection->ahead, AHEAD_BYTES, 0);
        connection->ahead_from = 0;
        connection->ahead_to = n > 0 ? (size_t)n : 0;
        return n;
}

static void drop_ahead(HttpConnection *connection)
{
        int error = errno;

        free(connection->ahead);
        connection->ahead = NULL;
        errno = error;
}

static ssize_t session_pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
        HttpConnection *connection = ptr;
        ssize_t n = read_ahead(connection, size);

        if (!connection->ahead) {
                n = recv(connection->fd, data, size, 0);
        } else if (n > 0) {
                size_t left = connection->ahead_to - connection->ahead_from;

                n = (ssize_t)(size < left ? size : left);
                memcpy(data, connection->ahead + connection->ahead_from, (size_t)n);
                connection->ahead_from += (size_t)n;
        }
        if (n <= 0 || connection->ahead_from == connection->ahead_to)
                drop_ahead(connection);
        if (n < 0)
                note_stall(connection, EPOLLIN | EPOLLRDHUP);
        else
                connection->server->n_vain_runs = 0;
        return n;
}

static ssize_t session_push(gnutls_transport_ptr_t ptr, const giovec_t *parts, int n_parts)
{
        HttpConnection *connection = ptr;
        const struct msghdr message = {
                .msg_iov = (struct iovec *)parts,
                .msg_iovlen = (size_t)n_parts,
        };
        ssize_t n = sendmsg(connection->fd, &message, MSG_NOSIGNAL);

        if (n < 0)
                note_stall(connection, EPOLLOUT);
        else
                connection->server->n_vain_runs = 0;
        return n;
}

/* GnuTLS wants to have it beside a pull function, although a server over TCP never waits in it. */
static int session_pull_timeout(gnutls_transport_ptr_t ptr, unsigned int msec)
{
        const HttpConnection *connection = ptr;
        struct pollfd wait = {.fd = connection->fd, .events = POLLIN};

        if (connection->ahead)
                return 1;
        return poll(&wait, 1, (int)msec);
}

void http_handshake_watch(HttpConnection *connection)
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
        gnutls_session_t session = info ? info->tls_session : NULL;

        if (!session)
                return;
        gnutls_transport_set_ptr(session, connection);
        gnutls_transport_set_pull_function(session, session_pull);
        gnutls_transport_set_pull_timeout_function(session, session_pull_timeout);
        gnutls_transport_set_vec_push_function(session, session_push);
}

static int stalled_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        HttpConnection *connection = container_of(io, HttpConnection, io);

        (void)events;
        (void)now;
        http_handshake_resume(connection);
        return 0;
}

void http_handshake_resume(HttpConnection *connection)
{
        if (!connection->is_held)
                return;
        connection->is_held = false;
        loop_io_remove(&connection->io);
        MHD_resume_connection(connection->mhd);
        http_server_wake(connection->server);
}

void http_handshakes_hold(HttpServer *server)
{
        HttpConnection *connection;

        while ((connection = TAILQ_FIRST(&server->stalled))) {
                uint32_t events = connection->stall;

                http_handshake_forget(connection);
                if (connection->phase != HTTP_PHASE_HEADER) /* it went on in the same turn */
                        continue;
                connection->io = (LoopIo){.fd = connection->fd, .on_ready = stalled_on_ready};
                if (loop_add_io(server->loop, &connection->io, events | EPOLLONESHOT) < 0)
                        continue; /* it spins, but lives */
                MHD_suspend_connection(connection->mhd);
                connection->is_held = true;
        }
}

void http_handshake_forget(HttpConnection *connection)
{
        if (!connection->stall)
                return;
        TAILQ_REMOVE(&connection->server->stalled, connection, stalled_entry);
        connection->stall = 0;
}
