/* Streams: what is sent, when, and what is not. The peer is a link, or the test itself. */

#include "channel/test-link-raw.h"

#include "base/test.h"

#include <signal.h>

/* Two links, one of which sends; what arrives is compared with what was sent. */
typedef struct Flow {
        Loop *loop;
        Link *from, *to;
        LoopTask turn; /* of the owner of pulled streams */
        struct Lane {
                uint32_t id;
                size_t size, sent, come, n_ends, paused_at;
                bool good, grants, dry;
        } lanes[1024]; /* by id */
        size_t n_lanes, n_ended, n_messages, n_lost;
} Flow;

static char byte_of(uint32_t id, size_t at)
{
        return (char)(at * 31 + (at >> 8) + id);
}

/* As much as there is room for, in pieces of no round size. */
static void pump(Flow *flow, struct Lane *lane)
{
        char data[5000];

        while (lane->sent < lane->size) {
                size_t n = link_stream_room(flow->from, lane->id);

                if (n > sizeof(data))
                        n = sizeof(data);
                if (n > lane->size - lane->sent)
                        n = lane->size - lane->sent;
                if (n == 0)
                        return;
                for (size_t i = 0; i < n; i++)
                        data[i] = byte_of(lane->id, lane->sent + i);
                EXPECT_INT("send", link_stream_send(flow->from, lane->id, data, n), 0);
                lane->sent += n;
        }
        EXPECT_INT("end", link_stream_end(flow->from, lane->id, FRAME_END, &lane->id, 4), 0);
        EXPECT_INT("once", link_stream_end(flow->from, lane->id, FRAME_END, NULL, 0), -ENOBUFS);
        EXPECT_INT("nothing behind", link_stream_send(flow->from, lane->id, data, 1), -ENOBUFS);
        EXPECT_INT("no room behind", link_stream_room(flow->from, lane->id), 0);
}

static void flow_on_room(void *user, uint32_t id, Usec now)
{
        Flow *flow = user;

        (void)now;
        EXPECT("has room", link_stream_room(flow->from, id) >= LINK_STREAM_BYTES / 2);
        pump(flow, &flow->lanes[id]);
}

static void flow_on_message(void *user, FrameKind kind, uint64_t nonce, uint32_t id,
                            const char *payload, size_t size, Usec now)
{
        Flow *flow = user;
        struct Lane *lane = &flow->lanes[id];

        (void)nonce, (void)now;
        if (kind == FRAME_DATA) {
                for (size_t i = 0; i < size; i++)
                        lane->good = lane->good && payload[i] == byte_of(id, lane->come + i);
                lane->come += size;
                if (lane->grants)
                        link_stream_grant(flow->to, id, size);
                return;
        }
        if (kind == FRAME_END) {
                lane->good = lane->good && size == 4 && memcmp(payload, &id, 4) == 0 &&
                             lane->come == lane->size;
                lane->n_ends++;
                flow->n_ended++;
        } else {
                flow->n_messages++;
        }
        loop_quit(flow->loop);
}

/* Now less than asked for, now nothing at all. */
static size_t flow_on_pull(void *user, uint32_t id, char *data, size_t size)
{
        Flow *flow = user;
        struct Lane *lane = &flow->lanes[id];
        size_t n = lane->size - lane->sent, piece = 1 + lane->sent % 40000;

        EXPECT("asked for some", size > 0 && size <= FRAME_PAYLOAD_MAX);
        EXPECT("asked when there may be some", !lane->dry);
        if (n > piece)
                n = piece;
        if (n > size)
                n = size;
        if (lane->sent % 7 == 3 && lane->sent != lane->paused_at) {
                lane->paused_at = lane->sent;
                n = 0;
        }
        for (size_t i = 0; i < n; i++)
                data[i] = byte_of(id, lane->sent + i);
        lane->sent += n;
        lane->dry = n == 0;
        if (lane->dry)
                loop_defer(flow->loop, &flow->turn);
        return n;
}

