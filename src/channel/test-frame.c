/* Frames in good order, in pieces, and among all that is none. */

#include "channel/crc32.h"
#include "channel/frame.h"

#include "base/test.h"

#define START (10 * USEC_PER_SEC)
#define LATER (START + FRAME_PATIENCE_USEC)

/* Offsets in a header: PROTOCOL.md. */
enum { AT_MAGIC = 0, AT_VERSION = 4, AT_KIND = 5, AT_NONCE = 8, AT_SIZE = 20, AT_HEADER_CRC = 28 };

static void put_frame(Buf *out, uint32_t id, const char *payload, size_t size)
{
        frame_write(out, &(Frame){
                                 .kind = FRAME_REQUEST,
                                 .nonce = 0x1122334455667788,
                                 .id = id,
                                 .payload = payload,
                                 .size = (uint32_t)size,
                         });
}

/* The ids of all frames that stand whole in what has come, as text. */
static void take_all(FrameReader *reader, Usec now, char *ids, size_t size)
{
        size_t n = strlen(ids);
        Frame frame;

        while (frame_next(reader, &frame, now) > 0) {
                n += (size_t)snprintf(ids + n, size - n, "%s%u", n ? " " : "", frame.id);
                frame_consume(reader, &frame);
        }
}

static void test_round_trip(void)
{
        static char large[FRAME_PAYLOAD_MAX];
        const Frame frames[] = {
                {FRAME_HELLO, 0, 1, 0, "hello", 5},
                {FRAME_ANNOUNCE, 0, 0, 0, NULL, 0},
                {FRAME_REQUEST, FRAME_MORE, UINT64_MAX, UINT32_MAX, large, sizeof(large)},
                {FRAME_CREDIT, 0, 0x0102030405060708, 7, "\0\0\4", 4},
                {(FrameKind)255, 0xffff, 1, 1, "\xc7GO\n", 4}, /* of a newer protocol */
                {(FrameKind)0, 0, 1, 1, "", 0},
        };
        FrameReader reader = {0};
        Frame frame;

        for (size_t i = 0; i < sizeof(large); i++)
                large[i] = (char)(i * 7);
        for (size_t i = 0; i < ELEMENTS(frames); i++)
                frame_write(&reader.in, &frames[i]);
        for (size_t i = 0; i < ELEMENTS(frames); i++) {
                EXPECT_INT("frame", frame_next(&reader, &frame, START), 1);
                EXPECT_INT("kind", frame.kind, frames[i].kind);
                EXPECT_INT("flags", frame.flags, frames[i].flags);
                EXPECT_INT("nonce", frame.nonce, frames[i].nonce);
                EXPECT_INT("id", frame.id, frames[i].id);
                EXPECT_INT("size", frame.size, frames[i].size);
                EXPECT("payload",
                       frame.size == frames[i].size &&
                               (frame.size == 0 ||
                                memcmp(frame.payload, frames[i].payload, frame.size) == 0));
                frame_consume(&reader, &frame);
        }
        EXPECT_INT("no more", frame_next(&reader, &frame, START), 0);
        EXPECT_INT("nothing lost", reader.n_lost, 0);
        EXPECT_INT("nothing left", reader.in.size, 0);
        EXPECT("nothing to wait for", frame_deadline(&reader) == USEC_NEVER);
        frame_reader_done(&reader);
}

/* The bytes themselves, so that both directions do not change together unnoticed. */
static void test_bytes(void)
{
        static const char wanted[] = "\xc7GO\n\x01\x06\x01\x00\x88\x77\x66\x55\x44\x33\x22\x11"
                                     "\x2a\x00\x00\x00\x09\x00\x00\x00"
                                     "\x26\x39\xf4\xcb"; /* CRC-32 of "123456789": cbf43926 */
        _cleanup_(buf_done) Buf out = {0};

        frame_write(&out, &(Frame){
                                  .kind = FRAME_REQUEST,
                                  .flags = FRAME_MORE,
                                  .nonce = 0x1122334455667788,
                                  .id = 42,
                                  .payload = "123456789",
                                  .size = 9,
                          });
        EXPECT_INT("size", out.size, FRAME_HEADER_BYTES + 9);
        EXPECT("header", memcmp(out.data, wanted, sizeof(wanted) - 1) == 0);
        EXPECT("payload", memcmp(out.data + FRAME_HEADER_BYTES, "123456789", 9) == 0);
}

