/* A link whose peer is the test itself: it says what no link would say. */

#include "channel/test-link-raw.h"

#include "base/test-file.h"
#include "base/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

static void test_conversations(void)
{
        static const struct {
                const char *about;
                FrameKind kind;
                uint64_t own, nonce; /* of the link, of the frame */
                bool heard;
        } rows[] = {
                {"ours", FRAME_PING, NONCE, NONCE, true},
                {"another", FRAME_PING, NONCE, NONCE + 1, false},
                {"none", FRAME_PING, NONCE, 0, false},
                {"before the first", FRAME_PING, 0, 0, false},
                {"before the first", FRAME_REQUEST, 0, NONCE, false},
                {"a request of another", FRAME_REQUEST, NONCE, NONCE + 1, false},
                {"an answer of another", FRAME_ANSWER, NONCE, NONCE - 1, false},
                {"an answer of ours", FRAME_ANSWER, NONCE, NONCE, true},
                {"hello of another", FRAME_HELLO, NONCE, NONCE + 1, true},
                {"hello before the first", FRAME_HELLO, 0, NONCE, true},
                {"announce", FRAME_ANNOUNCE, NONCE, 0, true},
                {"welcome of another", FRAME_WELCOME, NONCE, NONCE + 1, false},
                {"credit is for the link itself", FRAME_CREDIT, NONCE, NONCE, false},
                {"unknown kind of another", (FrameKind)77, NONCE, NONCE + 1, false},
                {"unknown kind of ours", (FrameKind)77, NONCE, NONCE, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const LinkConfig config = a_config();
                _cleanup_(raw_freep) Raw *raw = raw_new(&config);

                link_set_nonce(raw->end.link, rows[i].own);
                raw_frame(raw, rows[i].kind, 0, rows[i].nonce, 1, 4);
                EXPECT_INT(rows[i].about, raw->end.n_messages, rows[i].heard);
                EXPECT_INT(rows[i].about, raw->end.n_lost, 0);
                if (rows[i].heard)
                        EXPECT_INT(rows[i].about, raw->end.heard[0].nonce, rows[i].nonce);
        }
}

static void test_peer_closes(void)
{
        static const struct {
                const char *about;
                size_t parts; /* of a message that has no end */
        } rows[] = {{"at once", 0}, {"inside a message", 3}};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const LinkConfig config = a_config();
                _cleanup_(raw_freep) Raw *raw = raw_new(&config);

                for (size_t k = 0; k < rows[i].parts; k++)
                        raw_frame(raw, FRAME_REQUEST, FRAME_MORE | (k > 0 ? FRAME_CONTINUED : 0),
                                  NONCE, 1, 1000);
                raw->fd = fd_close(raw->fd);
                RUN_UNTIL(raw->loop, raw->end.n_lost > 0);
                run_turns(raw->loop, 3);
                EXPECT_INT(rows[i].about, raw->end.n_lost, 1);
                EXPECT_INT(rows[i].about, raw->end.n_messages, 0);
                EXPECT_STR(rows[i].about, raw->end.why, "the peer closed the connection");
        }
}

/* What was whole is heard although the peer has gone. */
static void test_last_words(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);
        _cleanup_(buf_done) Buf bytes = {0};

        frame_write(&bytes, &(Frame){FRAME_PONG, 0, NONCE, 1, NULL, 0});
        frame_write(&bytes, &(Frame){FRAME_PONG, 0, NONCE, 2, NULL, 0});
        EXPECT_INT("written", write(raw->fd, bytes.data, bytes.size), (ssize_t)bytes.size);
        raw->fd = fd_close(raw->fd);
        RUN_UNTIL(raw->loop, raw->end.n_lost > 0);
        EXPECT_INT("both", raw->end.n_messages, 2);
}

