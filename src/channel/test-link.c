/* Two links on a socketpair in one loop. */

#include "channel/test-link.h"

#include "base/test.h"
#include "channel/link-private.h"

#include <signal.h>

typedef struct Pair {
        Loop *loop;
        End a, b;
} Pair;

static Pair *pair_new(void)
{
        const LinkConfig config = a_config();
        Pair *pair = calloc(1, sizeof(*pair));
        int fds[2];

        if (!pair || loop_new(&pair->loop) < 0)
                abort();
        make_pair(fds);
        end_open(&pair->a, pair->loop, fds[0], &config, NONCE);
        end_open(&pair->b, pair->loop, fds[1], &config, NONCE);
        return pair;
}

static void pair_free(Pair *pair)
{
        link_close(pair->a.link);
        link_close(pair->b.link);
        loop_free(pair->loop);
        free(pair);
}
DEFINE_CLEANUP(Pair, pair_free)

static void test_control_frames(void)
{
        static const struct {
                FrameKind kind;
                uint32_t id;
                size_t size;
        } rows[] = {
                {FRAME_HELLO, 0, 100}, {FRAME_WELCOME, 0, FRAME_PAYLOAD_MAX},
                {FRAME_PING, 0, 0},    {FRAME_CONFIRM, 7, 0},
                {FRAME_GO, 7, 0},      {FRAME_CANCEL, UINT32_MAX, 0},
                {FRAME_PONG, 0, 8},    {(FrameKind)99, 3, 5},
        };
        _cleanup_(pair_freep) Pair *pair = pair_new();
        char payload[FRAME_PAYLOAD_MAX];

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                fill(payload, rows[i].size, rows[i].id);
                EXPECT_INT("send",
                           link_send(pair->a.link, rows[i].kind, rows[i].id, payload, rows[i].size),
                           0);
        }
        RUN_UNTIL(pair->loop, pair->b.n_messages >= ELEMENTS(rows));
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                EXPECT_INT("kind", pair->b.heard[i].kind, rows[i].kind);
                EXPECT_INT("id", pair->b.heard[i].id, rows[i].id);
                EXPECT_INT("size", pair->b.heard[i].size, rows[i].size);
                EXPECT_INT("nonce", pair->b.heard[i].nonce, NONCE);
                EXPECT("payload", pair->b.heard[i].good);
        }
        EXPECT_INT("nothing was said to the other", pair->a.n_messages, 0);
        EXPECT_INT("nothing lost", link_bytes_lost(pair->b.link), 0);
}

static void test_message_sizes(void)
{
        static const size_t sizes[] = {
                0,
                1,
                FRAME_PAYLOAD_MAX - 1,
                FRAME_PAYLOAD_MAX,
                FRAME_PAYLOAD_MAX + 1,
                LINK_WINDOW_BYTES - 1,
                LINK_WINDOW_BYTES,
                LINK_WINDOW_BYTES + 1,
                1 << 20,
                (1 << 20) + 1,
                16 << 20,
        };
        _cleanup_(pair_freep) Pair *pair = pair_new();

        for (size_t i = 0; i < ELEMENTS(sizes); i++) {
                End *from = i % 2 ? &pair->a : &pair->b, *to = i % 2 ? &pair->b : &pair->a;
                size_t n = to->n_messages;
                char about[32];

                (void)snprintf(about, sizeof(about), "%zu bytes", sizes[i]);
                EXPECT_INT(about, send_filled(from, FRAME_REQUEST, (uint32_t)i, sizes[i]), 0);
                RUN_UNTIL(pair->loop, to->n_messages > n || to->n_lost > 0);
                EXPECT_STR(about, to->why, "");
                EXPECT_INT(about, to->heard[n].kind, FRAME_REQUEST);
                EXPECT_INT(about, to->heard[n].id, i);
                EXPECT_INT(about, to->heard[n].size, sizes[i]);
                EXPECT(about, to->heard[n].good);
        }
}

