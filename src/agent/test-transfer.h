#pragma once

/*
 * For tests of open transfers: the operations of an agent, real workers, and a host that takes and
 * gives as the test wants.
 */

#include "agent/open-transfer.h"
#include "agent/operation.h"
#include "base/test-file.h"
#include "base/test.h"
#include "channel/link.h"
#include "schema/tables.h"
#include "wire/read.h"

#include <sys/stat.h>

#define ID            7
#define NOBODY        65534
#define PATIENCE_USEC (300 * USEC_PER_SEC) /* never reached */

#define LARGE ((size_t)5 << 20)

static char *content; /* LARGE bytes */

static inline void make_content(void)
{
        uint32_t state = 1;

        content = malloc(LARGE);
        if (!content)
                abort();
        for (size_t i = 0; i < LARGE; i++) {
                state = state * 1664525 + 1013904223;
                content[i] = (char)(state >> 24);
        }
}

typedef struct Site {
        Loop *loop;
        AgentConfig *config;
        Operations *operations;
        LoopTask turn; /* the host's */
        LoopTimer watch;
        Arena *arena; /* of what was answered */
        const ChannelAnswer *answer, *end;
        const FileTransferOpened *opened;
        bool refuse_streams;
        bool wait; /* the loop is left when the file is open */

        size_t room;      /* of the stream, now */
        size_t room_step; /* that the host makes in each turn; 0: none */
        bool ready;
        Buf received;

        const char *data; /* to be sent */
        size_t size, sent, credit;
        size_t stop_at; /* nothing more is sent from there on, and the loop is left */
        bool all_sent;
} Site;

static inline const char *fault_of(const ChannelAnswer *answer)
{
        return answer && answer->fault ? answer->fault->type->name : NULL;
}

static inline const ChannelAnswer *site_read(Site *site, const Buf *payload)
{
        const ChannelAnswer *answer = NULL;
        WireError error;

        EXPECT_INT("an answer",
                   tlv_read(site->arena, payload->data, payload->size, &type_ChannelAnswer, &answer,
                            &error),
                   0);
        return answer;
}

static inline void site_send_answer(void *user, uint32_t id, Buf *payload)
{
        Site *site = user;

        EXPECT_INT("its id", id, ID);
        EXPECT("one answer", !site->answer && !site->end);
        site->answer = site_read(site, payload);
        buf_clear(payload);
        if (site->answer->result.form == FORM_OBJECT)
                site->opened = *(const FileTransferOpened *const *)site->answer->result.value;
        if (site->opened)
                loop_defer(site->loop, &site->turn);
        if (!site->opened || site->wait)
                loop_quit(site->loop);
}

static inline int site_open(void *user, uint32_t id, bool incoming)
{
        const Site *site = user;

        (void)incoming;
        EXPECT_INT("the stream's id", id, ID);
        return site->refuse_streams ? -ENOBUFS : 0;
}

static inline void site_ready(void *user, uint32_t id)
{
        Site *site = user;

        EXPECT_INT("the id of what is ready", id, ID);
        EXPECT("after the answer, before the end", site->opened && !site->end);
        site->ready = true;
        loop_defer(site->loop, &site->turn);
}

/* Until there is no room, or nothing. */
static inline void site_pull(Site *site)
{
        static char data[FRAME_PAYLOAD_MAX];

        while (site->ready && site->room > 0) {
                size_t most = site->room < sizeof(data) ? site->room : sizeof(data);
                size_t n = operations_pull(site->operations, ID, data, most);

                EXPECT("no more than there is room for", n <= most);
                site->ready = n > 0;
                site->room -= n;
                buf_put(&site->received, data, n);
        }
        if (site->ready && site->room_step > 0)
                loop_defer(site->loop, &site->turn);
}

static inline void site_grant(void *user, uint32_t id, size_t size)
{
        Site *site = user;

        (void)id;
        site->credit += size;
        EXPECT("credit for what was sent", site->credit <= LINK_WINDOW_BYTES);
        loop_defer(site->loop, &site->turn);
}

static inline void site_end(void *user, uint32_t id, const Buf *payload)
{
        Site *site = user;

        EXPECT_INT("the end's id", id, ID);
        EXPECT("one end, after the answer", site->opened && !site->end);
        site->end = site_read(site, payload);
        EXPECT("without a result", site->end->result.form == FORM_NONE);
        loop_quit(site->loop);
}