/* Limits of what comes: each row sends parts, and where they are too many the link is lost. */
static void test_incoming_limits(void)
{
        static const struct {
                const char *about;
                size_t message_max, incoming_max;
                size_t n_ids, n_parts, size; /* parts of each message in turn, all with MORE */
                bool lost;
        } rows[] = {
                {"message: as large as allowed", 64 << 10, 16 << 20, 1, 2, 32768, false},
                {"message: too large", 64 << 10, 16 << 20, 1, 3, 32768, true},
                {"together: as much as allowed", 1 << 20, 128 << 10, 4, 1, 32768, false},
                {"together: too much", 1 << 20, 128 << 10, 5, 1, 32768, true},
                {"without waiting for credit", 16 << 20, 16 << 20, 1, 40, 32768, false},
                {"as many as allowed", 16 << 20, 16 << 20, 1024, 1, 1, false},
                {"too many", 16 << 20, 16 << 20, 1025, 1, 1, true},
                {"parts of nothing", 16 << 20, 16 << 20, 1, 1000, 0, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                LinkConfig config = a_config();
                _cleanup_(raw_freep) Raw *raw = NULL;
                _cleanup_(buf_done) Buf bytes = {0};
                char payload[FRAME_PAYLOAD_MAX] = {0};

                config.message_bytes_max = rows[i].message_max;
                config.incoming_bytes_max = rows[i].incoming_max;
                raw = raw_new(&config);
                for (size_t part = 0; part < rows[i].n_parts; part++)
                        for (uint32_t id = 1; id <= rows[i].n_ids; id++)
                                frame_write(&bytes,
                                            &(Frame){FRAME_REQUEST,
                                                     FRAME_MORE | (part > 0 ? FRAME_CONTINUED : 0),
                                                     NONCE, id, payload, (uint32_t)rows[i].size});
                raw_write(raw, &bytes);
                EXPECT_INT(rows[i].about, raw->end.n_lost, rows[i].lost);
                EXPECT_INT(rows[i].about, raw->end.n_messages, 0);
                EXPECT_STR(rows[i].about, raw->end.why,
                           rows[i].lost ? "the peer sent more than it may" : "");
        }
}

/* What a message held is given back when it is whole, and so is its place. */
static void test_incoming_is_given_back(void)
{
        LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = NULL;

        config.message_bytes_max = config.incoming_bytes_max = 64 * KIB;
        raw = raw_new(&config);
        for (uint32_t id = 1; id <= 1100; id++) {
                raw_frame(raw, FRAME_ANSWER, FRAME_MORE, NONCE, id, FRAME_PAYLOAD_MAX);
                raw_frame(raw, FRAME_ANSWER, FRAME_CONTINUED, NONCE, id, FRAME_PAYLOAD_MAX);
        }
        EXPECT_INT("all", raw->end.n_messages, 1100);
        EXPECT_INT("none lost", raw->end.n_lost, 0);
        EXPECT_INT("whole", raw->end.heard[1099].size, 2 * (size_t)FRAME_PAYLOAD_MAX);
}

static void test_mixed_parts(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        raw_frame(raw, FRAME_REQUEST, FRAME_MORE, NONCE, 1, 10);
        raw_frame(raw, FRAME_ANSWER, FRAME_CONTINUED, NONCE, 1, 10);
        EXPECT_INT("half a request, half an answer", raw->end.n_lost, 1);
        EXPECT_INT("is nothing", raw->end.n_messages, 0);
}

/* A message that was forgotten half-way: what is still on its way is no new one. */
static void test_forgotten_parts(void)
{
        LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = NULL;

        config.incoming_bytes_max = 64 * KIB;
        raw = raw_new(&config);
        for (uint32_t id = 1; id <= 1100; id++) {
                raw_frame(raw, FRAME_ANSWER, FRAME_MORE, NONCE, id, 1000);
                link_forget(raw->end.link, id);
                raw_frame(raw, FRAME_ANSWER, FRAME_MORE | FRAME_CONTINUED, NONCE, id, 1000);
        }
        EXPECT_INT("none kept", raw->end.n_lost, 0);
        raw_frame(raw, FRAME_ANSWER, 0, NONCE, 2000, 10);
        EXPECT_INT("goes on", raw->end.n_messages, 1);
}

/* A first part where another is under way: the peer has begun anew. */
static void test_begun_anew(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        raw_frame(raw, FRAME_ANSWER, FRAME_MORE, NONCE, 1, 1000);
        raw_frame(raw, FRAME_ANSWER, 0, NONCE, 1, 10);
        EXPECT_INT("one", raw->end.n_messages, 1);
        EXPECT_INT("the second", raw->end.heard[0].size, 10);
}

/* Nobody reads: what is held here has an end. */
static void test_outgoing_limits(void)
{
        LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = NULL;
        Buf broken = {.max = 1};
        size_t n = 0;
        int r;

        config.outgoing_bytes_max = MIB;
        raw = raw_new(&config);
        EXPECT_INT("fits", send_filled(&raw->end, FRAME_REQUEST, 1, 600 * KIB), 0);
        EXPECT_INT("does not", send_filled(&raw->end, FRAME_REQUEST, 2, 600 * KIB), -ENOBUFS);
        EXPECT_INT("to the brim", send_filled(&raw->end, FRAME_REQUEST, 3, 424 * KIB), 0);
        EXPECT_INT("not one byte more", send_filled(&raw->end, FRAME_REQUEST, 4, 1), -ENOBUFS);
        link_forget(raw->end.link, 1);
        EXPECT_INT("room again", send_filled(&raw->end, FRAME_REQUEST, 5, 600 * KIB), 0);
        buf_puts(&broken, "too long");
        EXPECT_INT("a payload that failed",
                   link_send_message(raw->end.link, FRAME_REQUEST, 6, &broken), -ENOBUFS);
        buf_done(&broken);

        do
                r = link_send(raw->end.link, FRAME_PONG, 0, NULL, 0);
        while (r >= 0 && ++n < 10 * MIB / FRAME_HEADER_BYTES);
        EXPECT_INT("control frames too", r, -ENOBUFS);
        EXPECT("have an end", n <= MIB / FRAME_HEADER_BYTES + 1);

        (void)raw_read(raw);
        EXPECT_INT("and go on when somebody reads",
                   link_send(raw->end.link, FRAME_PONG, 0, NULL, 0), 0);
}

static void test_outgoing_count(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        for (uint32_t id = 1; id <= 1024; id++)
                EXPECT_INT("fits", send_filled(&raw->end, FRAME_REQUEST, id, 1), 0);
        EXPECT_INT("one too many", send_filled(&raw->end, FRAME_REQUEST, 1025, 1), -ENOBUFS);
        EXPECT_INT("all arrive", raw_read(raw), 1024);
        EXPECT_INT("and there is room", send_filled(&raw->end, FRAME_REQUEST, 1025, 1), 0);
}

static void give_credit(Raw *raw, uint32_t id, const void *payload, size_t size)
{
        _cleanup_(buf_done) Buf bytes = {0};

        frame_write(&bytes, &(Frame){FRAME_CREDIT, 0, NONCE, id, payload, (uint32_t)size});
        raw_write(raw, &bytes);
}

/* The first window, and then exactly what the peer grants. */
static void test_credit(void)
{
        static const struct {
                const char *about;
                uint32_t id;
                const char *payload;
                size_t size, sent;
        } rows[] = {
                {"1000 bytes", 1, "\xe8\x03\x00\x00", 4, 1000},
                {"nothing", 1, "\x00\x00\x00\x00", 4, 0},
                {"for another", 2, "\xe8\x03\x00\x00", 4, 0},
                {"three bytes of credit", 1, "\xe8\x03\x00", 3, 0},
                {"five bytes of credit", 1, "\xe8\x03\x00\x00\x00", 5, 0},
                {"a window", 1, "\x00\x00\x04\x00", 4, LINK_WINDOW_BYTES},
        };
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("send", send_filled(&raw->end, FRAME_REQUEST, 1, 8 * MIB), 0);
        EXPECT_INT("the first window", raw_read(raw), LINK_WINDOW_BYTES);
        EXPECT_INT("and no more", raw_read(raw), 0);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                give_credit(raw, rows[i].id, rows[i].payload, rows[i].size);
                EXPECT_INT(rows[i].about, raw_read(raw), rows[i].sent);
        }
        EXPECT_INT("another is not held up", send_filled(&raw->end, FRAME_REQUEST, 9, 100), 0);
        EXPECT_INT("another is not held up", raw_read(raw), 100);
}

