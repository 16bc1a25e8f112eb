#pragma once

/* A link whose peer is the test itself: it says what no link would say, and sees each frame. */

#include "channel/test-link.h"

typedef struct Raw {
        Loop *loop;
        End end;
        int fd;
        FrameReader reader;
        size_t n_frames; /* that the link has written */
        struct Said {
                FrameKind kind;
                uint32_t id, size;
        } frames[HEARD];
} Raw;

static inline Raw *raw_new(const LinkConfig *config)
{
        Raw *raw = calloc(1, sizeof(*raw));
        int fds[2];

        if (!raw || loop_new(&raw->loop) < 0)
                abort();
        make_pair(fds);
        raw->fd = fds[1];
        end_open(&raw->end, raw->loop, fds[0], config, NONCE);
        return raw;
}

static inline void raw_free(Raw *raw)
{
        link_close(raw->end.link);
        loop_free(raw->loop);
        fd_close(raw->fd);
        frame_reader_done(&raw->reader);
        free(raw);
}
DEFINE_CLEANUP(Raw, raw_free)

/* Writes all of it, letting the link read meanwhile, unless the link is gone. */
static inline void raw_write(Raw *raw, const Buf *bytes)
{
        size_t at = 0;

        while (at < bytes->size && raw->end.link) {
                ssize_t n = write(raw->fd, bytes->data + at, bytes->size - at);

                if (n > 0)
                        at += (size_t)n;
                run_turns(raw->loop, 1);
        }
        run_turns(raw->loop, 2);
}

static inline void raw_frame(Raw *raw, FrameKind kind, uint16_t flags, uint64_t nonce, uint32_t id,
                             size_t size)
{
        char payload[FRAME_PAYLOAD_MAX];
        _cleanup_(buf_done) Buf bytes = {0};

        fill(payload, size, id);
        frame_write(&bytes, &(Frame){kind, flags, nonce, id, payload, (uint32_t)size});
        raw_write(raw, &bytes);
}

/* Reads what the link has written. Return: bytes of payload of messages and streams. */
static inline size_t raw_read(Raw *raw)
{
        size_t total = 0;
        ssize_t n;

        do {
                char data[4096];
                Frame frame;

                run_turns(raw->loop, 1);
                n = read(raw->fd, data, sizeof(data));
                if (n > 0)
                        buf_put(&raw->reader.in, data, (size_t)n);
                while (frame_next(&raw->reader, &frame, loop_now(raw->loop)) > 0) {
                        if (raw->n_frames < HEARD)
                                raw->frames[raw->n_frames++] =
                                        (struct Said){frame.kind, frame.id, frame.size};
                        if (frame.kind == FRAME_REQUEST || frame.kind == FRAME_ANSWER ||
                            frame.kind == FRAME_DATA)
                                total += frame.size;
                        frame_consume(&raw->reader, &frame);
                }
        } while (n > 0);
        return total;
}