static int flow_turn(LoopTask *task, Usec now)
{
        Flow *flow = container_of(task, Flow, turn);

        (void)now;
        for (uint32_t id = 0; id < ELEMENTS(flow->lanes); id++) {
                struct Lane *lane = &flow->lanes[id];

                if (!lane->dry)
                        continue;
                lane->dry = false;
                if (lane->sent < lane->size)
                        link_stream_ready(flow->from, id);
                else
                        EXPECT_INT("end", link_stream_end(flow->from, id, FRAME_END, &id, 4), 0);
        }
        return 0;
}

static void flow_on_lost(void *user, const char *why, Usec now)
{
        Flow *flow = user;

        (void)why, (void)now;
        flow->n_lost++;
        loop_quit(flow->loop);
}

static Flow *flow_new(void)
{
        const LinkCallbacks callbacks = {
                .on_message = flow_on_message,
                .on_lost = flow_on_lost,
                .on_room = flow_on_room,
                .on_pull = flow_on_pull,
                .user = calloc(1, sizeof(Flow)),
        };
        const LinkConfig config = a_config();
        Flow *flow = callbacks.user;
        int fds[2];

        if (!flow || loop_new(&flow->loop) < 0)
                abort();
        flow->turn.run = flow_turn;
        make_pair(fds);
        EXPECT_INT("open", link_open(flow->loop, fds[0], &config, &callbacks, &flow->from), 0);
        EXPECT_INT("open", link_open(flow->loop, fds[1], &config, &callbacks, &flow->to), 0);
        link_set_nonce(flow->from, NONCE);
        link_set_nonce(flow->to, NONCE);
        return flow;
}

static void flow_free(Flow *flow)
{
        link_close(flow->from);
        link_close(flow->to);
        loop_free(flow->loop);
        free(flow);
}
DEFINE_CLEANUP(Flow, flow_free)

static void flow_begin(Flow *flow, uint32_t id, size_t size, bool grants)
{
        flow->lanes[id] = (struct Lane){.id = id, .size = size, .good = true, .grants = grants};
        EXPECT_INT("accept", link_stream_accept(flow->to, id), 0);
        EXPECT_INT("open", link_stream_open(flow->from, id), 0);
        EXPECT_INT("all is free", link_stream_room(flow->from, id), LINK_STREAM_BYTES);
        pump(flow, &flow->lanes[id]);
}

static void flow_begin_pulled(Flow *flow, uint32_t id, size_t size, bool grants)
{
        flow->lanes[id] = (struct Lane){.id = id, .size = size, .good = true, .grants = grants};
        EXPECT_INT("accept", link_stream_accept(flow->to, id), 0);
        EXPECT_INT("open", link_stream_open_pulled(flow->from, id), 0);
        EXPECT_INT("nothing is queued", link_stream_room(flow->from, id), 0);
        EXPECT_INT("nothing is queued", link_stream_send(flow->from, id, "", 1), -ENOBUFS);
        link_stream_ready(flow->from, id);
}

static void test_sizes(void)
{
        static const size_t sizes[] = {
                0,
                1,
                FRAME_PAYLOAD_MAX,
                FRAME_PAYLOAD_MAX + 1,
                LINK_STREAM_BYTES - 1,
                LINK_STREAM_BYTES,
                LINK_STREAM_BYTES + 1,
                LINK_WINDOW_BYTES,
                LINK_WINDOW_BYTES + 1,
                (16 << 20) + 3,
        };
        _cleanup_(flow_freep) Flow *flow = flow_new();

        for (uint32_t id = 0; id < ELEMENTS(sizes); id++) {
                char about[32];

                (void)snprintf(about, sizeof(about), "%zu bytes", sizes[id]);
                flow_begin(flow, id, sizes[id], true);
                RUN_UNTIL(flow->loop, flow->n_ended > id);
                EXPECT_INT(about, flow->lanes[id].come, sizes[id]);
                EXPECT_INT(about, flow->lanes[id].n_ends, 1);
                EXPECT(about, flow->lanes[id].good);
                EXPECT_INT("the sending end is gone", link_stream_open(flow->from, id), 0);
                EXPECT_INT("the other is not", link_stream_accept(flow->to, id), -EEXIST);
        }
        EXPECT_INT("nobody complains", flow->n_lost, 0);
}