static void test_small_overtakes_large(void)
{
        _cleanup_(pair_freep) Pair *pair = pair_new();

        EXPECT_INT("huge", send_filled(&pair->a, FRAME_ANSWER, 1, 8 * MIB), 0);
        EXPECT_INT("small", send_filled(&pair->a, FRAME_ANSWER, 2, 10), 0);
        run_turns(pair->loop, 3);
        EXPECT_INT("small", send_filled(&pair->a, FRAME_ANSWER, 3, 40 * KIB), 0);
        EXPECT_INT("control", link_send(pair->a.link, FRAME_PONG, 4, NULL, 0), 0);
        RUN_UNTIL(pair->loop, pair->b.n_messages >= 4);
        EXPECT_INT("the first", pair->b.heard[0].id, 2);
        EXPECT_INT("the last", pair->b.heard[3].id, 1);
        EXPECT_INT("whole", pair->b.heard[3].size, 8 * MIB);
        EXPECT("intact", pair->b.heard[3].good);
}

/* Many at once, both ways: each arrives once, intact, and the smaller the sooner. */
static void test_many(void)
{
        _cleanup_(pair_freep) Pair *pair = pair_new();
        bool seen[101] = {false};

        for (uint32_t id = 1; id <= 100; id++) {
                EXPECT_INT("there", send_filled(&pair->a, FRAME_REQUEST, id, (101 - id) * 4 * KIB),
                           0);
                EXPECT_INT("back", send_filled(&pair->b, FRAME_ANSWER, id, id * 100), 0);
        }
        RUN_UNTIL(pair->loop, pair->a.n_messages >= 100 && pair->b.n_messages >= 100);
        for (size_t i = 0; i < 100; i++) {
                EXPECT("intact", pair->a.heard[i].good && pair->b.heard[i].good);
                EXPECT("each once", !seen[pair->b.heard[i].id]);
                seen[pair->b.heard[i].id] = true;
        }
        EXPECT("the largest is not the first", pair->b.heard[0].id != 1);
        EXPECT("the last is one of those with most parts", pair->b.heard[99].size > 384 * KIB);
}

static void test_new_conversation(void)
{
        _cleanup_(pair_freep) Pair *pair = pair_new();

        EXPECT_INT("old", send_filled(&pair->a, FRAME_REQUEST, 1, 4 * MIB), 0);
        EXPECT_INT("old", send_filled(&pair->b, FRAME_ANSWER, 1, 4 * MIB), 0);
        run_turns(pair->loop, 3); /* a part of it is under way */
        link_set_nonce(pair->a.link, NONCE + 1);
        link_set_nonce(pair->b.link, NONCE + 1);
        EXPECT_INT("new, same id", send_filled(&pair->a, FRAME_REQUEST, 1, MIB), 0);
        EXPECT_INT("new, same id", send_filled(&pair->b, FRAME_ANSWER, 1, 10), 0);
        RUN_UNTIL(pair->loop, pair->a.n_messages >= 1 && pair->b.n_messages >= 1);
        run_turns(pair->loop, 10);
        EXPECT_INT("one", pair->a.n_messages, 1);
        EXPECT_INT("one", pair->b.n_messages, 1);
        EXPECT_INT("the new one", pair->b.heard[0].size, MIB);
        EXPECT_INT("the new one", pair->b.heard[0].nonce, NONCE + 1);
        EXPECT("intact", pair->a.heard[0].good && pair->b.heard[0].good);
        EXPECT_INT("nobody complains", pair->a.n_lost + pair->b.n_lost, 0);
}

