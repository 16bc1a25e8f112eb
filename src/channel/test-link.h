#pragma once

/*
 * What tests of links share: an end that notes what it hears, messages that can be told from each
 * other, and ways to run a loop. Nothing sleeps; what waits, waits for an event.
 */

#include "channel/link.h"

#include "base/test.h"

#include <stdio.h>
#include <sys/socket.h>

#define NONCE    ((uint64_t)0x0123456789abcdef)
#define KIB      ((size_t)1 << 10)
#define MIB      ((size_t)1 << 20)
#define PATIENCE (30 * USEC_PER_SEC) /* until a test is declared hung */
#define HEARD    2048

/* What one end has heard. */
typedef struct End {
        Loop *loop;
        Link *link;
        size_t n_messages, n_lost;
        struct Heard {
                FrameKind kind;
                uint64_t nonce;
                uint32_t id;
                size_t size;
                bool good; /* the payload is what fill() made */
        } heard[HEARD];
        char why[128];
        size_t close_at; /* closes its link inside this message, counted from 1 */
        bool close_when_lost;
        uint64_t nonce_when_heard; /* sets this nonce inside on_message */
        size_t n_rooms;            /* how often a stream told that it has room … */
        uint32_t rooms[HEARD];     /* … and which */
        uint32_t close_at_room;    /* closes its link when this one has */
        size_t n_pulled, pull_max; /* bytes that were asked for; there are no more */
} End;

static inline void fill(char *data, size_t size, uint32_t id)
{
        for (size_t i = 0; i < size; i++)
                data[i] = (char)(i * 31 + (i >> 8) + id);
}

static inline bool is_filled(const char *data, size_t size, uint32_t id)
{
        for (size_t i = 0; i < size; i++)
                if (data[i] != (char)(i * 31 + (i >> 8) + id))
                        return false;
        return true;
}

static inline void on_message(void *user, FrameKind kind, uint64_t nonce, uint32_t id,
                              const char *payload, size_t size, Usec now)
{
        End *end = user;

        (void)now;
        if (end->n_messages < HEARD)
                end->heard[end->n_messages] = (struct Heard){
                        .kind = kind,
                        .nonce = nonce,
                        .id = id,
                        .size = size,
                        .good = is_filled(payload, size, id),
                };
        end->n_messages++;
        if (end->nonce_when_heard)
                link_set_nonce(end->link, end->nonce_when_heard);
        if (end->close_at == end->n_messages)
                end->link = link_close(end->link);
        loop_quit(end->loop);
}

static inline void on_lost(void *user, const char *why, Usec now)
{
        End *end = user;

        (void)now;
        end->n_lost++;
        (void)snprintf(end->why, sizeof(end->why), "%s", why);
        if (end->close_when_lost)
                end->link = link_close(end->link);
        loop_quit(end->loop);
}

static inline void on_room(void *user, uint32_t id, Usec now)
{
        End *end = user;

        (void)now;
        if (end->n_rooms < HEARD)
                end->rooms[end->n_rooms] = id;
        end->n_rooms++;
        if (id == end->close_at_room)
                end->link = link_close(end->link);
        loop_quit(end->loop);
}

typedef struct Guard {
        LoopTimer timer;
        Loop *loop;
        bool fired;
} Guard;

static inline int on_guard(LoopTimer *timer, Usec now)
{
        Guard *guard = container_of(timer, Guard, timer);

        (void)now;
        guard->fired = true;
        loop_quit(guard->loop);
        return 0;
}

/* Each event that an end hears ends loop_run(): here it is looked at again. */
#define RUN_UNTIL(run_loop, condition)                                                             \
        do {                                                                                       \
                Guard guard_ = {.timer.on_due = on_guard, .loop = (run_loop)};                     \
                                                                                                   \
                (void)loop_timer_set((run_loop), &guard_.timer, loop_now(run_loop) + PATIENCE);    \
                while (!(condition) && !guard_.fired)                                              \
                        EXPECT_INT("loop", loop_run(run_loop), 0);                                 \
                EXPECT("in time", !guard_.fired);                                                  \
                loop_timer_clear(&guard_.timer);                                                   \
        } while (false)

/* A few turns of the loop: a timer that is due ends each. */
static inline void run_turns(Loop *loop, unsigned int n)
{
        for (; n > 0; n--) {
                Guard guard = {.timer.on_due = on_guard, .loop = loop};

                (void)loop_timer_set(loop, &guard.timer, 1);
                while (!guard.fired)
                        EXPECT_INT("turn", loop_run(loop), 0);
        }
}

static inline LinkConfig a_config(void)
{
        LinkConfig config = LINK_CONFIG_DEFAULT;

        return config;
}

static inline size_t on_pull(void *user, uint32_t id, char *data, size_t size)
{
        End *end = user;

        if (size > end->pull_max - end->n_pulled)
                size = end->pull_max - end->n_pulled;
        fill(data, size, id);
        end->n_pulled += size;
        return size;
}

static inline void end_open(End *end, Loop *loop, int fd, const LinkConfig *config, uint64_t nonce)
{
        const LinkCallbacks callbacks = {.on_message = on_message,
                                         .on_lost = on_lost,
                                         .on_room = on_room,
                                         .on_pull = on_pull,
                                         .user = end};

        *end = (End){
                .loop = loop, .pull_max = SIZE_MAX, .close_when_lost = config->mode == LINK_SOCKET};
        EXPECT_INT("open", link_open(loop, fd, config, &callbacks, &end->link), 0);
        link_set_nonce(end->link, nonce);
}

static inline void make_pair(int fds[2])
{
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
                abort();
}

static inline int send_filled(End *end, FrameKind kind, uint32_t id, size_t size)
{
        Buf payload = {0};
        char *at = buf_grow(&payload, size);
        int r;

        if (!at)
                abort();
        fill(at, size, id);
        r = link_send_message(end->link, kind, id, &payload);
        EXPECT("taken over, or not at all", (r < 0) == (payload.data != NULL));
        buf_done(&payload);
        return r;
}
