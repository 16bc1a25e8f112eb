/*
 * A real server in a thread, real sockets, raw bytes: over plain HTTP and over TLS.
 *
 * Nothing sleeps. The server's thread reports what happened through one pipe and is told what to
 * do through another; all else is waiting for a socket.
 */

#include "base/log.h"
#include "http/certificate.h"
#include "http/http.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define BODY_MAX     1000
#define ANSWER_MAX   65536
#define PATIENCE     20000 /* ms until the test is declared hung */
#define DRIP_MSEC    20
#define PARKED_MAX   4
#define CLOSE_PLEASE "Host: h\r\nConnection: close\r\n"

static unsigned int failures;

static void expect_text(const char *about, const char *wire, const char *what, const char *got,
                        const char *expected)
{
        if (strcmp(got, expected) == 0)
                return;
        failures++;
        (void)fprintf(stderr, "FAIL %s (%s), %s:\n  got      '%s'\n  expected '%s'\n", about, wire,
                      what, got, expected);
}

static void expect_start(const char *about, const char *wire, const char *got, const char *start)
{
        _cleanup_(freep) char *head = strndup(got, strlen(start));

        expect_text(about, wire, "start", head, start);
}

static void expect_end(const char *about, const char *wire, const char *got, const char *end)
{
        size_t n = strlen(got), n_end = strlen(end);

        expect_text(about, wire, "end", n > n_end ? got + n - n_end : got, end);
}

static void expect_number(const char *about, const char *wire, long got, long expected)
{
        char texts[2][32];

        (void)snprintf(texts[0], sizeof(texts[0]), "%ld", got);
        (void)snprintf(texts[1], sizeof(texts[1]), "%ld", expected);
        expect_text(about, wire, "number", texts[0], texts[1]);
}