/* Many at once, with messages of the same ids among them. */
static void test_pulled(void)
{
        static const size_t sizes[] = {0, 1, FRAME_PAYLOAD_MAX, LINK_WINDOW_BYTES, (size_t)3 << 20};
        _cleanup_(flow_freep) Flow *flow = flow_new();

        for (size_t i = 0; i < ELEMENTS(sizes); i++)
                flow_begin_pulled(flow, (uint32_t)i + 1, sizes[i], true);
        flow_begin(flow, 9, (size_t)1 << 20, true);
        while (flow->n_ended < ELEMENTS(sizes) + 1 && flow->n_lost == 0)
                EXPECT_INT("run", loop_run(flow->loop), 0);
        for (size_t i = 0; i < ELEMENTS(sizes); i++) {
                EXPECT_INT("all of it", flow->lanes[i + 1].come, sizes[i]);
                EXPECT("as it was", flow->lanes[i + 1].good);
        }
        EXPECT("what is queued beside them", flow->lanes[9].good);
}

static void test_many(void)
{
        _cleanup_(flow_freep) Flow *flow = flow_new();

        for (uint32_t id = 0; id < 200; id++) {
                Buf payload = {0};

                buf_grow(&payload, id * 1000);
                EXPECT_INT("message", link_send_message(flow->from, FRAME_ANSWER, id, &payload), 0);
                flow_begin(flow, id, id * 3001, true);
        }
        RUN_UNTIL(flow->loop, flow->n_ended == 200 && flow->n_messages == 200);
        for (uint32_t id = 0; id < 200; id++)
                EXPECT("each is intact", flow->lanes[id].good && flow->lanes[id].n_ends == 1);
        EXPECT_INT("nobody complains", flow->n_lost, 0);
}

/* One that is not taken holds up none of the others. */
static void test_slow_reader(void)
{
        _cleanup_(flow_freep) Flow *flow = flow_new();

        flow_begin(flow, 1, 4 * MIB, false);
        flow_begin(flow, 2, 4 * MIB, true);
        RUN_UNTIL(flow->loop, flow->n_ended == 1);
        EXPECT_INT("the other is through", flow->lanes[2].n_ends, 1);
        run_turns(flow->loop, 10);
        EXPECT_INT("a window", flow->lanes[1].come, LINK_WINDOW_BYTES);
        EXPECT_INT("what waits has an end", flow->lanes[1].sent,
                   LINK_WINDOW_BYTES + LINK_STREAM_BYTES);

        flow->lanes[1].grants = true;
        link_stream_grant(flow->to, 1, LINK_WINDOW_BYTES);
        RUN_UNTIL(flow->loop, flow->n_ended == 2);
        EXPECT("and goes on", flow->lanes[1].good);
}

