/*
 * Server: the listener, and the daemon of libmicrohttpd as one descriptor of our loop.
 *
 * Inside, the daemon's epoll is edge-triggered: what it has not read to the end it does not
 * report again. Hence it runs again whenever MHD_get_timeout() says so.
 */

#include "base/log.h"
#include "http/private.h"

#include <gnutls/gnutls.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define MEMORY_PER_CONNECTION ((size_t)16 << 10) /* the header must fit; beyond: 431 */
#define VAIN_RUNS_MAX         64U
#define VAIN_MSEC             20
#define TLS_PRIORITIES        "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* listener */

static int socket_set(int fd, int level, int option, int value)
{
        return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int listen_on(const struct addrinfo *at, int *ret_fd)
{
        _cleanup_(fd_closep) int fd = -1;
        int r;

        fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
        if (fd < 0)
                return -errno;
        r = socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (r < 0)
                return r;
        /* Accepted sockets inherit it. Without it an answer over TLS may wait 40 ms. */
        r = socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        if (r < 0)
                return r;
        if (at->ai_family == AF_INET6) { /* "::" is for everybody, whatever the sysctl says */
                r = socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
                if (r < 0)
                        return r;
        }
        if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0)
                return -errno;
        *ret_fd = moved_fd(fd);
        return 0;
}

static int listener_new(const HttpConfig *config, int *ret_fd)
{
        const struct addrinfo hints = {
                .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                .ai_socktype = SOCK_STREAM,
        };
        struct addrinfo *at = NULL;
        char port[8];
        int r;

        (void)snprintf(port, sizeof(port), "%u", (unsigned int)config->port);
        r = getaddrinfo(config->address, port, &hints, &at);
        if (r != 0)
                return r == EAI_MEMORY ? -ENOMEM : -EINVAL;
        r = listen_on(at, ret_fd);
        freeaddrinfo(at);
        return r;
}

static int listener_port(int fd, uint16_t *ret_port)
{
        union {
                struct sockaddr any;
                struct sockaddr_in in;
                struct sockaddr_in6 in6;
        } address = {0};
        socklen_t size = sizeof(address);

        if (getsockname(fd, &address.any, &size) < 0)
                return -errno;
        *ret_port = ntohs(address.any.sa_family == AF_INET6 ? address.in6.sin6_port
                                                            : address.in.sin_port);
        return 0;
}

/* The daemon only says that it did not start, so what an administrator can break is tried here. */
static int certificate_check(const HttpConfig *config)
{
        gnutls_certificate_credentials_t credentials;
        gnutls_datum_t cert, key;
        int r;

        if (!config->cert_pem && !config->key_pem)
                return 0;
        if (!config->cert_pem || !config->key_pem)
                return -EINVAL;
        if (gnutls_certificate_allocate_credentials(&credentials) < 0)
                return -ENOMEM;
        cert = (gnutls_datum_t){
                .data = (unsigned char *)config->cert_pem,
                .size = (unsigned int)strlen(config->cert_pem),
        };
        key = (gnutls_datum_t){
                .data = (unsigned char *)config->key_pem,
                .size = (unsigned int)strlen(config->key_pem),
        };
        r = gnutls_certificate_set_x509_key_mem(credentials, &cert, &key, GNUTLS_X509_FMT_PEM);
        if (r < 0)
                log_debug("http: certificate: %s", gnutls_strerror(r));
        gnutls_certificate_free_credentials(credentials);
        return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : r < 0 ? -EINVAL : 0;
}

/* the daemon in our loop */

void http_server_wake(HttpServer *server)
{
        loop_defer(server->loop, &server->turn);
}

static int daemon_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        (void)events;
        (void)now;
        http_server_wake(container_of(io, HttpServer, io));
        return 0;
}

static int daemon_on_due(LoopTimer *timer, Usec now)
{
        (void)now;
        http_server_wake(container_of(timer, HttpServer, timer));
        return 0;
}

/*
 * A client whose line of a chunk's length fills the buffer without an end makes the daemon ask to
 * be run again at once, and again, although it can do nothing. A daemon that has called nobody for
 * many runs is made to wait; what is new wakes it all the same.
 */
static int daemon_turn(LoopTask *task, Usec now)
{
        HttpServer *server = container_of(task, HttpServer, turn);
        MHD_UNSIGNED_LONG_LONG msec = 0;
        bool is_pending;

        server->n_vain_runs++;
        (void)MHD_run(server->daemon);
        http_handshakes_hold(server);
        loop_timer_clear(&server->timer);
        is_pending = MHD_get_timeout(server->daemon, &msec) == MHD_YES;
        if (!is_pending || msec > 0)
                server->n_vain_runs = 0;
        if (!is_pending)
                return 0;
        if (msec == 0 && server->n_vain_runs < VAIN_RUNS_MAX) {
                http_server_wake(server);
                return 0;
        }
        if (msec == 0)
                msec = VAIN_MSEC;
        return loop_timer_set(server->loop, &server->timer, now + msec * USEC_PER_MSEC);
}

