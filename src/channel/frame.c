#include "channel/frame.h"

#include "channel/crc32.h"

#define CAREFUL_USEC USEC_PER_SEC

/* 0xC7 begins no ASCII text and ends no UTF-8 character. */
static const unsigned char magic[4] = {0xc7, 'G', 'O', '\n'};

enum {
        AT_VERSION = 4,
        AT_KIND = 5,
        AT_FLAGS = 6,
        AT_NONCE = 8,
        AT_ID = 16,
        AT_SIZE = 20,
        AT_PAYLOAD_CRC = 24,
        AT_HEADER_CRC = 28,
};

static void put_number(unsigned char *at, uint64_t value, size_t n)
{
        for (size_t i = 0; i < n; i++)
                at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_number(const unsigned char *at, size_t n)
{
        uint64_t value = 0;

        for (size_t i = 0; i < n; i++)
                value |= (uint64_t)at[i] << (8 * i);
        return value;
}

static void put_header(char *at, const Frame *frame, const char *payload)
{
        unsigned char *header = (unsigned char *)at;

        memcpy(header, magic, sizeof(magic));
        header[AT_VERSION] = FRAME_VERSION;
        header[AT_KIND] = (unsigned char)frame->kind;
        put_number(header + AT_FLAGS, frame->flags, 2);
        put_number(header + AT_NONCE, frame->nonce, 8);
        put_number(header + AT_ID, frame->id, 4);
        put_number(header + AT_SIZE, frame->size, 4);
        put_number(header + AT_PAYLOAD_CRC, crc32_of(payload, frame->size), 4);
        put_number(header + AT_HEADER_CRC, crc32_of(header, AT_HEADER_CRC), 4);
}

void frame_write(Buf *out, const Frame *frame)
{
        char header[FRAME_HEADER_BYTES];

        assert(frame->size <= FRAME_PAYLOAD_MAX);
        put_header(header, frame, frame->payload);
        buf_put(out, header, sizeof(header));
        buf_put(out, frame->payload, frame->size);
}

char *frame_room(Buf *out, size_t size)
{
        char *at = buf_grow(out, FRAME_HEADER_BYTES + size);

        return at ? at + FRAME_HEADER_BYTES : NULL;
}

void frame_fill(Buf *out, size_t room, const Frame *frame)
{
        char *at = out->data + out->size - room - FRAME_HEADER_BYTES;

        assert(frame->size <= room && room <= FRAME_PAYLOAD_MAX);
        out->size -= frame->size > 0 ? room - frame->size : room + FRAME_HEADER_BYTES;
        if (frame->size > 0)
                put_header(at, frame, at + FRAME_HEADER_BYTES);
}

/* Return: 1 where a whole header stands at the front, 0 where it may still become one. */
static int parse_header(const char *data, size_t size, Frame *ret, uint32_t *ret_crc)
{
        const unsigned char *at = (const unsigned char *)data;
        size_t n = size < sizeof(magic) ? size : sizeof(magic);

        if (memcmp(at, magic, n) != 0)
                return -EBADMSG;
        if (size < FRAME_HEADER_BYTES)
                return 0;
        if (get_number(at + AT_HEADER_CRC, 4) != crc32_of(at, AT_HEADER_CRC) ||
            at[AT_VERSION] != FRAME_VERSION || get_number(at + AT_SIZE, 4) > FRAME_PAYLOAD_MAX)
                return -EBADMSG;
        *ret = (Frame){
                .kind = (FrameKind)at[AT_KIND],
                .flags = (uint16_t)get_number(at + AT_FLAGS, 2),
                .nonce = get_number(at + AT_NONCE, 8),
                .id = (uint32_t)get_number(at + AT_ID, 4),
                .payload = data + FRAME_HEADER_BYTES,
                .size = (uint32_t)get_number(at + AT_SIZE, 4),
        };
        *ret_crc = (uint32_t)get_number(at + AT_PAYLOAD_CRC, 4);
        return 1;
}

/* Return: where behind @at a frame may begin next. */
static size_t hunt(FrameReader *reader, size_t at)
{
        const Buf *in = &reader->in;
        const char *next = memchr(in->data + at + 1, magic[0], in->size - at - 1);

        reader->since = 0;
        return next ? (size_t)(next - in->data) : in->size;
}

int frame_next(FrameReader *reader, Frame *ret, Usec now)
{
        const Buf *in = &reader->in;
        size_t at = reader->at; /* what stands between them is no frame */
        int found = 0;

        while (at < in->size) {
                uint32_t crc = 0;
                int r = parse_header(in->data + at, in->size - at, ret, &crc);

                if (r > 0 && in->size - at - FRAME_HEADER_BYTES >= ret->size) {
                        found = crc32_of(ret->payload, ret->size) == crc;
                        if (found)
                                break;
                        if (now < reader->careful_at) {
                                at += FRAME_HEADER_BYTES + ret->size;
                                reader->since = 0;
                                continue;
                        }
                        reader->careful_at = now + CAREFUL_USEC;
                        r = -EBADMSG;
                }
                if (r >= 0) {
                        if (reader->since == 0)
                                reader->since = now;
                        if (now - reader->since < FRAME_PATIENCE_USEC)
                                break;
                }
                at = hunt(reader, at);
        }
        reader->n_lost += at - reader->at;
        reader->at = at;
        if (!found) {
                buf_drop(&reader->in, at);
                reader->at = 0;
        }
        return found;
}

void frame_consume(FrameReader *reader, const Frame *frame)
{
        reader->since = 0;
        reader->at += FRAME_HEADER_BYTES + frame->size;
}

Usec frame_deadline(const FrameReader *reader)
{
        return reader->since ? reader->since + FRAME_PATIENCE_USEC : USEC_NEVER;
}

void frame_reset(FrameReader *reader)
{
        reader->since = 0;
        reader->at = 0;
        buf_clear(&reader->in);
}

void frame_reader_done(FrameReader *reader)
{
        reader->at = 0;
        buf_erase(&reader->in);
}