/* More than a window can be granted; more than the number holds is no grant. */
static void test_too_much_credit(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("send", send_filled(&raw->end, FRAME_REQUEST, 1, 2 * MIB), 0);
        give_credit(raw, 1, "\xff\xff\xff\xff", 4); /* on top of what it began with */
        EXPECT_INT("the window it began with", raw_read(raw), LINK_WINDOW_BYTES);
        give_credit(raw, 1, "\xff\xff\xff\xff", 4);
        EXPECT_INT("the rest", raw_read(raw), 2 * MIB - LINK_WINDOW_BYTES);
}

static void test_garbage(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);
        _cleanup_(buf_done) Buf bytes = {0};

        for (size_t i = 0; i < 200000; i++)
                buf_putc(&bytes, (char)(i % 7 ? i * 13 : 0xc7));
        for (uint32_t id = 1; id <= 3; id++) {
                buf_puts(&bytes, "login: \xc7GO\n");
                frame_write(&bytes, &(Frame){FRAME_PONG, 0, NONCE, id, NULL, 0});
        }
        raw_write(raw, &bytes);
        EXPECT_INT("all frames", raw->end.n_messages, 3);
        EXPECT_INT("nobody complains", raw->end.n_lost, 0);
        EXPECT_INT("counted", link_bytes_lost(raw->end.link), bytes.size - 3 * FRAME_HEADER_BYTES);
}