static void must(const char *what, bool ok)
{
        if (ok)
                return;
        (void)fprintf(stderr, "FAIL %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

/* the server */

typedef struct Site {
        HttpConfig config;
        const char *wire;
        Buf cert, key;
        pthread_t thread;
        int events[2]; /* 's' started, 'p' parked, 'g' gone, 'q' quit with that many connections */
        int commands[2]; /* 'r' reply to the first parked, 'q' quit */

        Loop *loop;
        HttpServer *server;
        LoopIo io;
        HttpRequest *parked[PARKED_MAX];
        size_t n_parked;
} Site;

static void site_tell(Site *site, char event)
{
        must("event", write(site->events[1], &event, 1) == 1);
}

static void site_answer(HttpRequest *request)
{
        static const HttpHeader headers[] = {{"Content-Type", "text/plain"}, {"X-One", "1"}};
        _cleanup_(buf_done) Buf body = {0};
        const Buf *given = http_request_body(request);

        buf_puts(&body, "<");
        buf_put(&body, given->data, given->size);
        buf_puts(&body, ">");
        http_reply(request, 200, headers, ELEMENTS(headers), &body);
}

static const char *or_none(const char *text)
{
        return text ? text : "none";
}

static void site_describe(HttpRequest *request)
{
        _cleanup_(buf_done) Buf body = {0};

        buf_putf(&body, "%s|%s|%s|%s|%s|%s|%s|%s", http_request_method(request),
                 http_request_path(request), or_none(http_request_query(request, "x")),
                 or_none(http_request_query(request, "y")),
                 or_none(http_request_query(request, "z")),
                 or_none(http_request_header(request, "x-some")),
                 or_none(http_request_cookie(request, "sid")), http_request_peer(request));
        http_reply(request, 200, NULL, 0, &body);
}

static void on_request(void *user, HttpRequest *request, Usec now)
{
        static const HttpHeader forged[] = {{"X-Forged", "a\r\nSet-Cookie: b"}};
        const char *path = http_request_path(request);
        Site *site = user;

        (void)now;
        if (strcmp(path, "/park") == 0 && site->n_parked < PARKED_MAX) {
                http_request_set_user(request, site);
                site->parked[site->n_parked++] = request;
                site_tell(site, 'p');
        } else if (strncmp(path, "/describe", 9) == 0) {
                site_describe(request);
        } else if (strcmp(path, "/empty") == 0) {
                http_reply(request, 204, NULL, 0, NULL);
        } else if (strcmp(path, "/forged") == 0) {
                http_reply(request, 200, forged, ELEMENTS(forged), NULL);
        } else {
                site_answer(request);
        }
}

static void site_forget(Site *site, const HttpRequest *request)
{
        for (size_t i = 0; i < site->n_parked; i++)
                if (site->parked[i] == request) {
                        memmove(&site->parked[i], &site->parked[i + 1],
                                (site->n_parked - i - 1) * sizeof(HttpRequest *));
                        site->n_parked--;
                        return;
                }
}

static void on_gone(void *user, HttpRequest *request, Usec now)
{
        Site *site = user;

        (void)now;
        site_forget(site, request);
        site_tell(site, http_request_user(request) == site ? 'g' : '?');
}

static int on_command(LoopIo *io, uint32_t events, Usec now)
{
        Site *site = container_of(io, Site, io);
        char command = 'q';

        (void)events;
        (void)now;
        must("command", read(io->fd, &command, 1) == 1);
        if (command == 'q') {
                loop_quit(site->loop);
        } else if (command == 'c') {
                site_tell(site, (char)('0' + http_server_connections(site->server)));
        } else if (site->n_parked > 0) {
                HttpRequest *request = site->parked[0];

                site_forget(site, request);
                site_answer(request);
        }
        return 0;
}

static void *site_run(void *arg)
{
        const HttpCallbacks callbacks = {.on_request = on_request, .on_gone = on_gone, .user = arg};
        Site *site = arg;
        int r;

        must("loop", loop_new(&site->loop) == 0);
        r = http_server_new(site->loop, &site->config, &callbacks, &site->server);
        errno = -r;
        must("server", r == 0);
        site->io = (LoopIo){.fd = site->commands[0], .on_ready = on_command};
        must("watch", loop_add_io(site->loop, &site->io, EPOLLIN) == 0);
        site_tell(site, 's');
        must("run", loop_run(site->loop) == 0);
        site->server = http_server_free(site->server);
        loop_io_remove(&site->io);
        site->loop = loop_free(site->loop);
        return NULL;
}

static void site_await(Site *site, const char *about, char event)
{
        struct pollfd wait = {.fd = site->events[0], .events = POLLIN};
        char got = '-';

        if (poll(&wait, 1, PATIENCE) == 1)
                must("event", read(site->events[0], &got, 1) == 1);
        expect_text(about, site->wire, "event", (char[]){got, 0}, (char[]){event, 0});
}

static void site_command(Site *site, char command)
{
        must("command", write(site->commands[1], &command, 1) == 1);
}

static void site_await_connections(Site *site, const char *about, char expected)
{
        char got = '-';

        for (size_t i = 0; got != expected && i < PATIENCE; i++) {
                site_command(site, 'c');
                must("event", read(site->events[0], &got, 1) == 1);
        }
        expect_text(about, site->wire, "connections", (char[]){got, 0}, (char[]){expected, 0});
}

static void site_start(Site *site, bool tls, const char *address)
{
        site->wire = tls ? "TLS" : "plain";
        site->config.port = 0;
        site->config.address = address;
        if (tls) {
                must("certificate", certificate_make("host.test", &site->cert, &site->key) == 0);
                site->config.cert_pem = buf_text(&site->cert);
                site->config.key_pem = buf_text(&site->key);
        }
        must("pipes", pipe(site->events) == 0 && pipe(site->commands) == 0);
        must("thread", pthread_create(&site->thread, NULL, site_run, site) == 0);
        site_await(site, "start", 's');
}

static void site_stop(Site *site)
{
        site_command(site, 'q');
        must("join", pthread_join(site->thread, NULL) == 0);
        for (size_t i = 0; i < 2; i++) {
                fd_close(site->events[i]);
                fd_close(site->commands[i]);
        }
        buf_done(&site->cert);
        buf_erase(&site->key);
}

/* the client */

typedef struct Client {
        int fd;
        gnutls_session_t session; /* NULL: plain */
        gnutls_certificate_credentials_t trust;
        char answer[ANSWER_MAX];
        size_t size;
        bool ended;
} Client;

static void client_start_tls(Client *client, const Site *site)
{
        gnutls_datum_t cert = {(unsigned char *)site->cert.data, (unsigned int)site->cert.size};
        int r;

        must("trust", gnutls_certificate_allocate_credentials(&client->trust) == 0);
        must("trust",
             gnutls_certificate_set_x509_trust_mem(client->trust, &cert, GNUTLS_X509_FMT_PEM) == 1);
        must("session", gnutls_init(&client->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) == 0);
        must("session", gnutls_set_default_priority(client->session) == 0);
        must("session",
             gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->trust) == 0);
        gnutls_session_set_verify_cert(client->session, "localhost", 0);
        gnutls_transport_set_int(client->session, client->fd);
        do
                r = gnutls_handshake(client->session);
        while (r < 0 && !gnutls_error_is_fatal(r));
        if (r < 0)
                (void)fprintf(stderr, "handshake: %s\n", gnutls_strerror(r));
        must("handshake", r == 0);
}

static Client *client_new(const Site *site)
{
        struct sockaddr_in to = {.sin_family = AF_INET};
        Client *client = calloc(1, sizeof(*client));

        must("memory", client != NULL);
        to.sin_port = htons(http_server_port(site->server));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must("connect", connect(client->fd, (struct sockaddr *)&to, sizeof(to)) == 0);
        if (site->config.cert_pem)
                client_start_tls(client, site);
        return client;
}

static Client *client_free(Client *client)
{
        if (client->session)
                gnutls_deinit(client->session);
        if (client->trust)
                gnutls_certificate_free_credentials(client->trust);
        fd_close(client->fd);
        free(client);
        return NULL;
}
DEFINE_CLEANUP(Client, client_free)

/* Return: whether the server still takes bytes. */
static bool client_send(Client *client, const char *data, size_t size)
{
        ssize_t n = client->session ? gnutls_record_send(client->session, data, size)
                                    : send(client->fd, data, size, MSG_NOSIGNAL);

        return n == (ssize_t)size;
}

static bool client_send_all(Client *client, const Buf *data)
{
        size_t n;

        for (size_t sent = 0; sent < data->size; sent += n) {
                n = data->size - sent < 8192 ? data->size - sent : 8192;
                if (!client_send(client, data->data + sent, n))
                        return false;
        }
        return true;
}

static void client_say(Client *client, const char *text)
{
        (void)client_send(client, text, strlen(text));
}

/* Reads once, waiting @msec at most. Return: false where nothing came in that time. */
static bool client_read(Client *client, int msec)
{
        struct pollfd wait = {.fd = client->fd, .events = POLLIN};
        char *at = client->answer + client->size;
        size_t space = sizeof(client->answer) - 1 - client->size;
        ssize_t n;

        if ((!client->session || gnutls_record_check_pending(client->session) == 0) &&
            poll(&wait, 1, msec) != 1)
                return false;
        do
                n = client->session ? gnutls_record_recv(client->session, at, space)
                                    : recv(client->fd, at, space, 0);
        while (client->session && n < 0 && !gnutls_error_is_fatal((int)n));
        if (n > 0)
                client->size += (size_t)n;
        else
                client->ended = true;
        return true;
}

/* Return: the answer up to the end of the connection. */
static const char *client_finish(Client *client, const char *about, const char *wire)
{
        while (!client->ended && client_read(client, PATIENCE))
                ;
        expect_number(about, wire, client->ended, true);
        return client->answer;
}

/* Reads until @text has come, and forgets all up to its end. */
static void client_await(Client *client, const char *about, const char *wire, const char *text)
{
        const char *found;

        while (!(found = strstr(client->answer, text)) && !client->ended &&
               client_read(client, PATIENCE))
                ;
        if (!found) {
                expect_text(about, wire, "awaited", client->answer, text);
                return;
        }
        client->size -= (size_t)(found - client->answer) + strlen(text);
        memmove(client->answer, found + strlen(text), client->size + 1);
}

/* what is sent in one piece, and answered with the end of the connection */

static void test_raw(Site *site)
{
        static const struct {
                const char *about;
                const char *request;
                const char *start, *end; /* of the answer; NULL: any end */
        } rows[] = {
                {"GET", "GET / HTTP/1.1\r\n" CLOSE_PLEASE "\r\n", "HTTP/1.1 200 ", "\r\n\r\n<>"},
                {"GET, 1.0", "GET / HTTP/1.0\r\n\r\n", "HTTP/1.", "\r\n\r\n<>"},
                {"HEAD", "HEAD / HTTP/1.1\r\n" CLOSE_PLEASE "\r\n", "HTTP/1.1 200 ", "\r\n\r\n"},
                {"no body in answer", "GET /empty HTTP/1.1\r\n" CLOSE_PLEASE "\r\n",
                 "HTTP/1.1 204 ", "\r\n\r\n"},
                {"POST", "POST / HTTP/1.1\r\n" CLOSE_PLEASE "Content-Length: 5\r\n\r\nhello",
                 "HTTP/1.1 200 ", "\r\n\r\n<hello>"},
                {"chunked POST",
                 "POST / HTTP/1.1\r\n" CLOSE_PLEASE "Transfer-Encoding: chunked\r\n\r\n"
                 "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
                 "HTTP/1.1 200 ", "\r\n\r\n<hello>"},
                {"trailer",
                 "POST / HTTP/1.1\r\n" CLOSE_PLEASE "Transfer-Encoding: Chunked\r\n\r\n"
                 "1\r\nh\r\n0\r\nX-Sum: 1\r\n\r\n",
                 "HTTP/1.1 200 ", "\r\n\r\n<h>"},
                {"what the client sent",
                 "GET /describe%20me?x=a%2Fb&y HTTP/1.1\r\n" CLOSE_PLEASE
                 "X-SOME: thing\r\nCookie: a=b; sid=c\r\n\r\n",
                 "HTTP/1.1 200 ", "\r\n\r\nGET|/describe me|a/b||none|thing|c|127.0.0.1"},
                {"own method", "BREW /describe HTTP/1.1\r\n" CLOSE_PLEASE "\r\n", "HTTP/1.1 200 ",
                 "\r\n\r\nBREW|/describe|none|none|none|none|none|127.0.0.1"},
                {"handler's forged header", "GET /forged HTTP/1.1\r\n" CLOSE_PLEASE "\r\n",
                 "HTTP/1.1 500 ", NULL},

                {"two lengths that differ",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: "
                 "6\r\n\r\nhello",
                 "HTTP/1.1 400 ", "Bad Request\n"},
                {"two lengths that are equal",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\ncontent-length: "
                 "5\r\n\r\nhello",
                 "HTTP/1.1 400 ", NULL},
                {"a list of lengths",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nhello", "HTTP/1.1 400 ",
                 NULL},
                {"signed length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello",
                 "HTTP/1.1 400 ", NULL},
                {"length beyond 64 bits",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551617\r\n\r\n",
                 "HTTP/1.1 4", NULL},
                {"length and encoding",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 "HTTP/1.1 400 ", NULL},
                {"unknown encoding",
                 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                 "HTTP/1.1 400 ", NULL},
                {"two encodings",
                 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                 "HTTP/1.1 400 ", NULL},
                {"encoding twice",
                 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 "HTTP/1.1 400 ", NULL},
                {"encoding in 1.0",
                 "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.", NULL},
                {"space before the colon",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\nhello", "HTTP/1.1 400 ",
                 NULL},
                {"hidden second length",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\rContent-Length: 5\r\n\r\nhello",
                 "HTTP/1.1 400 ", NULL},
                {"control character", "GET / HTTP/1.1\r\nHost: h\r\nX: a\001b\r\n\r\n",
                 "HTTP/1.1 400 ", NULL},
                {"no colon", "GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n", "HTTP/1.1 400 ",
                 NULL},
                {"no host", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", NULL},
                {"two hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", "HTTP/1.1 400 ",
                 NULL},
                {"NUL in the path", "GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 ",
                 NULL},
                {"malformed chunk",
                 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnine\r\n",
                 "HTTP/1.1 400 ", NULL},
                {"too long, only announced",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 ",
                 "Content Too Large\n"},
                {"too long, client waits for leave",
                 "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n"
                 "Expect: 100-continue\r\n\r\n",
                 "HTTP/1.1 413 ", NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(client_freep) Client *client = client_new(site);
                const char *answer;

                client_say(client, rows[i].request);
                answer = client_finish(client, rows[i].about, site->wire);
                expect_start(rows[i].about, site->wire, answer, rows[i].start);
                if (rows[i].end)
                        expect_end(rows[i].about, site->wire, answer, rows[i].end);
        }
}

static void test_length(Site *site)
{
        static const struct {
                const char *about;
                size_t size;
                bool chunked;
                const char *start;
        } rows[] = {
                {"the longest body", BODY_MAX, false, "HTTP/1.1 200 "},
                {"one byte more", BODY_MAX + 1, false, "HTTP/1.1 413 "},
                {"far more, sent all the same", 1 << 20, false, "HTTP/1.1 413 "},
                {"the longest body, chunked", BODY_MAX, true, "HTTP/1.1 200 "},
                {"one byte more, chunked", BODY_MAX + 1, true, "HTTP/1.1 413 "},
                {"far more, chunked, sent all same", 1 << 20, true, "HTTP/1.1 413 "},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(client_freep) Client *client = client_new(site);
                _cleanup_(buf_done) Buf request = {0};

                buf_puts(&request, "POST / HTTP/1.1\r\n" CLOSE_PLEASE);
                if (rows[i].chunked)
                        buf_putf(&request, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n",
                                 rows[i].size);
                else
                        buf_putf(&request, "Content-Length: %zu\r\n\r\n", rows[i].size);
                memset(buf_grow(&request, rows[i].size), 'x', rows[i].size);
                if (rows[i].chunked)
                        buf_puts(&request, "\r\n0\r\n\r\n");
                expect_number(rows[i].about, site->wire, client_send_all(client, &request), true);
                expect_start(rows[i].about, site->wire,
                             client_finish(client, rows[i].about, site->wire), rows[i].start);
        }
}

/* dialogues */

static void test_continue(Site *site)
{
        static const char about[] = "100-continue";
        _cleanup_(client_freep) Client *client = client_new(site);

        client_say(client, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                           "Expect: 100-continue\r\n\r\n");
        client_await(client, about, site->wire, "HTTP/1.1 100 Continue\r\n\r\n");
        client_say(client, "hello");
        client_await(client, about, site->wire, "HTTP/1.1 200 ");
        client_await(client, about, site->wire, "\r\n\r\n<hello>");
}

static void test_keep_alive(Site *site)
{
        static const char about[] = "three requests, one connection";
        _cleanup_(client_freep) Client *client = client_new(site);

        client_say(client, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none");
        client_await(client, about, site->wire, "\r\n\r\n<one>");
        client_say(client, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\ntwo");
        site_await(site, about, 'p');
        site_command(site, 'r');
        client_await(client, about, site->wire, "\r\n\r\n<two>");
        client_say(client, "POST / HTTP/1.1\r\n" CLOSE_PLEASE "Content-Length: 5\r\n\r\nthree");
        expect_end(about, site->wire, client_finish(client, about, site->wire), "\r\n\r\n<three>");
}

static void test_pipeline(Site *site)
{
        static const char about[] = "pipelined";
        _cleanup_(client_freep) Client *client = client_new(site);

        client_say(client, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
                           "GET /park HTTP/1.1\r\nHost: h\r\n\r\n"
                           "POST / HTTP/1.1\r\n" CLOSE_PLEASE "Content-Length: 5\r\n\r\nthree");
        client_await(client, about, site->wire, "\r\n\r\n<one>");
        site_await(site, about, 'p');
        site_command(site, 'r');
        client_await(client, about, site->wire, "\r\n\r\n<>");
        expect_end(about, site->wire, client_finish(client, about, site->wire), "\r\n\r\n<three>");
}

/* Return: a client whose request is parked. */
static Client *client_park(Site *site, const char *about)
{
        Client *client = client_new(site);

        client_say(client, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        site_await(site, about, 'p');
        return client;
}

static void test_parked(Site *site)
{
        static const char about[] = "two parked, answered later";
        _cleanup_(client_freep) Client *first = client_park(site, about);
        _cleanup_(client_freep) Client *second = client_park(site, about);

        site_command(site, 'r');
        client_await(first, about, site->wire, "\r\n\r\n<abc>");
        site_command(site, 'r');
        client_await(second, about, site->wire, "\r\n\r\n<abc>");
}

static void test_gone(Site *site)
{
        _cleanup_(client_freep) Client *half = NULL;

        client_free(client_park(site, "client leaves"));
        site_await(site, "client leaves", 'g');

        half = client_park(site, "client closes one half");
        must("shutdown", shutdown(half->fd, SHUT_WR) == 0);
        site_await(site, "client closes one half", 'g');
        expect_text("client closes one half", site->wire, "answer",
                    client_finish(half, "client closes one half", site->wire), "");
}

/* Sends @text at once and then @drop again and again, until the server has enough. */
static void drip(Site *site, const char *about, const char *text, const char *drop)
{
        _cleanup_(client_freep) Client *client = client_new(site);

        client_say(client, text);
        while (!client->ended && client_send(client, drop, strlen(drop)))
                (void)client_read(client, DRIP_MSEC);
        (void)client_finish(client, about, site->wire);
}

static void test_deadlines(bool tls)
{
        Site site = {.config = HTTP_CONFIG_DEFAULT};
        _cleanup_(client_freep) Client *idle = NULL;

        site.config.header_usec = 300 * USEC_PER_MSEC;
        site.config.body_usec = 150 * USEC_PER_MSEC;
        site.config.idle_usec = 150 * USEC_PER_MSEC;
        site_start(&site, tls, "127.0.0.1");
        drip(&site, "header drips", "GET / HTTP/1.1\r\n", "X: y\r\n");
        drip(&site, "body drips", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n",
             "x");
        drip(&site, "chunks drip",
             "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n");
        drip(&site, "second header drips", "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n",
             "X: y\r\n");
        idle = client_new(&site);
        client_say(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        expect_start("idle", site.wire, client_finish(idle, "idle", site.wire), "HTTP/1.1 200 ");
        site_stop(&site);
}

/* Return: processor time used by all threads. */
static Usec processor_usec(void)
{
        struct timespec spent;

        must("clock", clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) == 0);
        return (Usec)spent.tv_sec * USEC_PER_SEC + (Usec)spent.tv_nsec / 1000;
}

/* Half a ClientHello: waiting for the other half must not keep a processor busy. */
static void test_half_handshake(void)
{
        static const char about[] = "half a handshake";
        static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
        Site site = {.config = HTTP_CONFIG_DEFAULT};
        _cleanup_(client_freep) Client *client = NULL, *second = NULL;
        Site plain;
        Usec before;

        site.config.header_usec = USEC_PER_SEC;
        site_start(&site, true, "127.0.0.1");
        plain = site;
        plain.config.cert_pem = NULL;
        client = client_new(&plain);
        (void)client_send(client, hello, sizeof(hello) - 1);
        before = processor_usec();
        (void)client_finish(client, about, site.wire);
        expect_number(about, site.wire, processor_usec() - before < USEC_PER_SEC / 2, true);

        second = client_new(&plain);
        (void)client_send(second, hello, sizeof(hello) - 1);
        site_await_connections(&site, about, '1');
        site_stop(&site);
        (void)client_finish(second, about, site.wire);
}

/* A silent client: also its TLS handshake has the header's deadline. */
static void test_silence(bool tls)
{
        static const char about[] = "never says a word";
        Site site = {.config = HTTP_CONFIG_DEFAULT};
        _cleanup_(client_freep) Client *client = NULL;
        Site plain;

        site.config.header_usec = 100 * USEC_PER_MSEC;
        site_start(&site, tls, "127.0.0.1");
        plain = site;
        plain.config.cert_pem = NULL;
        client = client_new(&plain);
        (void)client_finish(client, about, site.wire);
        site_stop(&site);
}

static void test_limit(void)
{
        static const char about[] = "second connection of an address";
        Site site = {.config = HTTP_CONFIG_DEFAULT};
        _cleanup_(client_freep) Client *first = NULL, *second = NULL;

        site.config.connections_per_address_max = 1;
        site_start(&site, false, "127.0.0.1");
        first = client_park(&site, about);
        second = client_new(&site);
        expect_text(about, site.wire, "answer", client_finish(second, about, site.wire), "");
        site_command(&site, 'r');
        client_await(first, about, site.wire, "\r\n\r\n<abc>");
        site_stop(&site);
}

static void test_stop_with_parked(bool tls)
{
        static const char about[] = "server ends while a request is parked";
        Site site = {.config = HTTP_CONFIG_DEFAULT};
        _cleanup_(client_freep) Client *client = NULL;

        site_start(&site, tls, "::");
        client = client_park(&site, about);
        site_await_connections(&site, about, '1');
        site_stop(&site);
        expect_text(about, site.wire, "answer", client_finish(client, about, site.wire), "");
}

static void test_new(void)
{
        _cleanup_(buf_done) Buf cert = {0};
        _cleanup_(buf_erase) Buf key = {0};
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(http_server_freep) HttpServer *holder = NULL;
        const HttpCallbacks callbacks = {.on_request = on_request, .on_gone = on_gone};
        HttpConfig config = HTTP_CONFIG_DEFAULT;

        must("certificate", certificate_make("host.test", &cert, &key) == 0);
        must("loop", loop_new(&loop) == 0);
        config.port = 0;
        must("server", http_server_new(loop, &config, &callbacks, &holder) == 0);

        const struct {
                const char *about;
                const char *address, *cert, *key;
                uint16_t port;
                int expected;
        } rows[] = {
                {"port in use", "127.0.0.1", NULL, NULL, http_server_port(holder), -EADDRINUSE},
                {"a name, not an address", "localhost", NULL, NULL, 0, -EINVAL},
                {"someone else's address", "192.0.2.1", NULL, NULL, 0, -EADDRNOTAVAIL},
                {"certificate without key", "127.0.0.1", buf_text(&cert), NULL, 0, -EINVAL},
                {"certificate is not one", "127.0.0.1", "nonsense", buf_text(&key), 0, -EINVAL},
                {"as it should be", "127.0.0.1", buf_text(&cert), buf_text(&key), 0, 0},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(http_server_freep) HttpServer *server = NULL;

                config.address = rows[i].address;
                config.cert_pem = rows[i].cert;
                config.key_pem = rows[i].key;
                config.port = rows[i].port;
                expect_number(rows[i].about, "new",
                              http_server_new(loop, &config, &callbacks, &server),
                              rows[i].expected);
        }
}

static void test_wire(bool tls)
{
        Site site = {.config = HTTP_CONFIG_DEFAULT};

        site.config.body_bytes_max = BODY_MAX;
        site_start(&site, tls, "127.0.0.1");
        test_raw(&site);
        test_length(&site);
        test_continue(&site);
        test_keep_alive(&site);
        test_pipeline(&site);
        test_parked(&site);
        test_gone(&site);
        site_stop(&site);

        test_deadlines(tls);
        test_silence(tls);
        test_stop_with_parked(tls);
}

static void test_thumbprint(void)
{
        static char garbage[] = "garbage";
        const Buf nonsense = {.data = garbage, .size = strlen(garbage)};
        _cleanup_(buf_done) Buf cert = {0};
        _cleanup_(buf_erase) Buf key = {0};
        char thumbprint[CERTIFICATE_THUMBPRINT_SIZE] = "";

        cert.max = key.max = 65536;
        must("certificate", certificate_make("host.test", &cert, &key) == 0);
        must("thumbprint", certificate_thumbprint(&cert, thumbprint) == 0);
        must("all of it", strlen(thumbprint) == CERTIFICATE_THUMBPRINT_SIZE - 1);
        must("hex", strspn(thumbprint, "0123456789ABCDEF:") == strlen(thumbprint));
        must("with colons", thumbprint[2] == ':' && thumbprint[56] == ':');
        must("of a key", certificate_thumbprint(&key, thumbprint) == -EINVAL);
        must("of nonsense", certificate_thumbprint(&nonsense, thumbprint) == -EINVAL);
}

int main(void)
{
        (void)signal(SIGPIPE, SIG_IGN);
        log_open("test-http", getenv("TEST_VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
        test_thumbprint();
        test_new();
        test_limit();
        test_half_handshake();
        test_wire(false);
        test_wire(true);
        return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
