/*
 * Connections: how long each may take, and which clients have left.
 *
 * The daemon's own timeout starts again with each byte, so a client that sends one byte a second
 * stays for ever. Here each phase has one deadline in total.
 */

#include "http/private.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define LINGER_USEC (5 * USEC_PER_SEC)
#define LINGER_MAX  64U /* descriptors beyond connections_max */

static HttpConnection *connection_free(HttpConnection *connection)
{
        loop_io_remove(&connection->io);
        http_handshake_forget(connection);
        TAILQ_REMOVE(&connection->server->connections[connection->phase], connection, entry);
        free(connection->ahead);
        free(connection);
        return NULL;
}

/* deadlines */

static Usec phase_usec(const HttpConfig *config, HttpPhase phase)
{
        switch (phase) {
        case HTTP_PHASE_HEADER:
                return config->header_usec;
        case HTTP_PHASE_BODY:
                return config->body_usec;
        case HTTP_PHASE_STREAM:
                return config->stall_usec;
        case HTTP_PHASE_IDLE:
                return config->idle_usec;
        case HTTP_PHASE_LINGER:
                return LINGER_USEC;
        case HTTP_PHASE_PARKED:
        case HTTP_PHASE_CUT:
        case HTTP_PHASE_MAX:
                break;
        }
        return USEC_NEVER;
}

static Usec next_due(const HttpServer *server)
{
        Usec due = USEC_NEVER;

        for (size_t phase = 0; phase < HTTP_PHASE_PARKED; phase++) {
                const HttpConnection *first = TAILQ_FIRST(&server->connections[phase]);

                if (first && first->due < due)
                        due = first->due;
        }
        return due;
}

/* A timer that is early costs one wake-up, a timer moved with each request costs more. */
static void arm(HttpServer *server, Usec due)
{
        if (due == USEC_NEVER || (server->deadline.loop && server->deadline.due <= due))
                return;
        /* Without memory the connections live on until the next one tries again. */
        (void)loop_timer_set(server->loop, &server->deadline, due);
}

/*
 * Return: how many bytes the client has confirmed. The system takes far more than that at once,
 * so a slow client is not seen in what we can send.
 */
static uint64_t bytes_received(int fd)
{
        struct tcp_info info = {0};
        socklen_t size = sizeof(info);

        return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ? 0 : info.tcpi_bytes_acked;
}

static bool is_moving(const HttpConnection *connection)
{
        return connection->phase == HTTP_PHASE_STREAM && connection->is_sending &&
               bytes_received(connection->fd) > connection->n_received;
}

void http_connection_enter(HttpConnection *connection, HttpPhase phase)
{
        HttpServer *server = connection->server;
        Usec now = loop_now(server->loop), usec = phase_usec(&server->config, phase);

        TAILQ_REMOVE(&server->connections[connection->phase], connection, entry);
        TAILQ_INSERT_TAIL(&server->connections[phase], connection, entry);
        connection->phase = phase;
        connection->due = usec < USEC_NEVER - now ? now + usec : USEC_NEVER;
        if (phase == HTTP_PHASE_STREAM && connection->is_sending)
                connection->n_received = bytes_received(connection->fd);
        arm(server, connection->due);
}

static void linger_end(HttpConnection *connection)
{
        int fd = connection->fd;

        connection->server->n_lingering--;
        connection_free(connection);
        fd_close(fd);
}

int http_connections_on_due(LoopTimer *timer, Usec now)
{
        HttpServer *server = container_of(timer, HttpServer, deadline);

        for (size_t phase = 0; phase < HTTP_PHASE_PARKED; phase++) {
                HttpConnection *first;

                while ((first = TAILQ_FIRST(&server->connections[phase])) && first->due <= now) {
                        if (phase == HTTP_PHASE_LINGER)
                                linger_end(first);
                        else if (is_moving(first))
                                http_connection_enter(first, HTTP_PHASE_STREAM);
                        else
                                http_connection_cut(first);
                }
        }
        arm(server, next_due(server));
        return 0;
}

/* The daemon learns of it from its epoll, like of any other end. */
void http_connection_cut(HttpConnection *connection)
{
        (void)shutdown(connection->fd, SHUT_RDWR);
        http_handshake_resume(connection);
        if (connection->is_parked)
                http_connection_unpark(connection, HTTP_PHASE_CUT);
        else
                http_connection_enter(connection, HTTP_PHASE_CUT);
}

/* watching and parking */

/*
 * A client that shuts down only its sending side ("nc -N") looks like one that left, and is
 * treated as one: nobody who speaks HTTP/1.1 does it, and a missed departure would leave an
 * operation running for no one.
 */
static int watched_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        HttpConnection *connection = container_of(io, HttpConnection, io);
        HttpRequest *request = connection->watched;

        (void)events;
        http_connection_unwatch(connection);
        http_connection_cut(connection);
        http_request_gone(request, now);
        return 0;
}

