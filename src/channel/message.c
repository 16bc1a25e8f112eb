#include "channel/link-private.h"

#define MESSAGES_MAX 1024 /* incomplete ones, each way */

typedef struct Outgoing {
        Sender sender;
        FrameKind kind;
        Buf data;
        size_t sent;
} Outgoing;

struct Message {
        FrameKind kind;
        uint32_t id;
        Buf data;
        uint32_t window; /* what we still grant */
        TAILQ_ENTRY(Message) entry;
};

/* outwards */

static void drop_outgoing(Link *link, Sender *sender)
{
        Outgoing *message = container_of(sender, Outgoing, sender);

        TAILQ_REMOVE(&link->senders, sender, entry);
        link->n_outgoing--;
        link->outgoing_bytes -= message->data.size;
        buf_erase(&message->data);
        free(message);
}

static SendResult send_part(Link *link, Sender *sender)
{
        Outgoing *message = container_of(sender, Outgoing, sender);
        size_t left = message->data.size - message->sent;
        size_t size = left;
        int flags = message->sent > 0 ? FRAME_CONTINUED : 0;

        if (size > FRAME_PAYLOAD_MAX)
                size = FRAME_PAYLOAD_MAX;
        if (size > sender->window)
                size = sender->window;
        if (size == 0 && left > 0)
                return SEND_WAITS;
        if (size < left)
                flags |= FRAME_MORE;
        link_put_frame(link, message->kind, (uint16_t)flags, sender->id,
                       message->data.data + message->sent, size);
        message->sent += size;
        sender->window -= (uint32_t)size;
        if (size < left)
                return SEND_GOES_ON;
        drop_outgoing(link, sender);
        return SEND_OVER;
}

const SenderType message_sender = {.send = send_part, .drop = drop_outgoing};

int link_send_message(Link *link, FrameKind kind, uint32_t id, Buf *payload)
{
        Outgoing *message;

        if (buf_error(payload) || link->n_outgoing >= MESSAGES_MAX ||
            payload->size > link->config.outgoing_bytes_max - link->outgoing_bytes)
                return -ENOBUFS;
        message = calloc(1, sizeof(*message));
        if (!message)
                return -ENOBUFS;
        *message = (Outgoing){
                .sender = {.type = &message_sender, .id = id, .window = LINK_WINDOW_BYTES},
                .kind = kind,
                .data = *payload,
        };
        *payload = (Buf){0};
        TAILQ_INSERT_TAIL(&link->senders, &message->sender, entry);
        link->n_outgoing++;
        link->outgoing_bytes += message->data.size;
        loop_defer(link->io.loop, &link->flush);
        return 0;
}

/* inwards */

static Message *find_incoming(const Link *link, uint32_t id)
{
        Message *message;

        TAILQ_FOREACH (message, &link->incoming, entry)
                if (message->id == id)
                        return message;
        return NULL;
}

static void message_free(Message *message)
{
        buf_erase(&message->data);
        free(message);
}

static Message *drop_incoming(Link *link, Message *message)
{
        TAILQ_REMOVE(&link->incoming, message, entry);
        link->n_incoming--;
        link->incoming_bytes -= message->data.size;
        message_free(message);
        return NULL;
}

void messages_drop(Link *link)
{
        Message *message;

        while ((message = TAILQ_FIRST(&link->incoming)))
                drop_incoming(link, message);
}

void messages_forget(Link *link, uint32_t id)
{
        Sender *sender = link_find_sender(link, &message_sender, id);
        Message *message = find_incoming(link, id);

        if (sender)
                drop_outgoing(link, sender);
        if (message)
                drop_incoming(link, message);
}

/* What is put together here is taken as soon as it comes: the message's maximum is the limit. */
static void grant_credit(Link *link, Message *message)
{
        uint32_t bytes = LINK_WINDOW_BYTES - message->window;

        if (bytes >= LINK_WINDOW_BYTES / 2 && link_send_credit(link, message->id, bytes) >= 0)
                message->window += bytes;
}

static Message *begin_incoming(Link *link, const Frame *frame)
{
        Message *message;

        if (link->n_incoming >= MESSAGES_MAX)
                return NULL;
        message = calloc(1, sizeof(*message));
        if (!message)
                return NULL;
        *message = (Message){
                .kind = frame->kind,
                .id = frame->id,
                .data = {.max = link->config.message_bytes_max},
                .window = LINK_WINDOW_BYTES,
        };
        TAILQ_INSERT_TAIL(&link->incoming, message, entry);
        link->n_incoming++;
        return message;
}

void messages_take_part(Link *link, const Frame *frame, Usec now)
{
        Message *message = find_incoming(link, frame->id);

        if (!message && frame->flags & FRAME_CONTINUED)
                return; /* of a message that was forgotten */
        if (!message && !(frame->flags & FRAME_MORE)) {
                link_deliver(link, frame, frame->payload, frame->size, now);
                return;
        }
        if (message && !(frame->flags & FRAME_CONTINUED))
                message = drop_incoming(link, message);
        if (!message)
                message = begin_incoming(link, frame);
        if (!message || message->kind != frame->kind || frame->size > message->window ||
            frame->size > link->config.incoming_bytes_max - link->incoming_bytes ||
            buf_put(&message->data, frame->payload, frame->size) < 0) {
                link_lost(link, "the peer sent more than it may", now);
                return;
        }
        link->incoming_bytes += frame->size;
        message->window -= frame->size;
        if (frame->flags & FRAME_MORE) {
                grant_credit(link, message);
                return;
        }
        TAILQ_REMOVE(&link->incoming, message, entry);
        link->n_incoming--;
        link->incoming_bytes -= message->data.size;
        link_deliver(link, frame, message->data.data, message->data.size, now);
        message_free(message);
}
