/*
 * Connections and their ends: parked requests, clients that leave, deadlines, limits.
 */

#include "test-http-client.h"

#include <sys/socket.h>

#define DRIP_MSEC 20

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

/* The line of a chunk's length has no end: its rest must not keep a processor busy either. */
static void test_endless_chunk_line(bool tls)
{
        static const char about[] = "endless line of a chunk";
        Site site = {.config = HTTP_CONFIG_DEFAULT};
        _cleanup_(client_freep) Client *client = NULL;
        _cleanup_(buf_done) Buf request = {0};
        Usec before;

        site.config.body_usec = USEC_PER_SEC;
        site_start(&site, tls, "127.0.0.1");
        client = client_new(&site);
        buf_puts(&request, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;");
        memset(buf_grow(&request, 100000), 'x', 100000);
        before = processor_usec();
        (void)client_send_all(client, &request);
        (void)client_finish(client, about, site.wire);
        expect_number(about, site.wire, processor_usec() - before < USEC_PER_SEC / 10, true);
        site_stop(&site);
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

static void test_wire(bool tls)
{
        Site site = {.config = HTTP_CONFIG_DEFAULT};

        site_start(&site, tls, "127.0.0.1");
        test_parked(&site);
        test_gone(&site);
        site_stop(&site);

        test_deadlines(tls);
        test_silence(tls);
        test_endless_chunk_line(tls);
        test_stop_with_parked(tls);
}

int main(void)
{
        site_log("test-http-connections");
        test_limit();
        test_half_handshake();
        test_wire(false);
        test_wire(true);
        return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
