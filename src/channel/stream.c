#include "channel/link-private.h"

#define STREAMS_MAX 1024 /* each way */
#define ROOM_ENOUGH (LINK_STREAM_BYTES / 2)

/* The sending end. */
struct Outflow {
        Sender sender;
        char *ring;         /* NULL: nothing is queued, on_pull() is asked */
        size_t first, size; /* of what is in the ring, which begins anew at its end */
        bool ready;         /* to be asked */
        bool crowded;       /* there is less room than is worth telling of */
        bool roomy;         /* in the list of those whose owners are to be told */
        bool ended;
        FrameKind end_kind;
        Buf end;
        TAILQ_ENTRY(Outflow) roomy_entry;
};

/* The receiving end. */
struct Inflow {
        uint32_t id;
        uint32_t window; /* what we still grant */
        uint32_t owed;   /* what is done with, and not granted again */
        TAILQ_ENTRY(Inflow) entry;
};

/* outwards */

static Outflow *find_outflow(const Link *link, uint32_t id)
{
        Sender *sender = link_find_sender(link, &stream_sender, id);

        return sender ? container_of(sender, Outflow, sender) : NULL;
}

static void set_roomy(Link *link, Outflow *flow, bool roomy)
{
        if (flow->roomy == roomy)
                return;
        flow->roomy = roomy;
        if (roomy) {
                TAILQ_INSERT_TAIL(&link->roomy, flow, roomy_entry);
                loop_defer(link->io.loop, &link->tell_room);
        } else {
                TAILQ_REMOVE(&link->roomy, flow, roomy_entry);
        }
}

static void outflow_free(Outflow *flow)
{
        if (flow->ring)
                explicit_bzero(flow->ring, LINK_STREAM_BYTES);
        free(flow->ring);
        free(flow);
}

static void drop_outflow(Link *link, Sender *sender)
{
        Outflow *flow = container_of(sender, Outflow, sender);

        TAILQ_REMOVE(&link->senders, sender, entry);
        link->n_outflows--;
        set_roomy(link, flow, false);
        buf_erase(&flow->end);
        outflow_free(flow);
}

static Inflow *find_inflow(const Link *link, uint32_t id)
{
        Inflow *flow;

        TAILQ_FOREACH (flow, &link->inflows, entry)
                if (flow->id == id)
                        return flow;
        return NULL;
}

static void drop_inflow(Link *link, Inflow *flow)
{
        if (!flow)
                return;
        TAILQ_REMOVE(&link->inflows, flow, entry);
        link->n_inflows--;
        free(flow);
}

static SendResult send_end(Link *link, Outflow *flow)
{
        link_put_frame(link, flow->end_kind, 0, flow->sender.id, flow->end.data, flow->end.size);
        drop_inflow(link, find_inflow(link, flow->sender.id));
        drop_outflow(link, &flow->sender);
        return SEND_OVER;
}

static SendResult pull_data(Link *link, Outflow *flow)
{
        size_t size = flow->sender.window;

        /* What comes before the stream on its id may still be here. */
        if (link_find_sender(link, &message_sender, flow->sender.id))
                return SEND_WAITS;
        if (flow->ended)
                return send_end(link, flow);
        if (size > FRAME_PAYLOAD_MAX)
                size = FRAME_PAYLOAD_MAX;
        if (size == 0 || !flow->ready)
                return SEND_WAITS;
        size = link_pull_frame(link, FRAME_DATA, flow->sender.id, size);
        flow->sender.window -= (uint32_t)size;
        flow->ready = size > 0;
        return size > 0 ? SEND_GOES_ON : SEND_WAITS;
}

static SendResult send_queued(Link *link, Outflow *flow)
{
        Sender *sender = &flow->sender;
        size_t size = LINK_STREAM_BYTES - flow->first;

        if (flow->size == 0)
                return flow->ended ? send_end(link, flow) : SEND_WAITS;
        if (size > flow->size)
                size = flow->size;
        if (size > FRAME_PAYLOAD_MAX)
                size = FRAME_PAYLOAD_MAX;
        if (size > sender->window)
                size = sender->window;
        if (size == 0)
                return SEND_WAITS;
        link_put_frame(link, FRAME_DATA, 0, sender->id, flow->ring + flow->first, size);
        sender->window -= (uint32_t)size;
        flow->size -= size;
        flow->first = flow->size == 0 ? 0 : (flow->first + size) % LINK_STREAM_BYTES;
        if (flow->crowded && !flow->ended && LINK_STREAM_BYTES - flow->size >= ROOM_ENOUGH) {
                flow->crowded = false;
                set_roomy(link, flow, true);
        }
        return SEND_GOES_ON;
}

static SendResult send_data(Link *link, Sender *sender)
{
        Outflow *flow = container_of(sender, Outflow, sender);

        return flow->ring ? send_queued(link, flow) : pull_data(link, flow);
}

const SenderType stream_sender = {.send = send_data, .drop = drop_outflow};

static int on_tell_room(LoopTask *task, Usec now)
{
        Link *link = container_of(task, Link, tell_room);
        Outflow *flow;

        while (!link->closed && (flow = TAILQ_FIRST(&link->roomy))) {
                set_roomy(link, flow, false);
                if (link->callbacks.on_room)
                        link->callbacks.on_room(link->callbacks.user, flow->sender.id, now);
        }
        return 0;
}