static void test_byte_by_byte(void)
{
        FrameReader reader = {0};
        _cleanup_(buf_done) Buf stream = {0};
        size_t ends[4], n = 0;
        Frame frame;

        for (uint32_t i = 0; i < 4; i++) {
                put_frame(&stream, i, "0123456789", 3 * i);
                ends[i] = stream.size;
        }
        for (size_t i = 0; i < stream.size; i++) {
                int r;

                buf_put(&reader.in, stream.data + i, 1);
                r = frame_next(&reader, &frame, START + i);
                EXPECT_INT("whole exactly at its last byte", r, i + 1 == ends[n]);
                EXPECT("waits", r > 0 || frame_deadline(&reader) != USEC_NEVER);
                if (r <= 0)
                        continue;
                EXPECT_INT("its id", frame.id, n);
                frame_consume(&reader, &frame);
                EXPECT("waits no longer", frame_deadline(&reader) == USEC_NEVER);
                n++;
        }
        EXPECT_INT("all of them", n, 4);
        EXPECT_INT("nothing lost", reader.n_lost, 0);
        frame_reader_done(&reader);
}

/* What is added to a stream of frames 1, 2 and 3, and what comes out of it. */

typedef enum Where {
        BEFORE,
        BETWEEN,
        BEHIND,
} Where;

static void test_garbage(void)
{
        static const struct {
                const char *about;
                Where where;
                const char *garbage;
                size_t size;
                const char *now, *later; /* ids */
                size_t lost_now;
        } rows[] = {
                {"nothing", BEFORE, "", 0, "1 2 3", "", 0},
                {"text before", BEFORE, "login: ", 7, "1 2 3", "", 7},
                {"text between", BETWEEN, "\r\nlogin: ", 9, "1 2 3", "", 9},
                {"text behind", BEHIND, "login: ", 7, "1 2 3", "", 7},
                {"zeroes", BETWEEN, "\0\0\0\0\0\0\0\0", 8, "1 2 3", "", 8},
                {"one byte of magic", BETWEEN, "\xc7", 1, "1 2 3", "", 1},
                {"magic again and again", BETWEEN, "\xc7\xc7GO\xc7GO\xc7", 8, "1 2 3", "", 8},
                {"one byte of magic behind", BEHIND, "\xc7", 1, "1 2 3", "", 0},
                {"magic alone", BETWEEN, "\xc7GO\n", 4, "1 2 3", "", 4},
                {"magic and a bad header", BETWEEN, "\xc7GO\n\x01\x06--------------------------",
                 32, "1 2 3", "", 32},
                {"UTF-8", BEFORE, "\xc3\x87GO\n", 5, "1 2 3", "", 5},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                FrameReader reader = {0};
                char ids[64] = "";

                for (uint32_t id = 1; id <= 3; id++) {
                        if ((id == 1 && rows[i].where == BEFORE) ||
                            (id == 2 && rows[i].where == BETWEEN))
                                buf_put(&reader.in, rows[i].garbage, rows[i].size);
                        put_frame(&reader.in, id, "payload", 7);
                }
                if (rows[i].where == BEHIND)
                        buf_put(&reader.in, rows[i].garbage, rows[i].size);
                take_all(&reader, START, ids, sizeof(ids));
                EXPECT_STR(rows[i].about, ids, rows[i].now);
                EXPECT_INT(rows[i].about, reader.n_lost, rows[i].lost_now);
                ids[0] = '\0';
                take_all(&reader, LATER, ids, sizeof(ids));
                EXPECT_STR(rows[i].about, ids, rows[i].later);
                EXPECT_INT(rows[i].about, reader.n_lost, rows[i].size);
                EXPECT("nothing to wait for", frame_deadline(&reader) == USEC_NEVER);
                frame_reader_done(&reader);
        }
}

