/*
 * One message at a time: what is understood, what is refused, and what is answered.
 */

#include "http/certificate.h"
#include "test-http-client.h"

#define BODY_MAX     1000
#define CLOSE_PLEASE "Host: h\r\nConnection: close\r\n"

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

static void test_new(void)
{
        _cleanup_(buf_done) Buf cert = {0};
        _cleanup_(buf_erase) Buf key = {0};
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(http_server_freep) HttpServer *holder = NULL;
        const HttpCallbacks callbacks = {0};
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
        site_stop(&site);
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
        site_log("test-http");
        test_thumbprint();
        test_new();
        test_wire(false);
        test_wire(true);
        return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