/*
 * The daemon is blind to a suspended client's end; and where a part of a body and the end come
 * together, its edge-triggered epoll tells it of both at once, and it reads only the part.
 */
void http_connection_watch(HttpConnection *connection, HttpRequest *request)
{
        if (connection->watched)
                return;
        connection->watched = request;
        connection->io = (LoopIo){.fd = connection->fd, .on_ready = watched_on_ready};
        /* Without the watch we are blind, too: no more. */
        (void)loop_add_io(connection->server->loop, &connection->io, EPOLLRDHUP);
}

void http_connection_unwatch(HttpConnection *connection)
{
        if (!connection->watched)
                return;
        connection->watched = NULL;
        loop_io_remove(&connection->io);
}

void http_connection_park(HttpConnection *connection, HttpRequest *request)
{
        connection->is_parked = true;
        MHD_suspend_connection(connection->mhd);
        http_connection_enter(connection, HTTP_PHASE_PARKED);
        http_connection_watch(connection, request);
}

void http_connection_unpark(HttpConnection *connection, HttpPhase phase)
{
        connection->is_parked = false;
        http_connection_enter(connection, phase);
        MHD_resume_connection(connection->mhd);
        http_server_wake(connection->server);
}

/* lingering */

static int linger_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        HttpConnection *connection = container_of(io, HttpConnection, io);
        char scrap[16384];
        ssize_t n;

        (void)events;
        (void)now;
        n = recv(connection->fd, scrap, sizeof(scrap), MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
                linger_end(connection);
        return 0;
}

/*
 * Closing a socket that holds unread bytes resets the connection, and the reset may overtake the
 * answer: the client would see "connection reset" in place of "413". So a second descriptor
 * outlives the daemon's for a moment and reads what still comes.
 * Source: RFC 9112, 9.6.
 */
static bool connection_linger(HttpConnection *connection)
{
        HttpServer *server = connection->server;
        _cleanup_(fd_closep) int fd = -1;

        if (!connection->unread || server->stopping || server->n_lingering == LINGER_MAX)
                return false;
        fd = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0 || shutdown(fd, SHUT_WR) < 0)
                return false;
        connection->io = (LoopIo){.fd = fd, .on_ready = linger_on_ready};
        if (loop_add_io(server->loop, &connection->io, EPOLLIN) < 0)
                return false;
        connection->fd = moved_fd(fd);
        connection->mhd = NULL;
        server->n_lingering++;
        http_connection_enter(connection, HTTP_PHASE_LINGER);
        return true;
}

/* the table */

static void peer_format(struct MHD_Connection *mhd, char *text)
{
        const struct sockaddr *address =
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
        const struct in6_addr *in6 =
                &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        const void *bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
        int family = address->sa_family;

        if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6)) {
                bytes = &in6->s6_addr[12];
                family = AF_INET;
        } else if (family == AF_INET6) {
                bytes = in6;
        }
        (void)inet_ntop(family, bytes, text, INET6_ADDRSTRLEN);
}

static void connection_started(HttpServer *server, struct MHD_Connection *mhd, void **context)
{
        int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        HttpConnection *connection = malloc(sizeof(*connection));

        if (!connection) {
                (void)shutdown(fd, SHUT_RDWR);
                return;
        }
        *connection = (HttpConnection){.server = server, .mhd = mhd, .fd = fd};
        peer_format(mhd, connection->peer);
        TAILQ_INSERT_TAIL(&server->connections[connection->phase], connection, entry);
        http_connection_enter(connection, HTTP_PHASE_HEADER);
        server->n_connections++;
        *context = connection;
        http_handshake_watch(connection);
}

void http_connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                            enum MHD_ConnectionNotificationCode code)
{
        HttpConnection *connection = *context;

        ((HttpServer *)cls)->n_vain_runs = 0;
        if (code == MHD_CONNECTION_NOTIFY_STARTED) {
                connection_started(cls, mhd, context);
        } else if (connection) {
                *context = NULL;
                connection->server->n_connections--;
                /* At its limit the daemon is deaf; only its next run makes it listen again. */
                http_server_wake(connection->server);
                if (!connection_linger(connection))
                        connection_free(connection);
        }
}

void http_connections_stop(HttpServer *server)
{
        HttpConnection *connection;

        server->stopping = true;
        while ((connection = TAILQ_FIRST(&server->connections[HTTP_PHASE_PARKED]))) {
                HttpRequest *request = connection->watched;

                http_connection_unwatch(connection);
                http_connection_unpark(connection, HTTP_PHASE_CUT);
                http_request_gone(request, loop_now(server->loop));
        }
        TAILQ_FOREACH (connection, &server->connections[HTTP_PHASE_HEADER], entry)
                http_handshake_resume(connection);
        while ((connection = TAILQ_FIRST(&server->connections[HTTP_PHASE_LINGER])))
                linger_end(connection); /* NOLINT(clang-analyzer-unix.Malloc): the next one */
}