static void test_limits(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);
        static char data[LINK_STREAM_BYTES + 1];
        Link *link = raw->end.link;

        EXPECT_INT("not open", link_stream_send(link, 1, data, 1), -ENOBUFS);
        EXPECT_INT("not open", link_stream_end(link, 1, FRAME_DATA, NULL, 0), -ENOBUFS);
        EXPECT_INT("not open", link_stream_room(link, 1), 0);
        link_stream_grant(link, 1, 1);
        for (uint32_t id = 1; id <= 1024; id++) {
                EXPECT_INT("as many as there may be", link_stream_open(link, id), 0);
                EXPECT_INT("as many as there may be", link_stream_accept(link, id), 0);
        }
        EXPECT_INT("one more", link_stream_open(link, 1025), -ENOBUFS);
        EXPECT_INT("one more", link_stream_accept(link, 1025), -ENOBUFS);
        EXPECT_INT("a second of that id", link_stream_open(link, 7), -EEXIST);
        EXPECT_INT("a second of that id", link_stream_accept(link, 7), -EEXIST);
        link_forget(link, 7);
        EXPECT_INT("room again", link_stream_open(link, 7), 0);
        EXPECT_INT("room again", link_stream_accept(link, 7), 0);

        EXPECT_INT("more than there is room", link_stream_send(link, 7, data, sizeof(data)),
                   -ENOBUFS);
        EXPECT_INT("nothing of it", link_stream_room(link, 7), LINK_STREAM_BYTES);
        EXPECT_INT("all of it", link_stream_send(link, 7, data, sizeof(data) - 1), 0);
        EXPECT_INT("is full", link_stream_room(link, 7), 0);
        EXPECT_INT("is full", link_stream_send(link, 7, data, 1), -ENOBUFS);
        EXPECT_INT("nothing fits", link_stream_send(link, 7, data, 0), 0);
        EXPECT_INT("an end of more than a frame",
                   link_stream_end(link, 7, FRAME_END, data, FRAME_PAYLOAD_MAX + 1), -ENOBUFS);
        EXPECT_INT("an end of a frame",
                   link_stream_end(link, 7, FRAME_END, data, FRAME_PAYLOAD_MAX), 0);
        EXPECT_INT("all is sent", raw_read(raw), LINK_STREAM_BYTES);
        EXPECT_INT("and the end", raw->frames[raw->n_frames - 1].kind, FRAME_END);
        EXPECT_INT("room again", link_stream_open(link, 1025), 0);
}

static void send_zeros(Raw *raw, uint32_t id, size_t size)
{
        static const char zeros[LINK_STREAM_BYTES];

        EXPECT_INT("send", link_stream_send(raw->end.link, id, zeros, size), 0);
}

static void give_credit(Raw *raw, uint32_t id, uint32_t bytes)
{
        const unsigned char payload[4] = {(unsigned char)bytes, (unsigned char)(bytes >> 8),
                                          (unsigned char)(bytes >> 16),
                                          (unsigned char)(bytes >> 24)};
        _cleanup_(buf_done) Buf bytes_out = {0};

        frame_write(&bytes_out,
                    &(Frame){FRAME_CREDIT, 0, NONCE, id, (const char *)payload, sizeof(payload)});
        raw_write(raw, &bytes_out);
}

static const char *said(const Raw *raw, size_t from)
{
        static char text[256];
        size_t n = 0;

        text[0] = '\0';
        for (size_t i = from; i < raw->n_frames && n < sizeof(text); i++)
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d:%u/%u", n ? " " : "",
                                      (int)raw->frames[i].kind, raw->frames[i].id,
                                      raw->frames[i].size);
        return text;
}

/* Frame by frame: a part of each in turn, and the end behind the last byte. */
static void test_turns(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("open", link_stream_open(raw->end.link, 1), 0);
        EXPECT_INT("open", link_stream_open(raw->end.link, 2), 0);
        EXPECT_INT("message", send_filled(&raw->end, FRAME_REQUEST, 3, 70000), 0);
        send_zeros(raw, 1, 70000);
        send_zeros(raw, 2, 10);
        EXPECT_INT("end", link_stream_end(raw->end.link, 1, FRAME_DATA, NULL, 0), 0);
        EXPECT_INT("end", link_stream_end(raw->end.link, 2, FRAME_END, "why", 3), 0);
        EXPECT_INT("control", link_send(raw->end.link, FRAME_PING, 0, NULL, 0), 0);
        EXPECT_INT("all", raw_read(raw), 140010);
        EXPECT_STR("turns", said(raw, 0),
                   "4:0/0 13:1/32768 13:2/10 6:3/32768 13:1/32768 14:2/3 6:3/32768 13:1/4464 "
                   "6:3/4464 13:1/0");
}