/* Half a frame, and a whole one inside what it promised: the timer finds it, nothing else comes. */
static void test_patience(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);
        _cleanup_(buf_done) Buf bytes = {0};
        char payload[1000] = {0};

        frame_write(&bytes, &(Frame){FRAME_REQUEST, 0, NONCE, 1, payload, sizeof(payload)});
        bytes.size = 500;
        frame_write(&bytes, &(Frame){FRAME_PONG, 0, NONCE, 2, NULL, 0});
        raw_write(raw, &bytes);
        EXPECT_INT("not yet", raw->end.n_messages, 0);
        RUN_UNTIL(raw->loop, raw->end.n_messages >= 1);
        EXPECT_INT("the whole one", raw->end.heard[0].id, 2);
        EXPECT_INT("the half one is dropped", link_bytes_lost(raw->end.link), 500);
}

/* a port in the guest: a FIFO has the same ends of file, and they are not the end */

static void test_port(void)
{
        const char *path = test_path("port");
        LinkConfig config = a_config();
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(buf_done) Buf hello = {0};
        End *end = calloc(1, sizeof(*end));

        if (!end || loop_new(&loop) < 0 || mkfifo(path, 0600) < 0)
                abort();
        config.mode = LINK_PORT;
        end_open(end, loop, open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), &config, 0);
        EXPECT_INT("announce", link_send(end->link, FRAME_ANNOUNCE, 0, NULL, 0), 0);
        run_turns(loop, 5);
        EXPECT_INT("nobody was there, nobody is lost", end->n_lost, 0);

        frame_write(&hello, &(Frame){FRAME_HELLO, 0, NONCE, 0, NULL, 0});
        for (size_t life = 1; life <= 3; life++) {
                int host = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

                EXPECT_INT("hello", write(host, hello.data, hello.size), (ssize_t)hello.size);
                RUN_UNTIL(loop, end->n_messages >= life);
                EXPECT_INT("heard", end->n_messages, life);
                EXPECT_INT("the host is there", end->n_lost, life - 1);

                /* The host dies in the middle of a frame. The next one need not wait for it. */
                EXPECT_INT("half", write(host, hello.data, 20), 20);
                run_turns(loop, 2);
                fd_close(host);
                RUN_UNTIL(loop, end->n_lost >= life);
                run_turns(loop, 5);
                EXPECT_INT("lost once", end->n_lost, life);
                EXPECT_STR("why", end->why, "the host closed the port");
                EXPECT("the link lives", end->link != NULL);
        }

        /* Words and an end at once. */
        {
                int host = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

                EXPECT_INT("hello", write(host, hello.data, hello.size), (ssize_t)hello.size);
                fd_close(host);
                RUN_UNTIL(loop, end->n_lost >= 4);
                EXPECT_INT("heard before it was lost", end->n_messages, 4);
        }
        end->link = link_close(end->link);
        free(end);
}

