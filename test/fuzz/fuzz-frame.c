/*
 * A stream of bytes, cut as the first byte says: no piece is lost or read twice, what waits has a
 * limit, and after its patience a reader waits for nothing any more.
 */

#include "channel/frame.h"

#include "fuzz.h"

#define WAITING_MAX ((size_t)FRAME_HEADER_BYTES + FRAME_PAYLOAD_MAX)

typedef struct Run {
        FrameReader reader;
        Usec now;
        size_t fed, taken; /* bytes */
} Run;

/* Takes all frames, and writes each once more: it has to come out as it went in. */
static void take_all(Run *run)
{
        Frame frame, same;

        while (frame_next(&run->reader, &frame, run->now) > 0) {
                FrameReader again = {0};

                MUST(frame.size <= FRAME_PAYLOAD_MAX);
                frame_write(&again.in, &frame);
                MUST(again.in.size == FRAME_HEADER_BYTES + frame.size);
                MUST(memcmp(again.in.data, run->reader.in.data + run->reader.at, again.in.size) ==
                     0);
                MUST(frame_next(&again, &same, run->now) == 1);
                MUST(same.id == frame.id && same.nonce == frame.nonce && same.size == frame.size);
                frame_reader_done(&again);

                run->taken += FRAME_HEADER_BYTES + frame.size;
                frame_consume(&run->reader, &frame);
        }
        MUST(run->reader.in.size < WAITING_MAX);
        MUST(run->fed == run->taken + run->reader.n_lost + run->reader.in.size);
        MUST((run->reader.in.size == 0) == (frame_deadline(&run->reader) == USEC_NEVER));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Run run = {.now = USEC_PER_SEC};
        size_t piece = size > 0 && data[0] ? data[0] : 65536;
        Usec deadline;

        for (size_t at = 1; at < size; at += piece) {
                size_t n = size - at < piece ? size - at : piece;

                buf_put(&run.reader.in, data + at, n);
                run.fed += n;
                take_all(&run);
                run.now += (Usec)data[at] * 10000; /* sometimes longer than its patience */
        }
        while ((deadline = frame_deadline(&run.reader)) != USEC_NEVER) {
                uint64_t before = run.reader.n_lost;

                if (run.now < deadline)
                        run.now = deadline;
                take_all(&run);
                MUST(run.reader.n_lost > before || run.reader.in.size == 0);
        }
        MUST(run.reader.in.size == 0);
        frame_reader_done(&run.reader);
        return 0;
}