/* In pieces of all sizes, some longer than a packet of the worker's. */
static inline void site_upload(Site *site)
{
        while (!site->end && site->sent < site->size && site->sent < site->stop_at) {
                size_t piece = site->sent % 3 == 0 ? FRAME_PAYLOAD_MAX : 1 + site->sent % 5000;

                if (piece > site->size - site->sent)
                        piece = site->size - site->sent;
                if (piece > site->credit)
                        piece = site->credit;
                if (piece == 0)
                        return;
                site->credit -= piece;
                site->sent += piece;
                operations_data(site->operations, ID, site->data + site->sent - piece, piece);
        }
        if (site->sent >= site->stop_at) {
                loop_quit(site->loop);
        } else if (!site->end && !site->all_sent) {
                site->all_sent = true;
                operations_data(site->operations, ID, NULL, 0);
        }
}

static inline int site_turn(LoopTask *task, Usec now)
{
        Site *site = container_of(task, Site, turn);

        (void)now;
        if (site->room_step > 0 && site->room < site->room_step)
                site->room = site->room_step;
        site_pull(site);
        if (site->data)
                site_upload(site);
        return 0;
}

static inline int site_watch(LoopTimer *timer, Usec now)
{
        Site *site = container_of(timer, Site, watch);

        if (!TAILQ_EMPTY(&site->operations->workers.list))
                return loop_timer_set(site->loop, timer, now + USEC_PER_MSEC);
        loop_quit(site->loop);
        return 0;
}

static inline void site_make(Site *site)
{
        const OperationsHost host = {
                .streams = {site_open, site_ready, site_grant, site_end, site},
                .send_answer = site_send_answer,
                .user = site,
        };

        *site = (Site){
                .turn.run = site_turn,
                .watch.on_due = site_watch,
                .arena = arena_new((size_t)1 << 20),
                .room_step = LINK_STREAM_BYTES,
                .room = LINK_STREAM_BYTES,
                .credit = LINK_WINDOW_BYTES,
                .stop_at = SIZE_MAX,
        };
        if (!site->arena || loop_new(&site->loop) < 0 ||
            agent_config_load("/nonexistent", false, &site->config) < 0 ||
            operations_new(site->loop, site->config, &host, &site->operations) < 0)
                abort();
        operations_set_vm(site->operations, "here");
}

/* Waits for the workers, too. */
static inline void site_done(Site *site)
{
        site->data = NULL;
        loop_timer_set(site->loop, &site->watch, 0);
        EXPECT_INT("the workers end", loop_run(site->loop), 0);
        operations_free(site->operations);
        loop_task_cancel(&site->turn);
        loop_free(site->loop);
        agent_config_free(site->config);
        arena_free(site->arena);
        buf_done(&site->received);
}

/* Return: its handle. */
static inline char *site_promise(Site *site, const TransferTerms *terms)
{
        const TicketPlace place = {
                .vm = site->operations->vm,
                .generation = login_pool_generation(site->operations->logins),
                .now = loop_now(site->loop),
        };
        static const TransferLimits many = {.max = 64, .per_user_max = 64};
        const Transfer *transfer = NULL;

        EXPECT_INT("promised",
                   transfers_add(&site->operations->transfers, terms, &many, &place, &transfer), 0);
        return arena_strdup(site->arena, transfer->handle);
}

static inline void site_begin(Site *site, const char *operation, char *handle, WireLong offset,
                              WireLong length)
{
        Arena *arena = arena_new((size_t)1 << 20);
        OpenFileTransferRequestType *open = arena_new_object(arena, OpenFileTransferRequestType);
        CloseFileTransferRequestType *end = arena_new_object(arena, CloseFileTransferRequestType);
        ChannelRequest *request = arena_new_object(arena, ChannelRequest);
        Usec now = loop_now(site->loop);

        *open = (OpenFileTransferRequestType){
                .type = &type_OpenFileTransferRequestType,
                .transfer = arena_strdup(arena, handle),
                .offset = offset,
                .length = length,
        };
        *end = (CloseFileTransferRequestType){
                .type = &type_CloseFileTransferRequestType,
                .transfer = open->transfer,
        };
        *request = (ChannelRequest){
                .type = &type_ChannelRequest,
                .operation = (char *)operation,
                .request_id = (char *)"1",
                .deadline = (int64_t)(now + PATIENCE_USEC),
                .params = *operation == 'O' ? (void *)open : (void *)end,
        };
        site->answer = site->end = NULL;
        site->opened = NULL;
        site->ready = false;
        operations_begin(site->operations, ID, arena, request, now);
}

static inline void site_run(Site *site)
{
        if (!site->end && !(site->answer && !site->opened))
                EXPECT_INT("run", loop_run(site->loop), 0);
}