/* Both ways, on a socketpair: writing to nobody is no reason to end. */
static void test_port_both_ways(void)
{
        LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = NULL;

        config.mode = LINK_PORT;
        raw = raw_new(&config);
        raw_frame(raw, FRAME_HELLO, 0, NONCE, 0, 10);
        EXPECT_INT("hello", raw->end.n_messages, 1);
        EXPECT_INT("large", send_filled(&raw->end, FRAME_ANSWER, 1, 200 * KIB), 0);
        EXPECT_INT("arrives", raw_read(raw), 200 * KIB);
        raw_frame(raw, FRAME_REQUEST, FRAME_MORE, NONCE, 1, 10);
        raw_frame(raw, FRAME_ANSWER, FRAME_CONTINUED, NONCE, 1, 10);
        EXPECT_INT("broken rules", raw->end.n_lost, 1);
        EXPECT("the link lives", raw->end.link != NULL);
        link_set_nonce(raw->end.link, NONCE); /* as the owner does */
        raw_frame(raw, FRAME_PING, 0, NONCE, 2, 0);
        EXPECT_INT("goes on", raw->end.n_messages, 2);

        raw->fd = fd_close(raw->fd);
        RUN_UNTIL(raw->loop, raw->end.n_lost >= 2);
        EXPECT_INT("to nobody", link_send(raw->end.link, FRAME_PONG, 0, NULL, 0), 0);
        EXPECT_INT("to nobody", send_filled(&raw->end, FRAME_ANSWER, 2, MIB), 0);
        run_turns(raw->loop, 5);
        EXPECT_INT("once", raw->end.n_lost, 2);
        EXPECT("the link lives", raw->end.link != NULL);
}

/* A socket that breaks while it is written to. */
static void test_broken_socket(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("send", send_filled(&raw->end, FRAME_ANSWER, 1, MIB), 0);
        raw->fd = fd_close(raw->fd);
        RUN_UNTIL(raw->loop, raw->end.n_lost > 0);
        run_turns(raw->loop, 3);
        EXPECT_INT("once", raw->end.n_lost, 1);
}

int main(void)
{
        (void)signal(SIGPIPE, SIG_IGN);
        test_directory_make();
        test_conversations();
        test_peer_closes();
        test_last_words();
        test_incoming_limits();
        test_incoming_is_given_back();
        test_mixed_parts();
        test_forgotten_parts();
        test_begun_anew();
        test_outgoing_limits();
        test_outgoing_count();
        test_credit();
        test_too_much_credit();
        test_garbage();
        test_patience();
        test_port();
        test_port_both_ways();
        test_broken_socket();
        test_directory_remove();
        return test_end();
}