static void daemon_log(void *cls, const char *fmt, va_list ap) _printf_(2, 0);

static void daemon_log(void *cls, const char *fmt, va_list ap)
{
        char line[512];

        (void)cls;
        (void)vsnprintf(line, sizeof(line), fmt, ap);
        line[strcspn(line, "\n")] = '\0';
        log_debug("http: %s", line);
}

/* A decoded NUL would hide what is behind it from all who read the text: empty names nothing. */
static size_t unescape(void *cls, struct MHD_Connection *mhd, char *text)
{
        size_t size = MHD_http_unescape(text);

        (void)cls;
        (void)mhd;
        if (strlen(text) == size)
                return size;
        *text = '\0';
        return 0;
}

static unsigned int limit(size_t n)
{
        return n > INT_MAX ? INT_MAX : (unsigned int)n;
}

/* Takes over @fd: the daemon closes it, with few exceptions also where it does not start. */
static int daemon_start(HttpServer *server, const HttpConfig *config, int fd)
{
        unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
        Usec idle_usec =
                config->idle_usec > config->stall_usec ? config->idle_usec : config->stall_usec;
        unsigned int idle_sec = limit((size_t)(idle_usec / USEC_PER_SEC) + 1);
        struct MHD_OptionItem options[] = {
                {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)daemon_log, NULL}, /* has to be the first */
                {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
                {MHD_OPTION_CONNECTION_LIMIT, limit(config->connections_max), NULL},
                {MHD_OPTION_PER_IP_CONNECTION_LIMIT, limit(config->connections_per_address_max),
                 NULL},
                {MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_PER_CONNECTION, NULL},
                {MHD_OPTION_CONNECTION_TIMEOUT, idle_sec, NULL},
                {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
                {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)unescape, NULL},
                {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)http_connection_notify, server},
                {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)http_request_on_completed, server},
                {config->cert_pem ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
                 (void *)config->cert_pem},
                {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)config->key_pem},
                {MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_PRIORITIES},
                {MHD_OPTION_END, 0, NULL},
        };

        if (config->cert_pem)
                flags |= MHD_USE_TLS;
        errno = 0;
        server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, http_request_on_part, server,
                                          MHD_OPTION_ARRAY, options, MHD_OPTION_END);
        if (!server->daemon)
                return errno ? -errno : -ENOMEM;
        return 0;
}

int http_server_new(Loop *loop, const HttpConfig *config, const HttpCallbacks *callbacks,
                    HttpServer **ret)
{
        _cleanup_(http_server_freep) HttpServer *server = NULL;
        _cleanup_(fd_closep) int fd = -1;
        int r;

        r = certificate_check(config);
        if (r < 0)
                return r;
        server = malloc(sizeof(*server));
        if (!server)
                return -ENOMEM;
        *server = (HttpServer){
                .loop = loop,
                .config = *config,
                .callbacks = *callbacks,
                .timer.on_due = daemon_on_due,
                .turn.run = daemon_turn,
                .deadline.on_due = http_connections_on_due,
        };
        server->config.address = server->config.cert_pem = server->config.key_pem = NULL;
        for (size_t i = 0; i < HTTP_PHASE_MAX; i++)
                TAILQ_INIT(&server->connections[i]);
        TAILQ_INIT(&server->stalled);

        r = listener_new(config, &fd);
        if (r < 0)
                return r;
        r = listener_port(fd, &server->port);
        if (r < 0)
                return r;
        r = daemon_start(server, config, moved_fd(fd));
        if (r < 0)
                return r;
        server->io = (LoopIo){
                .fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
                .on_ready = daemon_on_ready,
        };
        r = loop_add_io(loop, &server->io, EPOLLIN);
        if (r < 0)
                return r;
        http_server_wake(server); /* only its first run makes the daemon watch the listener */
        *ret = moved(server);
        return 0;
}

HttpServer *http_server_free(HttpServer *server)
{
        if (!server)
                return NULL;
        http_connections_stop(server);
        loop_io_remove(&server->io); /* before the daemon closes its descriptor */
        if (server->daemon)
                MHD_stop_daemon(server->daemon);
        loop_timer_clear(&server->timer);
        loop_timer_clear(&server->deadline);
        loop_task_cancel(&server->turn);
        free(server);
        return NULL;
}

uint16_t http_server_port(const HttpServer *server)
{
        return server->port;
}

size_t http_server_connections(const HttpServer *server)
{
        return server->n_connections;
}