/* Each bit of a frame: it is no frame any more, and its neighbours are. */
static void test_flipped_bits(void)
{
        for (size_t bit = 0; bit < 8 * (FRAME_HEADER_BYTES + 7); bit++) {
                FrameReader reader = {0};
                char ids[64] = "", about[32];
                size_t start;

                (void)snprintf(about, sizeof(about), "bit %zu", bit);
                put_frame(&reader.in, 1, "payload", 7);
                start = reader.in.size + bit / 8;
                put_frame(&reader.in, 2, "payload", 7);
                reader.in.data[start] = (char)(reader.in.data[start] ^ 1 << bit % 8);
                put_frame(&reader.in, 3, "payload", 7);
                take_all(&reader, START, ids, sizeof(ids));
                EXPECT_STR(about, ids, "1 3");
                EXPECT_INT(about, reader.n_lost, FRAME_HEADER_BYTES + 7);
                frame_reader_done(&reader);
        }
}

/* A frame ends after so many of its bytes; then whole ones follow. */
static void test_half_frames(void)
{
        for (size_t n = 1; n < FRAME_HEADER_BYTES + 200; n++) {
                _cleanup_(buf_done) Buf half = {0};
                FrameReader reader = {0};
                char ids[64] = "", about[32];
                char payload[200];
                size_t lost;

                (void)snprintf(about, sizeof(about), "%zu bytes", n);
                memset(payload, 'x', sizeof(payload));
                put_frame(&half, 9, payload, sizeof(payload));
                buf_put(&reader.in, half.data, n);
                put_frame(&reader.in, 1, "a", 1);
                put_frame(&reader.in, 2, "", 0);
                put_frame(&reader.in, 3, "ccc", 3);
                take_all(&reader, START, ids, sizeof(ids));
                lost = reader.n_lost;
                if (ids[0] == '\0') /* it may still become whole */
                        EXPECT_INT(about, frame_deadline(&reader), LATER);
                take_all(&reader, LATER - 1, ids, sizeof(ids));
                EXPECT_INT(about, reader.n_lost, lost); /* not before its time */
                take_all(&reader, LATER, ids, sizeof(ids));
                EXPECT_STR(about, ids, "1 2 3");
                EXPECT_INT(about, reader.n_lost, n);
                EXPECT(about, frame_deadline(&reader) == USEC_NEVER);
                frame_reader_done(&reader);
        }
}

/* What completes a frame in its last moment is in time. */
static void test_patience(void)
{
        static const struct {
                const char *about;
                Usec rest; /* after the first half */
                const char *ids;
                size_t lost;
        } rows[] = {
                {"at once", 0, "7 8", 0},
                {"in time", FRAME_PATIENCE_USEC - 1, "7 8", 0},
                {"too late for the half, not for the next", FRAME_PATIENCE_USEC, "8",
                 FRAME_HEADER_BYTES + 20},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf whole = {0};
                FrameReader reader = {0};
                char ids[64] = "";

                put_frame(&whole, 7, "twenty bytes of load", 20);
                put_frame(&whole, 8, "x", 1);
                buf_put(&reader.in, whole.data, 40);
                take_all(&reader, START, ids, sizeof(ids));
                EXPECT_INT(rows[i].about, frame_deadline(&reader), LATER);
                if (rows[i].rest >= FRAME_PATIENCE_USEC)
                        take_all(&reader, START + rows[i].rest, ids, sizeof(ids));
                buf_put(&reader.in, whole.data + 40, whole.size - 40);
                take_all(&reader, START + rows[i].rest, ids, sizeof(ids));
                EXPECT_STR(rows[i].about, ids, rows[i].ids);
                EXPECT_INT(rows[i].about, reader.n_lost, rows[i].lost);
                frame_reader_done(&reader);
        }
}

