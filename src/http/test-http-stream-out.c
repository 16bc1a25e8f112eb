/*
 * Answers that are streamed: of any size, waited for, broken off, left and cut.
 */

#include "test-http-client.h"
#include "test-http-stream-site.h"

#include <inttypes.h>
#include <poll.h>
#include <sys/socket.h>

#define LARGE      1000000000 /* no buffer takes it all */
#define DRIP_MSEC  20
#define DRIPS      60
#define SIP        4096
#define STALL_USEC USEC_PER_SEC /* less than all the drips take */

static Client *client_get(const Site *site, const char *path, uint64_t size)
{
        Client *client = client_new(site);
        _cleanup_(buf_done) Buf request = {0};

        buf_putf(&request, "GET %s?n=%" PRIu64 " HTTP/1.1\r\nHost: h\r\n\r\n", path, size);
        (void)client_send_all(client, &request);
        return client;
}

static void await_header(Client *client, const char *about, const char *wire, uint64_t size)
{
        _cleanup_(buf_done) Buf length = {0};

        buf_putf(&length, "Content-Length: %" PRIu64, size);
        client_await(client, about, wire, "HTTP/1.1 200 ");
        client_await(client, about, wire, buf_text(&length));
        client_await(client, about, wire, "\r\n\r\n");
}

/* Return: how many of @size bytes came, and were those that should. */
static uint64_t take_body(Client *client, uint64_t size)
{
        uint64_t at = 0;

        do {
                for (size_t i = 0; i < client->size; i++, at++)
                        if (client->answer[i] != stream_byte(at))
                                return at;
                client->size = 0;
                client->answer[0] = '\0';
        } while (at < size && !client->ended && client_read(client, PATIENCE));
        return at;
}

