/*
 * The smallest server that answers over kept TLS connections: epoll, GnuTLS, and the same bytes for
 * every request, whatever it asks for. The limit for the daemon.
 */

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX 16384
#define REPLY_MAX   65536
#define EVENTS      64

typedef struct Connection {
        gnutls_session_t tls;
        int fd;
        bool shaken;
        size_t size;
        char data[REQUEST_MAX + 1];
} Connection;

static char reply[REPLY_MAX];
static size_t reply_size;
static gnutls_certificate_credentials_t credentials;

static _Noreturn void die(const char *what)
{
        perror(what);
        exit(EXIT_FAILURE);
}

static void read_reply(const char *path)
{
        FILE *file = fopen(path, "re");

        if (!file)
                die(path);
        reply_size = fread(reply, 1, sizeof(reply), file);
        (void)fclose(file);
}

static int listen_on(int *ret_port)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 128) < 0 ||
            getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                die("listen");
        *ret_port = ntohs(address.sin_port);
        return fd;
}

static void connection_add(int epoll, int fd)
{
        Connection *connection = calloc(1, sizeof(*connection));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

        if (fd < 0 || !connection)
                die("accept");
        connection->fd = fd;
        if (gnutls_init(&connection->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK) < 0 ||
            gnutls_set_default_priority(connection->tls) < 0 ||
            gnutls_credentials_set(connection->tls, GNUTLS_CRD_CERTIFICATE, credentials) < 0 ||
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
                die("connection");
        gnutls_transport_set_int(connection->tls, fd);
}

static void connection_end(Connection *connection)
{
        gnutls_deinit(connection->tls);
        (void)close(connection->fd);
        free(connection);
}

/* Return: the bytes of a whole request, or 0. */
static size_t whole_request(const Connection *connection)
{
        const char *end = strstr(connection->data, "\r\n\r\n");
        const char *length = strcasestr(connection->data, "\r\nContent-Length:");
        size_t size;

        if (!end)
                return 0;
        size = (size_t)(end + 4 - connection->data);
        if (length && length < end)
                size += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
        return size <= connection->size ? size : 0;
}

/* Return: false at its end. A reply is small enough for the socket to take it. */
static bool connection_turn(Connection *connection)
{
        ssize_t n;
        size_t size;

        if (!connection->shaken) {
                int r = gnutls_handshake(connection->tls);

                connection->shaken = r >= 0;
                if (r < 0)
                        return !gnutls_error_is_fatal(r);
        }
        do {
                n = gnutls_record_recv(connection->tls, connection->data + connection->size,
                                       REQUEST_MAX - connection->size);
                if (n <= 0)
                        return n < 0 && !gnutls_error_is_fatal((int)n);
                connection->size += (size_t)n;
                connection->data[connection->size] = '\0';
                while ((size = whole_request(connection)) > 0) {
                        connection->size -= size;
                        memmove(connection->data, connection->data + size, connection->size + 1);
                        if (gnutls_record_send(connection->tls, reply, reply_size) < 0)
                                return false;
                }
        } while (gnutls_record_check_pending(connection->tls) > 0);
        return true;
}

static _Noreturn void serve(int listener)
{
        struct epoll_event ready[EVENTS], event = {.events = EPOLLIN};
        int epoll = epoll_create1(EPOLL_CLOEXEC);

        if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
                die("epoll");
        for (;;) {
                int n = epoll_wait(epoll, ready, EVENTS, -1);

                if (n < 0 && errno != EINTR)
                        die("epoll_wait");
                for (int i = 0; i < n; i++) {
                        Connection *connection = ready[i].data.ptr;

                        if (!connection)
                                connection_add(epoll, accept4(listener, NULL, NULL,
                                                              SOCK_NONBLOCK | SOCK_CLOEXEC));
                        else if (!connection_turn(connection))
                                connection_end(connection);
                }
        }
}

int main(int argc, char **argv)
{
        int port, listener;

        if (argc != 4) {
                (void)fputs("Usage: responder CERTIFICATE KEY REPLY\n"
                            "Prints its port. REPLY is a file: an HTTP answer, header and all.\n",
                            stderr);
                return EXIT_FAILURE;
        }
        read_reply(argv[3]);
        if (gnutls_certificate_allocate_credentials(&credentials) < 0 ||
            gnutls_certificate_set_x509_key_file(credentials, argv[1], argv[2],
                                                 GNUTLS_X509_FMT_PEM) < 0)
                die(argv[1]);
        listener = listen_on(&port);
        (void)printf("%d\n", port);
        (void)fflush(stdout);
        serve(listener);
}