/* Patience begins with the first byte of each frame, not with that of an earlier one. */
static void test_patience_begins_anew(void)
{
        _cleanup_(buf_done) Buf whole = {0};
        FrameReader reader = {0};
        Frame frame;

        put_frame(&whole, 1, "12345", 5);
        buf_put(&reader.in, whole.data, 10);
        EXPECT_INT("half", frame_next(&reader, &frame, START), 0);
        EXPECT_INT("its time", frame_deadline(&reader), LATER);
        buf_put(&reader.in, whole.data + 10, whole.size - 10);
        buf_put(&reader.in, whole.data, 10);
        EXPECT_INT("whole", frame_next(&reader, &frame, LATER - 1), 1);
        frame_consume(&reader, &frame);
        EXPECT_INT("half of the next", frame_next(&reader, &frame, LATER - 1), 0);
        EXPECT_INT("its own time", frame_deadline(&reader), LATER - 1 + FRAME_PATIENCE_USEC);
        EXPECT_INT("goes on", frame_next(&reader, &frame, LATER + 5), 0);
        EXPECT_INT("the same time", frame_deadline(&reader), LATER - 1 + FRAME_PATIENCE_USEC);
        frame_reset(&reader);
        EXPECT("forgotten", frame_deadline(&reader) == USEC_NEVER && reader.in.size == 0);
        frame_reader_done(&reader);
}