static void test_whole(Site *site)
{
        static const struct {
                const char *about, *path;
                uint64_t size;
        } rows[] = {
                {"nothing", "/out", 0},
                {"one byte", "/out", 1},
                {"one block", "/out", 32768},
                {"beyond any buffer", "/out", 10000000},
                {"little by little", "/out/narrow", 300000},
                {"nothing, little by little", "/out/narrow", 0},
                {"more is said at once", "/out/hasty", 300000},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(client_freep) Client *client =
                        client_get(site, rows[i].path, rows[i].size);

                await_header(client, rows[i].about, site->wire, rows[i].size);
                expect_number(rows[i].about, site->wire, (long)take_body(client, rows[i].size),
                              (long)rows[i].size);
                site_await(site, rows[i].about, 't');
                /* And the connection goes on. */
                client_say(client, "GET /out?n=3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
                await_header(client, rows[i].about, site->wire, 3);
                expect_number(rows[i].about, site->wire, (long)take_body(client, 4), 3);
                site_await(site, rows[i].about, 't');
        }
}

static void test_raw(Site *site)
{
        static const struct {
                const char *about, *request, *start, *end;
                char event;
        } rows[] = {
                {"HEAD", "HEAD /out?n=1000000 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                 "HTTP/1.1 200 ", "Content-Length: 1000000\r\n\r\n", 't'},
                {"HTTP/1.0", "GET /out?n=2 HTTP/1.0\r\n\r\n", "HTTP/1.", "", 't'},
                {"header that cannot be",
                 "GET /out/forged?n=2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                 "HTTP/1.1 500 ", "\r\n\r\n", 'g'},
                {"answers a body",
                 "PUT /in/out?n=0 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                 "Content-Length: 5\r\n\r\nhello",
                 "HTTP/1.1 200 ", "Content-Length: 0\r\n\r\n", 't'},
                {"answers in the middle of a body",
                 "PUT /in/full/out?n=0 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
                 "HTTP/1.1 200 ", "Content-Length: 0\r\n\r\n", 't'},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(client_freep) Client *client = client_new(site);
                const char *answer;

                client_say(client, rows[i].request);
                answer = client_finish(client, rows[i].about, site->wire);
                expect_start(rows[i].about, site->wire, answer, rows[i].start);
                expect_end(rows[i].about, site->wire, answer, rows[i].end);
                site_await(site, rows[i].about, rows[i].event);
        }
}

static void test_asked(Site *site)
{
        static const char about[] = "asked, waited for, given";
        _cleanup_(client_freep) Client *client = client_get(site, "/out/asked", 100000);

        site_await(site, about, 'p');
        site_command(site, 'o');
        await_header(client, about, site->wire, 100000);
        expect_number(about, site->wire, (long)take_body(client, 100000), 100000);
        site_await(site, about, 't');
}

static void test_held(Site *site)
{
        static const char about[] = "source has none yet";
        _cleanup_(client_freep) Client *client = client_get(site, "/out/held", 50000);

        site_await(site, about, 'w');
        site_command(site, 'm');
        await_header(client, about, site->wire, 50000);
        expect_number(about, site->wire, (long)take_body(client, 50000), 50000);
        site_await(site, about, 't');
}

/* The length has been promised, so the client has to see that there is less. */
static void test_broken(Site *site)
{
        static const char about[] = "source breaks off";
        _cleanup_(client_freep) Client *client = client_get(site, "/out/broken", 1000000);
        uint64_t got;

        await_header(client, about, site->wire, 1000000);
        got = take_body(client, 1000000);
        expect_number(about, site->wire, got >= 50000 && got < 1000000 && client->ended, true);
        site_await(site, about, 'g');
}

static void test_gone(Site *site)
{
        static const struct {
                const char *about, *path;
                uint64_t read; /* of the answer */
                char event;    /* awaited first; 0: none */
                bool is_reset;
        } rows[] = {
                {"before there is an answer", "/out/asked", 0, 'p', false},
                {"while the source has none", "/out/held", 0, 'w', false},
                {"while the source has none, reset", "/out/held", 0, 'w', true},
                {"in the middle", "/out", 1000000, 0, false},
                {"in the middle, reset", "/out", 1000000, 0, true},
                {"at the beginning", "/out", 1, 0, false},
        };
        const struct linger at_once = {.l_onoff = 1};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Client *client = client_get(site, rows[i].path, LARGE);

                if (rows[i].event)
                        site_await(site, rows[i].about, rows[i].event);
                if (rows[i].read) {
                        await_header(client, rows[i].about, site->wire, LARGE);
                        (void)take_body(client, rows[i].read);
                }
                if (rows[i].is_reset)
                        must("reset", setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once,
                                                 sizeof(at_once)) == 0);
                client_free(client);
                site_await(site, rows[i].about, 'g');
        }
        site_await_connections(site, "all gone", '0');
}

/* deadlines */

static void test_stall(Site *site)
{
        static const char about[] = "takes nothing";
        _cleanup_(client_freep) Client *kept = client_get(site, "/out/held", 50000);
        _cleanup_(client_freep) Client *silent = NULL;
        Usec before;

        site_await(site, about, 'w');
        silent = client_get(site, "/out", LARGE);
        await_header(silent, about, site->wire, LARGE);
        before = processor_usec();
        site_await(site, about, 'g');
        expect_number(about, site->wire, processor_usec() - before < STALL_USEC / 2, true);
        /* This one has waited longer, but it was not its turn. */
        site_command(site, 'm');
        await_header(kept, about, site->wire, 50000);
        expect_number(about, site->wire, (long)take_body(kept, 50000), 50000);
        site_await(site, about, 't');
}

/* So slow that for long the server has nothing to send: it sees the client move all the same. */
static void test_slow(Site *site)
{
        static const char about[] = "takes little";
        _cleanup_(client_freep) Client *client = client_get(site, "/out", LARGE);

        await_header(client, about, site->wire, LARGE);
        for (size_t i = 0; i < DRIPS && !client->ended; i++) {
                site_await_connections(site, about, '1');
                client->size = sizeof(client->answer) - SIP; /* room for that much */
                (void)client_read(client, PATIENCE);
                (void)poll(NULL, 0, DRIP_MSEC);
        }
        expect_number(about, site->wire, client->ended, false);
}

static void test_stop(bool tls)
{
        static const char about[] = "server ends";
        Site site = {.config = HTTP_CONFIG_DEFAULT};

        stream_site_start(&site, tls);
        _cleanup_(client_freep) Client *asked = client_get(&site, "/out/asked", LARGE);
        site_await(&site, about, 'p');
        _cleanup_(client_freep) Client *held = client_get(&site, "/out/held", LARGE);
        site_await(&site, about, 'w');
        _cleanup_(client_freep) Client *full = client_get(&site, "/out", LARGE);
        await_header(full, about, site.wire, LARGE);
        site_command(&site, 'q');
        for (size_t i = 0; i < 3; i++)
                site_await(&site, about, 'g');
        site_stop(&site);
}

static void test_wire(bool tls)
{
        Site site = {.config = HTTP_CONFIG_DEFAULT};

        stream_site_start(&site, tls);
        test_whole(&site);
        test_raw(&site);
        test_asked(&site);
        test_held(&site);
        test_broken(&site);
        test_gone(&site);
        site_stop(&site);

        site = (Site){.config = HTTP_CONFIG_DEFAULT};
        site.config.stall_usec = STALL_USEC;
        stream_site_start(&site, tls);
        test_stall(&site);
        test_slow(&site);
        site_stop(&site);

        test_stop(tls);
}

int main(void)
{
        site_log("test-http-stream-out");
        test_wire(false);
        test_wire(true);
        return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