/* The first window, and then exactly what the peer grants; the end needs none. */
static void test_credit(void)
{
        static const struct {
                const char *about;
                uint32_t id, bytes;
                size_t sent;
        } rows[] = {
                {"1000 bytes", 1, 1000, 1000},
                {"nothing", 1, 0, 0},
                {"for another", 2, 1000, 0},
                {"half a frame", 1, 16384, 16384},
                {"the rest", 1, UINT32_MAX, 131072 - 17384},
                {"more than the number holds is no grant", 1, UINT32_MAX, 0},
        };
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("open", link_stream_open(raw->end.link, 1), 0);
        EXPECT_INT("the request of this id, which is through",
                   send_filled(&raw->end, FRAME_REQUEST, 1, 100), 0);
        EXPECT_INT("request", raw_read(raw), 100);
        for (size_t i = 0; i < LINK_WINDOW_BYTES / LINK_STREAM_BYTES; i++) {
                send_zeros(raw, 1, LINK_STREAM_BYTES);
                EXPECT_INT("the first window", raw_read(raw), LINK_STREAM_BYTES);
        }
        send_zeros(raw, 1, LINK_STREAM_BYTES);
        EXPECT_INT("no more", raw_read(raw), 0);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                give_credit(raw, rows[i].id, rows[i].bytes);
                EXPECT_INT(rows[i].about, raw_read(raw), rows[i].sent);
        }
}

static void test_end_without_credit(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("open", link_stream_open(raw->end.link, 1), 0);
        for (size_t sent = 0; sent < LINK_WINDOW_BYTES; sent += LINK_STREAM_BYTES) {
                send_zeros(raw, 1, LINK_STREAM_BYTES);
                EXPECT_INT("a window", raw_read(raw), LINK_STREAM_BYTES);
        }
        EXPECT_INT("end", link_stream_end(raw->end.link, 1, FRAME_DATA, NULL, 0), 0);
        EXPECT_INT("no byte", raw_read(raw), 0);
        EXPECT_STR("but the end", said(raw, raw->n_frames - 1), "13:1/0");
        give_credit(raw, 1, 1000);
        EXPECT_INT("credit for what is gone", raw->end.n_lost, 0);
}

/* Nothing of a stream comes before the messages of its id, nor before it is ready. */
static void test_pulled_order(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("open", link_stream_open_pulled(raw->end.link, 1), 0);
        EXPECT_INT("open", link_stream_open_pulled(raw->end.link, 2), 0);
        EXPECT_INT("not ready", raw_read(raw), 0);
        link_stream_ready(raw->end.link, 1);
        link_stream_ready(raw->end.link, 3);
        EXPECT_INT("message", send_filled(&raw->end, FRAME_ANSWER, 1, 40000), 0);
        EXPECT_INT("message", send_filled(&raw->end, FRAME_ANSWER, 2, 40000), 0);
        EXPECT_INT("end", link_stream_end(raw->end.link, 2, FRAME_END, NULL, 0), 0);
        (void)raw_read(raw);
        EXPECT_STR("the end and the bytes are behind them", said(raw, 0),
                   "7:1/32768 7:2/32768 7:1/7232 7:2/7232 13:1/32768 14:2/0 13:1/32768 "
                   "13:1/32768 13:1/32768 13:1/32768 13:1/32768 13:1/32768 13:1/32768");
        EXPECT_INT("the window", raw->end.n_pulled, LINK_WINDOW_BYTES);
        raw->end.n_pulled = 0;
        raw->end.pull_max = 1000;
        give_credit(raw, 1, 5000);
        EXPECT_INT("what there is", raw_read(raw), 1000);
        EXPECT_INT("asked no more", raw_read(raw), 0);
        link_stream_ready(raw->end.link, 1);
        raw->end.pull_max = 10000;
        EXPECT_INT("what was granted", raw_read(raw), 4000);
        link_forget(raw->end.link, 1);
        link_stream_ready(raw->end.link, 1);
        EXPECT_INT("of what is forgotten", raw_read(raw), 0);
}

