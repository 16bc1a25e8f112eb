#include "test-http-site.h"

#include "base/log.h"
#include "http/certificate.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

unsigned int failures;

void expect_text(const char *about, const char *wire, const char *what, const char *got,
                 const char *expected)
{
        if (strcmp(got, expected) == 0)
                return;
        failures++;
        (void)fprintf(stderr, "FAIL %s (%s), %s:\n  got      '%s'\n  expected '%s'\n", about, wire,
                      what, got, expected);
}

void expect_start(const char *about, const char *wire, const char *got, const char *start)
{
        _cleanup_(freep) char *head = strndup(got, strlen(start));

        expect_text(about, wire, "start", head, start);
}

void expect_end(const char *about, const char *wire, const char *got, const char *end)
{
        size_t n = strlen(got), n_end = strlen(end);

        expect_text(about, wire, "end", n > n_end ? got + n - n_end : got, end);
}

void expect_number(const char *about, const char *wire, long got, long expected)
{
        char texts[2][32];

        (void)snprintf(texts[0], sizeof(texts[0]), "%ld", got);
        (void)snprintf(texts[1], sizeof(texts[1]), "%ld", expected);
        expect_text(about, wire, "number", texts[0], texts[1]);
}

void must(const char *what, bool ok)
{
        if (ok)
                return;
        (void)fprintf(stderr, "FAIL %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

void site_log(const char *name)
{
        (void)signal(SIGPIPE, SIG_IGN);
        log_open(name, getenv("TEST_VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
}

Usec processor_usec(void)
{
        struct timespec spent;

        must("clock", clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) == 0);
        return (Usec)spent.tv_sec * USEC_PER_SEC + (Usec)spent.tv_nsec / 1000;
}

/* the server */

void site_tell(Site *site, char event)
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
        } else if (site->on_command) {
                site->on_command(site, command);
        } else if (site->n_parked > 0) {
                HttpRequest *request = site->parked[0];

                site_forget(site, request);
                site_answer(request);
        }
        return 0;
}

static void *site_run(void *arg)
{
        Site *site = arg;
        int r;

        if (!site->callbacks.on_request)
                site->callbacks = (HttpCallbacks){.on_request = on_request, .on_gone = on_gone};
        site->callbacks.user = site;
        must("loop", loop_new(&site->loop) == 0);
        r = http_server_new(site->loop, &site->config, &site->callbacks, &site->server);
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

void site_await(Site *site, const char *about, char event)
{
        struct pollfd wait = {.fd = site->events[0], .events = POLLIN};
        char got = '-';

        if (poll(&wait, 1, PATIENCE) == 1)
                must("event", read(site->events[0], &got, 1) == 1);
        expect_text(about, site->wire, "event", (char[]){got, 0}, (char[]){event, 0});
}

void site_command(Site *site, char command)
{
        must("command", write(site->commands[1], &command, 1) == 1);
}

void site_await_connections(Site *site, const char *about, char expected)
{
        char got = '-';

        for (size_t i = 0; got != expected && i < PATIENCE; i++) {
                site_command(site, 'c');
                must("event", read(site->events[0], &got, 1) == 1);
        }
        expect_text(about, site->wire, "connections", (char[]){got, 0}, (char[]){expected, 0});
}

void site_start(Site *site, bool tls, const char *address)
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

void site_stop(Site *site)
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
