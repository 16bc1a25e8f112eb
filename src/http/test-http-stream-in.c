/*
 * Bodies that are streamed: of any size, held back, refused, left and cut.
 */

#include "test-http-client.h"
#include "test-http-stream-site.h"

#include <inttypes.h>
#include <sys/socket.h>

#define PIECE      8192
#define DRIP_MSEC  20
#define DRIPS      60
#define STALL_USEC USEC_PER_SEC /* less than all the drips take */

/* Sends the bytes from @at up to @end of a body; in chunks of at most @chunk where that is set. */
static bool send_part(Client *client, uint64_t at, uint64_t end, size_t chunk)
{
        size_t max = chunk ? chunk : PIECE;

        while (at < end) {
                _cleanup_(buf_done) Buf piece = {0};
                size_t n = end - at < max ? (size_t)(end - at) : max;

                if (chunk)
                        buf_putf(&piece, "%zx\r\n", n);
                for (size_t i = 0; i < n; i++)
                        buf_put(&piece, (char[]){stream_byte(at + i)}, 1);
                if (chunk)
                        buf_puts(&piece, "\r\n");
                if (!client_send_all(client, &piece))
                        return false;
                at += n;
        }
        return true;
}

/* Sends the header; @more are header lines, or "". @size is ignored for chunks. */
static void send_header(Client *client, const char *path, uint64_t size, bool chunked,
                        const char *lines)
{
        _cleanup_(buf_done) Buf header = {0};

        buf_putf(&header, "PUT %s HTTP/1.1\r\nHost: h\r\n%s", path, lines);
        if (chunked)
                buf_puts(&header, "Transfer-Encoding: chunked\r\n\r\n");
        else
                buf_putf(&header, "Content-Length: %" PRIu64 "\r\n\r\n", size);
        (void)client_send_all(client, &header);
}

/* Return: a client that has sent so much of its body. */
static Client *client_put(Site *site, const char *path, uint64_t size, uint64_t sent)
{
        Client *client = client_new(site);

        send_header(client, path, size, false, "");
        (void)send_part(client, 0, sent, 0);
        return client;
}