/* Told once, when half is free again, and not from inside. */
static void test_room(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("open", link_stream_open(raw->end.link, 1), 0);
        send_zeros(raw, 1, LINK_STREAM_BYTES / 2);
        EXPECT_INT("half a window", raw_read(raw), LINK_STREAM_BYTES / 2);
        EXPECT_INT("half was free all the time", raw->end.n_rooms, 0);
        send_zeros(raw, 1, LINK_STREAM_BYTES);
        EXPECT_INT("not from inside", raw->end.n_rooms, 0);
        EXPECT_INT("a window", raw_read(raw), LINK_STREAM_BYTES);
        EXPECT_INT("once", raw->end.n_rooms, 1);
        EXPECT_INT("that one", raw->end.rooms[0], 1);

        send_zeros(raw, 1, LINK_STREAM_BYTES);
        EXPECT_INT("to the end of the window", raw_read(raw), LINK_STREAM_BYTES / 2);
        EXPECT_INT("half is free", raw->end.n_rooms, 2);
        send_zeros(raw, 1, 1);
        give_credit(raw, 1, 2);
        EXPECT_INT("two bytes", raw_read(raw), 2);
        EXPECT_INT("half is free again", raw->end.n_rooms, 3);

        send_zeros(raw, 1, 2);
        EXPECT_INT("end", link_stream_end(raw->end.link, 1, FRAME_DATA, NULL, 0), 0);
        give_credit(raw, 1, LINK_WINDOW_BYTES);
        EXPECT_INT("the rest", raw_read(raw), LINK_STREAM_BYTES / 2 + 1);
        EXPECT_INT("an ended one needs no room", raw->end.n_rooms, 3);
}

static void test_close_inside_room(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        raw->end.close_at_room = 2;
        for (uint32_t id = 1; id <= 3; id++) {
                EXPECT_INT("open", link_stream_open(raw->end.link, id), 0);
                send_zeros(raw, id, LINK_STREAM_BYTES);
        }
        (void)raw_read(raw);
        EXPECT("closed", !raw->end.link);
        EXPECT_INT("the third is told nothing", raw->end.n_rooms, 2);
}

