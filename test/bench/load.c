/*
 * Sends the same requests again and again over kept TLS connections, a thread each, and prints how
 * long each took. Begins when all connections are there.
 */

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATA_MAX        65536
#define CONNECTIONS_MAX 1024

typedef struct Sample {
        double usec;
        long number; /* the answer's body, where it is one */
} Sample;

typedef struct Connection {
        pthread_t thread;
        gnutls_session_t tls;
        const char *request;
        char answer[DATA_MAX + 1];
} Connection;

static gnutls_certificate_credentials_t credentials;
static pthread_barrier_t gate;
static Sample *samples;
static atomic_int next;
static int count;

static _Noreturn void die(const char *what)
{
        (void)fprintf(stderr, "load: %s\n", what);
        exit(EXIT_FAILURE);
}

static double now_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

static const char *read_request(const char *path)
{
        FILE *file = fopen(path, "re");
        char *data = calloc(1, DATA_MAX + 1);

        if (!file || !data)
                die(path);
        (void)!fread(data, 1, DATA_MAX, file);
        (void)fclose(file);
        return data;
}

static void connection_open(Connection *connection, int port)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, r;

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
                die("connect");
        if (gnutls_init(&connection->tls, GNUTLS_CLIENT) < 0 ||
            gnutls_set_default_priority(connection->tls) < 0 ||
            gnutls_credentials_set(connection->tls, GNUTLS_CRD_CERTIFICATE, credentials) < 0)
                die("TLS");
        gnutls_transport_set_int(connection->tls, fd);
        do
                r = gnutls_handshake(connection->tls);
        while (r < 0 && !gnutls_error_is_fatal(r));
        if (r < 0)
                die(gnutls_strerror(r));
}

/* Return: where the body begins, once all of the answer is there. */
static const char *whole_answer(const char *answer, size_t size)
{
        const char *end = strstr(answer, "\r\n\r\n");
        const char *length = strcasestr(answer, "\r\nContent-Length:");
        size_t body = 0;

        if (!end)
                return NULL;
        if (length && length < end)
                body = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
        return (size_t)(end + 4 - answer) + body <= size ? end + 4 : NULL;
}

static long connection_ask(Connection *connection)
{
        const char *body = NULL;
        size_t size = 0;

        if (gnutls_record_send(connection->tls, connection->request, strlen(connection->request)) <
            0)
                die("send");
        do {
                ssize_t n = gnutls_record_recv(connection->tls, connection->answer + size,
                                               DATA_MAX - size);

                if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
                        continue;
                if (n <= 0)
                        die("the connection is closed");
                size += (size_t)n;
                connection->answer[size] = '\0';
                body = whole_answer(connection->answer, size);
        } while (!body);
        if (strncmp(connection->answer, "HTTP/1.1 20", strlen("HTTP/1.1 20")) != 0)
                die(connection->answer);
        return strtol(body, NULL, 10);
}

static void *connection_run(void *argument)
{
        Connection *connection = argument;
        int i;

        (void)pthread_barrier_wait(&gate);
        while ((i = atomic_fetch_add(&next, 1)) < count) {
                double began = now_usec();

                samples[i].number = connection_ask(connection);
                samples[i].usec = now_usec() - began;
        }
        return NULL;
}

int main(int argc, char **argv)
{
        int port = argc > 4 ? (int)strtol(argv[1], NULL, 10) : 0;
        int n_connections = argc > 4 ? (int)strtol(argv[3], NULL, 10) : 0;
        Connection *connections = calloc(CONNECTIONS_MAX, sizeof(*connections));
        double began;

        count = argc > 4 ? (int)strtol(argv[2], NULL, 10) : 0;
        if (count <= 0 || n_connections <= 0 || n_connections > CONNECTIONS_MAX) {
                (void)fputs("Usage: load PORT COUNT CONNECTIONS REQUEST...\n"
                            "REQUEST is a file; the connections take them in turn. Prints the "
                            "microseconds of all,\n"
                            "and for each its microseconds and the number in its answer.\n",
                            stderr);
                return EXIT_FAILURE;
        }
        samples = calloc((size_t)count, sizeof(*samples));
        if (!samples || !connections || gnutls_certificate_allocate_credentials(&credentials) < 0 ||
            pthread_barrier_init(&gate, NULL, (unsigned)n_connections + 1) != 0)
                die("no memory");
        for (int i = 0; i < n_connections; i++) {
                connections[i].request = read_request(argv[4 + i % (argc - 4)]);
                connection_open(&connections[i], port);
                if (pthread_create(&connections[i].thread, NULL, connection_run, &connections[i]))
                        die("no thread");
        }
        (void)pthread_barrier_wait(&gate);
        began = now_usec();
        for (int i = 0; i < n_connections; i++)
                (void)pthread_join(connections[i].thread, NULL);
        (void)printf("%.1f\n", now_usec() - began);
        for (int i = 0; i < count; i++)
                (void)printf("%.1f %ld\n", samples[i].usec, samples[i].number);
        return EXIT_SUCCESS;
}