static int open_outflow(Link *link, uint32_t id, size_t ring)
{
        Outflow *flow;

        if (find_outflow(link, id))
                return -EEXIST;
        flow = link->n_outflows < STREAMS_MAX ? calloc(1, sizeof(*flow)) : NULL;
        if (!flow)
                return -ENOBUFS;
        flow->ring = ring > 0 ? malloc(ring) : NULL;
        if (ring > 0 && !flow->ring) {
                free(flow);
                return -ENOBUFS;
        }
        flow->sender = (Sender){.type = &stream_sender, .id = id, .window = LINK_WINDOW_BYTES};
        TAILQ_INSERT_TAIL(&link->senders, &flow->sender, entry);
        link->n_outflows++;
        return 0;
}

int link_stream_open(Link *link, uint32_t id)
{
        return open_outflow(link, id, LINK_STREAM_BYTES);
}

int link_stream_open_pulled(Link *link, uint32_t id)
{
        return open_outflow(link, id, 0);
}

void link_stream_ready(Link *link, uint32_t id)
{
        Outflow *flow = find_outflow(link, id);

        if (!flow || flow->ring)
                return;
        flow->ready = true;
        loop_defer(link->io.loop, &link->flush);
}

size_t link_stream_room(const Link *link, uint32_t id)
{
        const Outflow *flow = find_outflow(link, id);

        return flow && flow->ring && !flow->ended ? LINK_STREAM_BYTES - flow->size : 0;
}

int link_stream_send(Link *link, uint32_t id, const void *data, size_t size)
{
        Outflow *flow = find_outflow(link, id);
        size_t at, before_end;

        if (!flow || !flow->ring || flow->ended || size > LINK_STREAM_BYTES - flow->size)
                return -ENOBUFS;
        if (size == 0)
                return 0;
        at = (flow->first + flow->size) % LINK_STREAM_BYTES;
        before_end = LINK_STREAM_BYTES - at < size ? LINK_STREAM_BYTES - at : size;
        memcpy(flow->ring + at, data, before_end);
        memcpy(flow->ring, (const char *)data + before_end, size - before_end);
        flow->size += size;
        if (LINK_STREAM_BYTES - flow->size < ROOM_ENOUGH) {
                flow->crowded = true;
                set_roomy(link, flow, false);
        }
        loop_defer(link->io.loop, &link->flush);
        return 0;
}

int link_stream_end(Link *link, uint32_t id, FrameKind kind, const void *payload, size_t size)
{
        Outflow *flow = find_outflow(link, id);

        if (!flow || flow->ended || size > FRAME_PAYLOAD_MAX ||
            buf_put(&flow->end, payload, size) < 0)
                return -ENOBUFS;
        flow->ended = true;
        flow->end_kind = kind;
        set_roomy(link, flow, false);
        loop_defer(link->io.loop, &link->flush);
        return 0;
}

/* inwards */

int link_stream_accept(Link *link, uint32_t id)
{
        Inflow *flow;

        if (find_inflow(link, id))
                return -EEXIST;
        flow = link->n_inflows < STREAMS_MAX ? malloc(sizeof(*flow)) : NULL;
        if (!flow)
                return -ENOBUFS;
        *flow = (Inflow){.id = id, .window = LINK_WINDOW_BYTES};
        TAILQ_INSERT_TAIL(&link->inflows, flow, entry);
        link->n_inflows++;
        return 0;
}

void streams_take_data(Link *link, const Frame *frame, Usec now)
{
        Inflow *flow = find_inflow(link, frame->id);

        if (!flow)
                return; /* of a stream that was forgotten */
        if (frame->size > flow->window) {
                link_lost(link, "the peer sent more than it may", now);
                return;
        }
        flow->window -= frame->size;
        link_deliver(link, frame, frame->payload, frame->size, now);
}

void link_stream_grant(Link *link, uint32_t id, size_t size)
{
        Inflow *flow = find_inflow(link, id);
        uint32_t most;

        if (!flow)
                return;
        most = LINK_WINDOW_BYTES - flow->window - flow->owed;
        flow->owed += size < most ? (uint32_t)size : most;
        if (flow->owed < LINK_WINDOW_BYTES / 2)
                return;
        link->owes_credit = true;
        loop_defer(link->io.loop, &link->flush);
}

void streams_pay_credit(Link *link)
{
        Inflow *flow;

        if (!link->owes_credit)
                return;
        link->owes_credit = false;
        TAILQ_FOREACH (flow, &link->inflows, entry) {
                if (flow->owed < LINK_WINDOW_BYTES / 2)
                        continue;
                if (link_send_credit(link, flow->id, flow->owed) < 0) {
                        link->owes_credit = true; /* when the peer has read */
                        return;
                }
                flow->window += flow->owed;
                flow->owed = 0;
        }
}

/* both */

void streams_init(Link *link)
{
        TAILQ_INIT(&link->inflows);
        TAILQ_INIT(&link->roomy);
        link->tell_room.run = on_tell_room;
}

void streams_drop(Link *link)
{
        Inflow *flow;

        while ((flow = TAILQ_FIRST(&link->inflows)))
                drop_inflow(link, flow);
        link->owes_credit = false;
        loop_task_cancel(&link->tell_room);
}

void streams_forget(Link *link, uint32_t id)
{
        Sender *sender = link_find_sender(link, &stream_sender, id);
        Inflow *flow = find_inflow(link, id);

        if (sender)
                drop_outflow(link, sender);
        drop_inflow(link, flow);
        if (sender || flow)
                loop_defer(link->io.loop, &link->flush); /* which erases what they have left */
}