/* What the peer may send, and when it is granted more. */
static void test_window(void)
{
        static const struct {
                const char *about;
                size_t n_frames, granted; /* after each frame */
                bool lost;
                const char *said; /* by the link */
        } rows[] = {
                {"a window", 8, 0, false, ""},
                {"a byte more than a window", 9, 0, true, ""},
                {"less than half is done with", 8, 16383, false, ""},
                {"half", 8, 16384, false, "11:1/4"},
                {"each", 8, 32768, false, "11:1/4 11:1/4"},
                {"each, on and on", 100, 32768, false, NULL},
                {"more than came", 8, SIZE_MAX, false, "11:1/4 11:1/4"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const LinkConfig config = a_config();
                _cleanup_(raw_freep) Raw *raw = raw_new(&config);

                EXPECT_INT("accept", link_stream_accept(raw->end.link, 1), 0);
                for (size_t n = 0; n < rows[i].n_frames && raw->end.link; n++) {
                        raw_frame(raw, FRAME_DATA, 0, NONCE, 1,
                                  n < 8 || rows[i].granted ? 32768 : 1);
                        if (raw->end.link)
                                link_stream_grant(raw->end.link, 1, rows[i].granted);
                }
                EXPECT_INT(rows[i].about, raw->end.n_lost, rows[i].lost);
                EXPECT_STR(rows[i].about, raw->end.why,
                           rows[i].lost ? "the peer sent more than it may" : "");
                EXPECT_INT(rows[i].about, raw->end.n_messages, rows[i].n_frames - rows[i].lost);
                (void)raw_read(raw);
                if (rows[i].said)
                        EXPECT_STR(rows[i].about, said(raw, 0), rows[i].said);
        }
}

static void test_data_for_nobody(void)
{
        const LinkConfig config = a_config();
        _cleanup_(raw_freep) Raw *raw = raw_new(&config);

        EXPECT_INT("open", link_stream_open(raw->end.link, 1), 0);
        EXPECT_INT("accept", link_stream_accept(raw->end.link, 2), 0);
        raw_frame(raw, FRAME_DATA, 0, NONCE, 1, 10);
        raw_frame(raw, FRAME_DATA, 0, NONCE, 3, 10);
        raw_frame(raw, FRAME_DATA, 0, NONCE + 1, 2, 10);
        EXPECT_INT("not accepted", raw->end.n_messages, 0);
        raw_frame(raw, FRAME_DATA, 0, NONCE, 2, 10);
        raw_frame(raw, FRAME_DATA, 0, NONCE, 2, 0);
        raw_frame(raw, FRAME_END, 0, NONCE, 1, 5);
        EXPECT_INT("accepted", raw->end.n_messages, 3);
        EXPECT("as it came", raw->end.heard[0].good && raw->end.heard[0].size == 10);
        EXPECT_INT("the empty one too", raw->end.heard[1].kind, FRAME_DATA);
        EXPECT_INT("an end is none of ours", raw->end.heard[2].kind, FRAME_END);
        for (int i = 0; i < 20; i++)
                raw_frame(raw, FRAME_DATA, 0, NONCE, 3, 32768);
        EXPECT_INT("nobody counts what is dropped", raw->end.n_lost, 0);
}

/* In the middle: nothing of the old one comes or goes any more. */
static void test_forget(void)
{
        static const struct {
                const char *about;
                uint64_t nonce; /* of a new conversation; 0: only the stream is forgotten */
        } rows[] = {{"forgotten", 0}, {"another conversation", NONCE + 1}};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const LinkConfig config = a_config();
                _cleanup_(raw_freep) Raw *raw = raw_new(&config);
                uint64_t nonce = rows[i].nonce ? rows[i].nonce : NONCE;
                size_t n;

                EXPECT_INT("open", link_stream_open(raw->end.link, 1), 0);
                EXPECT_INT("accept", link_stream_accept(raw->end.link, 1), 0);
                for (size_t k = 0; k < 2; k++) {
                        send_zeros(raw, 1, LINK_STREAM_BYTES);
                        (void)raw_read(raw);
                }
                n = raw->end.n_rooms;
                send_zeros(raw, 1, LINK_STREAM_BYTES);
                raw_frame(raw, FRAME_DATA, 0, NONCE, 1, 32768);
                if (rows[i].nonce)
                        link_set_nonce(raw->end.link, rows[i].nonce);
                else
                        link_forget(raw->end.link, 1);
                EXPECT_INT(rows[i].about, link_stream_room(raw->end.link, 1), 0);
                EXPECT_INT(rows[i].about, link_stream_send(raw->end.link, 1, "", 1), -ENOBUFS);
                give_credit(raw, 1, LINK_WINDOW_BYTES);
                raw_frame(raw, FRAME_DATA, 0, nonce, 1, 32768);
                EXPECT_INT(rows[i].about, raw_read(raw), 0);
                EXPECT_INT(rows[i].about, raw->end.n_rooms, n);
                EXPECT_INT(rows[i].about, raw->end.n_messages, 1);
                EXPECT_INT("the id is free", link_stream_open(raw->end.link, 1), 0);
                EXPECT_INT("the id is free", link_stream_accept(raw->end.link, 1), 0);
                send_zeros(raw, 1, 5);
                EXPECT_INT("and works", raw_read(raw), 5);
        }
}

/* What ends a stream leaves nothing of its id, whoever was sending. */
static void test_end_of_both(void)
{
        _cleanup_(flow_freep) Flow *flow = flow_new();

        EXPECT_INT("to be sent to, too", link_stream_accept(flow->from, 1), 0);
        flow_begin(flow, 1, 5, true);
        while (flow->n_ended == 0 && flow->n_lost == 0)
                EXPECT_INT("run", loop_run(flow->loop), 0);
        EXPECT_INT("the id is free", link_stream_accept(flow->from, 1), 0);
}

int main(void)
{
        (void)signal(SIGPIPE, SIG_IGN);
        test_sizes();
        test_pulled();
        test_pulled_order();
        test_many();
        test_slow_reader();
        test_limits();
        test_turns();
        test_credit();
        test_end_without_credit();
        test_room();
        test_close_inside_room();
        test_window();
        test_data_for_nobody();
        test_forget();
        test_end_of_both();
        return test_end();
}