static uint32_t crc_of(const void *data, size_t size)
{
        const unsigned char *bytes = data;
        uint32_t crc = UINT32_MAX;

        for (size_t i = 0; i < size; i++) {
                crc ^= bytes[i];
                for (int k = 0; k < 8; k++)
                        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
        return ~crc;
}

/* Of all sizes, at all places: against a bit at a time. */
static void test_checksum(void)
{
        char data[300];

        for (size_t i = 0; i < sizeof(data); i++)
                data[i] = (char)(i * i + 7 * i);
        EXPECT_INT("the standard's own", crc32_of("123456789", 9), 0xcbf43926);
        for (size_t at = 0; at < 8; at++)
                for (size_t size = 0; size < sizeof(data) - at; size++)
                        EXPECT_INT("sum", crc32_of(data + at, size), crc_of(data + at, size));
}

/* Headers whose checksum is right, and which are wrong all the same. */
static void test_wrong_headers(void)
{
        static const struct {
                const char *about;
                size_t at;
                const char *bytes;
                size_t size;
                const char *ids;
        } rows[] = {
                {"nothing wrong", AT_KIND, "\x06", 1, "1 2"},
                {"version 0", AT_VERSION, "\x00", 1, "2"},
                {"version 2", AT_VERSION, "\x02", 1, "2"},
                {"one byte too large", AT_SIZE, "\x01\x80\x00\x00", 4, "2"},
                {"far too large", AT_SIZE, "\xff\xff\xff\xff", 4, "2"},
                {"size of another", AT_SIZE, "\x06\x00\x00\x00", 4, "2"},
                {"unknown kind", AT_KIND, "\xc8", 1, "1 2"},
                {"nonce 0", AT_NONCE, "\0\0\0\0\0\0\0", 8, "1 2"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                FrameReader reader = {0};
                char ids[64] = "";
                uint32_t crc;

                put_frame(&reader.in, 1, "payload", 7);
                memcpy(reader.in.data + rows[i].at, rows[i].bytes, rows[i].size);
                crc = crc_of(reader.in.data, AT_HEADER_CRC);
                for (size_t k = 0; k < 4; k++)
                        reader.in.data[AT_HEADER_CRC + k] = (char)(crc >> (8 * k));
                put_frame(&reader.in, 2, "payload", 7);
                take_all(&reader, START, ids, sizeof(ids));
                EXPECT_STR(rows[i].about, ids, rows[i].ids);
                frame_reader_done(&reader);
        }
}

/* A frame inside the payload of a frame that is whole is payload. */
static void test_frame_in_a_frame(void)
{
        _cleanup_(buf_done) Buf inner = {0};
        FrameReader reader = {0};
        char ids[64] = "";

        put_frame(&inner, 66, "x", 1);
        put_frame(&reader.in, 1, inner.data, inner.size);
        put_frame(&reader.in, 2, "", 0);
        take_all(&reader, START, ids, sizeof(ids));
        EXPECT_STR("outer ones alone", ids, "1 2");
        frame_reader_done(&reader);
}

/* Noise, always the same, that likes the first byte of a frame. */
static unsigned char noise(uint32_t *state)
{
        static const unsigned char liked[] = {0xc7, 'G', 'O', '\n', 1, 0xc7};

        *state = *state * 1664525 + 1013904223;
        return *state >> 30 ? (unsigned char)(*state >> 16)
                            : liked[(*state >> 8) % ELEMENTS(liked)];
}

/* However noise and frames take turns and are cut: every frame that was sent whole arrives. */
static void test_noise(void)
{
        for (uint32_t seed = 1; seed <= 200; seed++) {
                _cleanup_(buf_done) Buf stream = {0};
                FrameReader reader = {0};
                uint32_t state = seed, next = 1;
                size_t n_noise = 0, at = 0;
                Usec now = START;
                Frame frame;

                for (uint32_t id = 1; id <= 20; id++) {
                        for (size_t n = noise(&state) % 64; n > 0; n--, n_noise++)
                                buf_putc(&stream, (char)noise(&state));
                        put_frame(&stream, id, "some bytes of payload", noise(&state) % 20);
                }
                while (at < stream.size || frame_deadline(&reader) != USEC_NEVER) {
                        size_t n = 1 + noise(&state);

                        if (n > stream.size - at)
                                n = stream.size - at;
                        buf_put(&reader.in, stream.data + at, n);
                        at += n;
                        if (n == 0)
                                now = frame_deadline(&reader);
                        while (frame_next(&reader, &frame, now) > 0) {
                                EXPECT_INT("in order, none missing", frame.id, next);
                                next = frame.id + 1;
                                frame_consume(&reader, &frame);
                        }
                        EXPECT("what waits is bounded",
                               reader.in.size < FRAME_HEADER_BYTES + FRAME_PAYLOAD_MAX);
                        now++;
                }
                EXPECT_INT("all", next, 21);
                EXPECT_INT("all noise was dropped", reader.n_lost, n_noise);
                EXPECT_INT("nothing is left", reader.in.size, 0);
                frame_reader_done(&reader);
        }
}

/* The dearest noise that a peer can send in one read must cost about as much as any other. */
static void test_dear_noise(void)
{
        static const struct {
                const char *about, *unit;
                size_t size;
        } rows[] = {
                {"first bytes", "\xc7", 1},
                {"magic", "\xc7GO\n", 4},
                {"headers", "\xc7GO\n\x01\x06--------------------------", 32},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                FrameReader reader = {0};
                char ids[16] = "";
                size_t n = ((size_t)1 << 20) / rows[i].size;

                for (size_t k = 0; k < n; k++)
                        buf_put(&reader.in, rows[i].unit, rows[i].size);
                put_frame(&reader.in, 5, "x", 1);
                take_all(&reader, START, ids, sizeof(ids));
                EXPECT_STR(rows[i].about, ids, "5");
                EXPECT_INT(rows[i].about, reader.n_lost, n * rows[i].size);
                frame_reader_done(&reader);
        }
}

int main(void)
{
        test_round_trip();
        test_bytes();
        test_byte_by_byte();
        test_garbage();
        test_flipped_bits();
        test_half_frames();
        test_patience();
        test_patience_begins_anew();
        test_checksum();
        test_wrong_headers();
        test_frame_in_a_frame();
        test_noise();
        test_dear_noise();
        return test_end();
}