static void test_whole(Site *site)
{
        static const struct {
                const char *about, *path;
                uint64_t size;
                size_t chunk;
                const char *start, *end;
        } rows[] = {
                {"empty", "/in", 0, 0, "HTTP/1.1 200 ", "<0 good>"},
                {"empty, chunked", "/in", 0, 10, "HTTP/1.1 200 ", "<0 good>"},
                {"one byte", "/in", 1, 0, "HTTP/1.1 200 ", "<1 good>"},
                {"beyond any buffer", "/in", 3000000, 0, "HTTP/1.1 200 ", "<3000000 good>"},
                {"small chunks", "/in", 20000, 7, "HTTP/1.1 200 ", "<20000 good>"},
                {"large chunks", "/in", 3000000, 100000, "HTTP/1.1 200 ", "<3000000 good>"},
                {"little by little", "/in/narrow", 300000, 0, "HTTP/1.1 200 ", "<300000 good>"},
                {"chunks little by little", "/in/narrow", 300000, 12345, "HTTP/1.1 200 ",
                 "<300000 good>"},
                {"more is said at once", "/in/hasty", 300000, 0, "HTTP/1.1 200 ", "<300000 good>"},
                {"refused, sent all the same", "/in/refused", 1000000, 0, "HTTP/1.1 403 ",
                 "<0 good>"},
                {"refused, chunks all the same", "/in/refused", 1000000, 10000, "HTTP/1.1 403 ",
                 "<0 good>"},
                {"refused, empty", "/in/refused", 0, 0, "HTTP/1.1 403 ", "<0 good>"},
                {"refused in the middle", "/in/full", 1000000, 0, "HTTP/1.1 507 ", " good>"},
                {"refused in the middle of chunks", "/in/full", 1000000, 10000, "HTTP/1.1 507 ",
                 " good>"},
                {"not streamed", "/else", 10, 0, "HTTP/1.1 404 ", "\r\n\r\n"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(client_freep) Client *client = client_new(site);
                const char *answer;

                send_header(client, rows[i].path, rows[i].size, rows[i].chunk,
                            "Connection: close\r\n");
                (void)send_part(client, 0, rows[i].size, rows[i].chunk);
                if (rows[i].chunk)
                        client_say(client, "0\r\n\r\n");
                answer = client_finish(client, rows[i].about, site->wire);
                expect_start(rows[i].about, site->wire, answer, rows[i].start);
                expect_end(rows[i].about, site->wire, answer, rows[i].end);
        }
}

/* The client asks for leave before it sends its body. */
static void test_continue(Site *site)
{
        static const struct {
                const char *about, *path;
                char command; /* once the request is there; 0: none */
                const char *start;
        } rows[] = {
                {"leave given", "/in", 0, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "},
                {"leave given later", "/in/asked", 'v',
                 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "},
                {"refused", "/in/refused", 0, "HTTP/1.1 403 "},
                {"refused later", "/in/asked", 'r', "HTTP/1.1 200 "},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(client_freep) Client *client = client_new(site);
                bool has_leave = strstr(rows[i].start, "Continue");

                send_header(client, rows[i].path, 5000, false,
                            "Expect: 100-continue\r\nConnection: close\r\n");
                if (rows[i].command) {
                        site_await(site, rows[i].about, 'p');
                        site_command(site, rows[i].command);
                }
                if (has_leave) {
                        while (!strstr(client->answer, "\r\n\r\n") && client_read(client, PATIENCE))
                                ;
                        (void)send_part(client, 0, 5000, 0);
                }
                expect_start(rows[i].about, site->wire,
                             client_finish(client, rows[i].about, site->wire), rows[i].start);
        }
}

static void test_one_connection(Site *site)
{
        static const char about[] = "one connection";
        static const char *const paths[] = {"/in", "/in/full", "/in/asked", "/in/narrow", "/in"};
        _cleanup_(client_freep) Client *client = client_new(site);

        for (size_t i = 0; i < ELEMENTS(paths); i++) {
                send_header(client, paths[i], 50000, i % 2, "");
                (void)send_part(client, 0, 50000, i % 2 ? 1000 : 0);
                if (i % 2)
                        client_say(client, "0\r\n\r\n");
                if (strcmp(paths[i], "/in/asked") == 0) {
                        site_await(site, about, 'p');
                        site_command(site, 'v');
                }
                client_await(client, about, site->wire, " good>");
        }
        client_say(client, "PUT /in HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n\001"
                           "PUT /in HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n\001");
        client_await(client, about, site->wire, "<1 bad>");
        client_await(client, about, site->wire, "<1 bad>");
}

/* What the client has sent waits for room, and the client for its answer: nobody has left. */
static void test_held(Site *site)
{
        static const char about[] = "all sent, no room";
        _cleanup_(client_freep) Client *client = client_put(site, "/in/held", 50000, 50000);

        site_await(site, about, 'f');
        site_await_connections(site, about, '1');
        site_command(site, 'm');
        client_await(client, about, site->wire, "<50000 good>");
}

static void test_answered_without_room(Site *site)
{
        static const char about[] = "answered while there is no room";
        _cleanup_(client_freep) Client *client = client_put(site, "/in/held", 50000, 20000);

        site_await(site, about, 'f');
        site_command(site, 'r');
        (void)send_part(client, 20000, 50000, 0);
        client_await(client, about, site->wire, "<1000 good>");
        client_say(client, "PUT /in HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        client_await(client, about, site->wire, "<0 good>");
}

typedef enum Leaving { LEAVES, RESETS, HALF_CLOSES, BREAKS_CHUNKS } Leaving;

static void leave(Client **client, Leaving how)
{
        const struct linger at_once = {.l_onoff = 1};

        if (how == BREAKS_CHUNKS)
                client_say(*client, "nonsense\r\n");
        else if (how == HALF_CLOSES)
                must("shutdown", shutdown((*client)->fd, SHUT_WR) == 0);
        else if (how == RESETS)
                must("reset", setsockopt((*client)->fd, SOL_SOCKET, SO_LINGER, &at_once,
                                         sizeof(at_once)) == 0);
        if (how == LEAVES || how == RESETS)
                *client = client_free(*client);
}

static void test_gone(Site *site)
{
        static const struct {
                const char *about, *path;
                uint64_t sent; /* of a million */
                char event;    /* awaited first; 0: none */
                Leaving how;
        } rows[] = {
                {"before it is received", "/in/asked", 0, 'p', LEAVES},
                {"bytes wait for being received", "/in/asked", 1000, 'p', LEAVES},
                {"reset before it is received", "/in/asked", 1000, 'p', RESETS},
                {"in the middle", "/in/told", 100000, 'b', LEAVES},
                {"reset in the middle", "/in/told", 100000, 'b', RESETS},
                {"closes its half in the middle", "/in/told", 100000, 'b', HALF_CLOSES},
                {"no room", "/in/held", 50000, 'f', LEAVES},
                {"no room, reset", "/in/held", 50000, 'f', RESETS},
                {"no room, closes its half", "/in/held", 50000, 'f', HALF_CLOSES},
                {"the whole body, and then", "/in/end", 1000000, 'e', LEAVES},
                {"broken chunks", "/in", 0, 0, BREAKS_CHUNKS},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Client *client = client_new(site);

                send_header(client, rows[i].path, 1000000, rows[i].how == BREAKS_CHUNKS, "");
                (void)send_part(client, 0, rows[i].sent, 0);
                if (rows[i].event)
                        site_await(site, rows[i].about, rows[i].event);
                leave(&client, rows[i].how);
                site_await(site, rows[i].about, 'g');
                if (client)
                        client_free(client);
        }
        site_await_connections(site, "all gone", '0');
}

/* The server sees a part of the body and the end at once, as one edge. */
static void test_gone_at_once(Site *site)
{
        static const char about[] = "part and end at once";
        Client *client = client_put(site, "/in/told", 1000000, 10);

        site_await(site, about, 'b');
        site_await_connections(site, about, '1');
        site_command(site, 'h');
        (void)send_part(client, 10, 20, 0);
        client_free(client);
        site_command(site, 'h');
        site_await(site, about, 'g');
}

/* deadlines */

static void test_stall(Site *site)
{
        static const char about[] = "stalls";
        _cleanup_(client_freep) Client *kept = client_put(site, "/in/held", 50000, 50000);
        _cleanup_(client_freep) Client *silent = NULL;
        Usec before;

        site_await(site, about, 'f');
        silent = client_put(site, "/in", 50000, 20000);
        before = processor_usec();
        site_await(site, about, 'g');
        expect_number(about, site->wire, processor_usec() - before < STALL_USEC / 2, true);
        expect_text(about, site->wire, "answer", client_finish(silent, about, site->wire), "");
        /* This one has waited longer, but it was not its turn. */
        site_command(site, 'm');
        client_await(kept, about, site->wire, "<50000 good>");
}

static void test_drip(Site *site)
{
        _cleanup_(client_freep) Client *client = client_put(site, "/in", DRIPS, 0);
        _cleanup_(client_freep) Client *refused = client_put(site, "/in/full", 100000, 1);
        bool taken = true;

        for (uint64_t at = 0; at < DRIPS && taken; at++) {
                taken = send_part(client, at, at + 1, 0);
                (void)client_read(client, DRIP_MSEC);
        }
        client_await(client, "drips", site->wire, "<60 good>");

        taken = true;
        while (taken && !refused->ended) {
                taken = send_part(refused, 1, 2, 0);
                (void)client_read(refused, DRIP_MSEC);
        }
        expect_text("drips what is thrown away", site->wire, "answer",
                    client_finish(refused, "drips what is thrown away", site->wire), "");
}

static void test_stop(bool tls)
{
        static const char about[] = "server ends";
        Site site = {.config = HTTP_CONFIG_DEFAULT};

        stream_site_start(&site, tls);
        _cleanup_(client_freep) Client *asked = client_put(&site, "/in/asked", 1000000, 1000);
        site_await(&site, about, 'p');
        _cleanup_(client_freep) Client *held = client_put(&site, "/in/held", 1000000, 2000);
        site_await(&site, about, 'f');
        _cleanup_(client_freep) Client *half = client_put(&site, "/in/told", 1000000, 1000);
        site_await(&site, about, 'b');
        _cleanup_(client_freep) Client *full = client_put(&site, "/in/full", 1000000, 1000);
        site_await_connections(&site, about, '4');
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
        test_continue(&site);
        test_one_connection(&site);
        test_held(&site);
        test_answered_without_room(&site);
        test_gone(&site);
        test_gone_at_once(&site);
        site_stop(&site);

        site = (Site){.config = HTTP_CONFIG_DEFAULT};
        site.config.stall_usec = STALL_USEC;
        stream_site_start(&site, tls);
        test_stall(&site);
        test_drip(&site);
        site_stop(&site);

        test_stop(tls);
}

int main(void)
{
        site_log("test-http-stream-in");
        test_wire(false);
        test_wire(true);
        return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