static void test_forget(void)
{
        _cleanup_(pair_freep) Pair *pair = pair_new();

        EXPECT_INT("huge", send_filled(&pair->a, FRAME_REQUEST, 1, 8 * MIB), 0);
        EXPECT_INT("other", send_filled(&pair->a, FRAME_REQUEST, 2, MIB), 0);
        run_turns(pair->loop, 2);
        link_forget(pair->a.link, 1);
        link_forget(pair->b.link, 1);
        link_forget(pair->b.link, 77); /* of which nobody knows */
        RUN_UNTIL(pair->loop, pair->b.n_messages >= 1);
        EXPECT_INT("the other", pair->b.heard[0].id, 2);
        EXPECT("intact", pair->b.heard[0].good);
        EXPECT_INT("next", send_filled(&pair->a, FRAME_REQUEST, 3, MIB), 0);
        RUN_UNTIL(pair->loop, pair->b.n_messages >= 2);
        EXPECT_INT("the next", pair->b.heard[1].id, 3);
        EXPECT("intact", pair->b.heard[1].good);
}

static void test_close_inside_message(void)
{
        _cleanup_(pair_freep) Pair *pair = pair_new();

        pair->b.close_at = 2;
        for (uint32_t id = 1; id <= 5; id++)
                EXPECT_INT("send", link_send(pair->a.link, FRAME_PONG, id, NULL, 0), 0);
        RUN_UNTIL(pair->loop, pair->a.n_lost > 0);
        EXPECT_INT("nothing is heard after it", pair->b.n_messages, 2);
        EXPECT_INT("nor that it is lost", pair->b.n_lost, 0);
        EXPECT_STR("the other sees it", pair->a.why, "the peer closed the connection");
}

/* In the message that was put together from parts, which the link still holds. */
static void test_close_inside_large_message(void)
{
        _cleanup_(pair_freep) Pair *pair = pair_new();

        pair->b.close_at = 1;
        EXPECT_INT("send", send_filled(&pair->a, FRAME_REQUEST, 1, MIB), 0);
        EXPECT_INT("send", send_filled(&pair->a, FRAME_REQUEST, 2, MIB), 0);
        EXPECT_INT("own", send_filled(&pair->b, FRAME_ANSWER, 1, 4 * MIB), 0);
        RUN_UNTIL(pair->loop, pair->a.n_lost > 0);
        EXPECT_INT("one message", pair->b.n_messages, 1);
        EXPECT("intact", pair->b.heard[0].good);
        EXPECT("closed", !pair->b.link);
}

static void test_nonce_inside_message(void)
{
        _cleanup_(pair_freep) Pair *pair = pair_new();

        pair->b.nonce_when_heard = NONCE + 1;
        EXPECT_INT("send", send_filled(&pair->a, FRAME_REQUEST, 1, MIB), 0);
        EXPECT_INT("send", send_filled(&pair->a, FRAME_REQUEST, 2, MIB + 1), 0);
        RUN_UNTIL(pair->loop, pair->b.n_messages >= 1);
        run_turns(pair->loop, 20);
        EXPECT_INT("the second is of an earlier life", pair->b.n_messages, 1);
        EXPECT_INT("nobody complains", pair->b.n_lost, 0);
}

/* A host has thousands of links that have nothing to say most of the time. */
static void test_memory_when_idle(void)
{
        _cleanup_(pair_freep) Pair *pair = pair_new();

        EXPECT_INT("send", send_filled(&pair->a, FRAME_REQUEST, 1, MIB), 0);
        EXPECT_INT("send", link_send(pair->a.link, FRAME_PING, 0, NULL, 0), 0);
        EXPECT_INT("answer", send_filled(&pair->b, FRAME_ANSWER, 1, MIB), 0);
        RUN_UNTIL(pair->loop, pair->a.n_messages >= 1 && pair->b.n_messages >= 2);
        run_turns(pair->loop, 20);
        for (size_t i = 0; i < 2; i++) {
                const Link *link = i == 0 ? pair->a.link : pair->b.link;

                EXPECT_INT("to read into", link->reader.in.space, 0);
                EXPECT("to write from", link->out.space <= KIB);
        }
}

int main(void)
{
        (void)signal(SIGPIPE, SIG_IGN);
        test_control_frames();
        test_message_sizes();
        test_small_overtakes_large();
        test_many();
        test_new_conversation();
        test_forget();
        test_close_inside_message();
        test_close_inside_large_message();
        test_nonce_inside_message();
        test_memory_when_idle();
        return test_end();
}
