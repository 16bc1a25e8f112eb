#include "channel/link.h"

#include <sys/epoll.h>

#define READ_BYTES        ((size_t)64 << 10)
#define READS_PER_TURN    16 /* one helping: other links want their turn too */
#define WRITE_AHEAD_BYTES ((size_t)128 << 10)
#define CONTROL_BYTES_MAX ((size_t)1 << 20) /* unread by the peer; beyond: -ENOBUFS */
#define MESSAGES_MAX      1024              /* incomplete ones, each way */

typedef struct Message Message;
struct Message {
        FrameKind kind;
        uint32_t id;
        Buf data;
        size_t sent;     /* outgoing */
        uint32_t window; /* outgoing: what the peer still takes; incoming: what we still grant */
        TAILQ_ENTRY(Message) entry;
};
TAILQ_HEAD(Messages, Message);

struct Link {
        LoopIo io;
        LoopTimer patience; /* for a frame that does not become whole */
        LoopTask flush;
        LoopTask closing;
        LinkConfig config;
        LinkCallbacks callbacks;
        uint64_t nonce;
        FrameReader reader;
        Buf out; /* frames, ready to be written */
        struct Messages incoming, outgoing;
        size_t n_incoming, n_outgoing, incoming_bytes, outgoing_bytes;
        bool port_open; /* LINK_PORT: the host side has been seen */
        bool unplugged; /* LINK_PORT: the device is gone */
        bool closed;
};

static Message *message_find(struct Messages *messages, uint32_t id)
{
        Message *message;

        TAILQ_FOREACH (message, messages, entry)
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

static void drop_outgoing(Link *link, Message *message)
{
        TAILQ_REMOVE(&link->outgoing, message, entry);
        link->n_outgoing--;
        link->outgoing_bytes -= message->data.size;
        message_free(message);
}

static void drop_messages(Link *link)
{
        Message *message;

        while ((message = TAILQ_FIRST(&link->incoming)))
                drop_incoming(link, message);
        while ((message = TAILQ_FIRST(&link->outgoing)))
                drop_outgoing(link, message);
}

static void lost(Link *link, const char *why, Usec now)
{
        if (!link->closed)
                link->callbacks.on_lost(link->callbacks.user, why, now);
}

/* outwards */

static uint16_t part_flags(const Message *message, size_t size)
{
        return (uint16_t)((message->sent > 0 ? FRAME_CONTINUED : 0) |
                          (message->sent + size < message->data.size ? FRAME_MORE : 0));
}

/* Moves one part of each message that has credit into the buffer, in turn. */
static void queue_parts(Link *link)
{
        Message *message, *next;

        for (message = TAILQ_FIRST(&link->outgoing); message && link->out.size < WRITE_AHEAD_BYTES;
             message = next) {
                size_t size = message->data.size - message->sent;

                next = TAILQ_NEXT(message, entry);
                if (size > FRAME_PAYLOAD_MAX)
                        size = FRAME_PAYLOAD_MAX;
                if (size > message->window)
                        size = message->window;
                if (size == 0 && message->data.size > 0)
                        continue; /* no credit */
                frame_write(&link->out, &(Frame){
                                                .kind = message->kind,
                                                .flags = part_flags(message, size),
                                                .nonce = link->nonce,
                                                .id = message->id,
                                                .payload = message->data.data + message->sent,
                                                .size = (uint32_t)size,
                                        });
                message->sent += size;
                message->window -= (uint32_t)size;
                if (message->sent == message->data.size) {
                        drop_outgoing(link, message);
                        continue;
                }
                /* To the end of the line: the others are served before its next part. */
                TAILQ_REMOVE(&link->outgoing, message, entry);
                TAILQ_INSERT_TAIL(&link->outgoing, message, entry);
                if (!next)
                        next = message;
        }
}

/* Return: 0 where all is written or the pipe is full, or a negative errno. */
static int write_out(Link *link)
{
        for (;;) {
                ssize_t n;

                queue_parts(link);
                if (link->out.size == 0)
                        return 0;
                n = write(link->io.fd, link->out.data, link->out.size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? 0 : -errno;
                explicit_bzero(link->out.data, (size_t)n);
                buf_drop(&link->out, (size_t)n);
        }
}

static uint32_t wanted_events(const Link *link)
{
        /* The port reports its hang-up all the time the host is away: only edges count. */
        if (link->config.mode == LINK_PORT)
                return EPOLLIN | EPOLLOUT | EPOLLET;
        return EPOLLIN | (link->out.size > 0 ? EPOLLOUT : 0);
}

static int flush(Link *link, Usec now)
{
        int r = write_out(link);

        if (r >= 0 && buf_error(&link->out)) {
                buf_erase(&link->out);
                lost(link, "there is no memory for what has to be sent", now);
                return 0;
        }
        if (r >= 0)
                return loop_io_set(&link->io, wanted_events(link));
        if (link->config.mode == LINK_SOCKET)
                lost(link, "the connection broke while writing", now);
        return 0;
}

static int on_flush(LoopTask *task, Usec now)
{
        return flush(container_of(task, Link, flush), now);
}

int link_send(Link *link, FrameKind kind, uint32_t id, const void *payload, size_t size)
{
        if (link->out.size > CONTROL_BYTES_MAX)
                return -ENOBUFS;
        frame_write(&link->out, &(Frame){
                                        .kind = kind,
                                        .nonce = link->nonce,
                                        .id = id,
                                        .payload = payload,
                                        .size = (uint32_t)size,
                                });
        if (buf_error(&link->out))
                return -ENOBUFS;
        loop_defer(link->io.loop, &link->flush);
        return 0;
}

int link_send_message(Link *link, FrameKind kind, uint32_t id, Buf *payload)
{
        Message *message;

        if (buf_error(payload) || link->n_outgoing >= MESSAGES_MAX ||
            payload->size > link->config.outgoing_bytes_max - link->outgoing_bytes)
                return -ENOBUFS;
        message = calloc(1, sizeof(*message));
        if (!message)
                return -ENOBUFS;
        *message = (Message){
                .kind = kind,
                .id = id,
                .data = *payload,
                .window = LINK_WINDOW_BYTES,
        };
        *payload = (Buf){0};
        TAILQ_INSERT_TAIL(&link->outgoing, message, entry);
        link->n_outgoing++;
        link->outgoing_bytes += message->data.size;
        loop_defer(link->io.loop, &link->flush);
        return 0;
}

void link_forget(Link *link, uint32_t id)
{
        Message *message;

        message = message_find(&link->outgoing, id);
        if (message)
                drop_outgoing(link, message);
        message = message_find(&link->incoming, id);
        if (message)
                drop_incoming(link, message);
}

/* inwards */

static void take_credit(Link *link, const Frame *frame)
{
        Message *message = message_find(&link->outgoing, frame->id);
        uint32_t bytes = 0;

        if (!message || frame->size != 4)
                return;
        for (size_t i = 0; i < 4; i++)
                bytes |= (uint32_t)(unsigned char)frame->payload[i] << (8 * i);
        if (bytes <= UINT32_MAX - message->window)
                message->window += bytes;
        loop_defer(link->io.loop, &link->flush);
}

/* What is put together here is taken as soon as it comes: the message's maximum is the limit. */
static void grant_credit(Link *link, Message *message)
{
        uint32_t bytes = LINK_WINDOW_BYTES - message->window;
        unsigned char payload[4];

        if (bytes < LINK_WINDOW_BYTES / 2)
                return;
        for (size_t i = 0; i < sizeof(payload); i++)
                payload[i] = (unsigned char)(bytes >> (8 * i));
        if (link_send(link, FRAME_CREDIT, message->id, payload, sizeof(payload)) >= 0)
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

static void deliver(Link *link, const Frame *frame, const char *payload, size_t size, Usec now)
{
        link->callbacks.on_message(link->callbacks.user, frame->kind, frame->nonce, frame->id,
                                   payload, size, now);
}

static void take_part(Link *link, const Frame *frame, Usec now)
{
        Message *message = message_find(&link->incoming, frame->id);

        if (!message && frame->flags & FRAME_CONTINUED)
                return; /* of a message that was forgotten */
        if (!message && !(frame->flags & FRAME_MORE)) {
                deliver(link, frame, frame->payload, frame->size, now);
                return;
        }
        if (message && !(frame->flags & FRAME_CONTINUED))
                message = drop_incoming(link, message);
        if (!message)
                message = begin_incoming(link, frame);
        if (!message || message->kind != frame->kind || frame->size > message->window ||
            frame->size > link->config.incoming_bytes_max - link->incoming_bytes ||
            buf_put(&message->data, frame->payload, frame->size) < 0) {
                lost(link, "the peer sent more than it may", now);
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
        deliver(link, frame, message->data.data, message->data.size, now);
        message_free(message);
}

static void take_frame(Link *link, const Frame *frame, Usec now)
{
        if (frame->kind == FRAME_HELLO || frame->kind == FRAME_ANNOUNCE) {
                deliver(link, frame, frame->payload, frame->size, now);
                return;
        }
        if (frame->nonce != link->nonce || link->nonce == 0)
                return; /* of an earlier life */
        switch (frame->kind) {
        case FRAME_REQUEST:
        case FRAME_ANSWER:
                take_part(link, frame, now);
                break;
        case FRAME_CREDIT:
                take_credit(link, frame);
                break;
        case FRAME_HELLO:
        case FRAME_WELCOME:
        case FRAME_ANNOUNCE:
        case FRAME_PING:
        case FRAME_PONG:
        case FRAME_CONFIRM:
        case FRAME_GO:
        case FRAME_CANCEL:
        case FRAME_FACTS:
        case FRAME_DATA:
        case FRAME_END:
        default: /* of a newer protocol: the owner decides */
                deliver(link, frame, frame->payload, frame->size, now);
                break;
        }
}

static int parse(Link *link, Usec now)
{
        Frame frame;

        while (!link->closed && frame_next(&link->reader, &frame, now) > 0) {
                take_frame(link, &frame, now);
                frame_consume(&link->reader, &frame);
        }
        if (link->closed)
                return 0;
        if (frame_deadline(&link->reader) == USEC_NEVER) {
                loop_timer_clear(&link->patience);
                return 0;
        }
        return loop_timer_set(link->io.loop, &link->patience, frame_deadline(&link->reader));
}

static int on_patience(LoopTimer *timer, Usec now)
{
        return parse(container_of(timer, Link, patience), now);
}

static void port_hung_up(Link *link, int error, Usec now)
{
        bool was_open = link->port_open;

        /* Nobody reads there: what was queued belongs to a conversation that is over. */
        frame_reset(&link->reader);
        buf_clear(&link->out);
        link->port_open = false;
        link->unplugged = error == -ENODEV;
        if (link->unplugged)
                lost(link, "the port has been unplugged", now);
        else if (was_open)
                lost(link, "the host closed the port", now);
}

/* Return: 1 where more may be waiting, 0 where all is read, or a negative errno. */
static int read_once(Link *link)
{
        size_t before = link->reader.in.size;
        char *at = buf_grow(&link->reader.in, READ_BYTES);
        ssize_t n;

        if (!at)
                return -ENOMEM;
        do
                n = read(link->io.fd, at, READ_BYTES);
        while (n < 0 && errno == EINTR);
        link->reader.in.size = before + (n > 0 ? (size_t)n : 0);
        if (n > 0)
                return 1;
        if (n == 0)
                return -EPIPE;
        return errno == EAGAIN ? 0 : -errno;
}

static int link_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        Link *link = container_of(io, Link, io);
        int r = 1;

        (void)events;
        /* A port is edge-triggered: it has to be read to its end. */
        for (int i = 0; r > 0 && (i < READS_PER_TURN || link->config.mode == LINK_PORT); i++) {
                r = read_once(link);
                if (r > 0)
                        link->port_open = true;
                if (r > 0 && parse(link, now) < 0)
                        r = -ENOMEM;
                if (link->closed)
                        return 0;
        }
        if (r < 0 && link->config.mode == LINK_PORT) {
                port_hung_up(link, r, now);
                return 0;
        }
        if (r < 0) {
                lost(link, r == -EPIPE ? "the peer closed the connection" : strerror(-r), now);
                return 0;
        }
        return flush(link, now);
}

void link_set_nonce(Link *link, uint64_t nonce)
{
        drop_messages(link);
        link->nonce = nonce;
}

bool link_is_over(const Link *link)
{
        return link->config.mode == LINK_SOCKET || link->unplugged;
}

uint64_t link_bytes_lost(const Link *link)
{
        return link->reader.n_lost;
}

/* life */

static int on_closing(LoopTask *task, Usec now)
{
        Link *link = container_of(task, Link, closing);

        (void)now;
        frame_reader_done(&link->reader);
        buf_erase(&link->out);
        free(link);
        return 0;
}

int link_open(Loop *loop, int fd, const LinkConfig *config, const LinkCallbacks *callbacks,
              Link **ret)
{
        Link *link = calloc(1, sizeof(*link));
        int r;

        if (!link) {
                fd_close(fd);
                return -ENOMEM;
        }
        *link = (Link){
                .io = {.fd = fd, .on_ready = link_on_ready},
                .patience.on_due = on_patience,
                .flush.run = on_flush,
                .closing.run = on_closing,
                .config = *config,
                .callbacks = *callbacks,
        };
        TAILQ_INIT(&link->incoming);
        TAILQ_INIT(&link->outgoing);
        r = loop_add_io(loop, &link->io, wanted_events(link));
        if (r < 0) {
                fd_close(fd);
                free(link);
                return r;
        }
        *ret = link;
        return 0;
}

Link *link_close(Link *link)
{
        Loop *loop;

        if (!link)
                return NULL;
        loop = link->io.loop;
        drop_messages(link);
        loop_timer_clear(&link->patience);
        loop_task_cancel(&link->flush);
        loop_io_remove(&link->io);
        link->io.fd = fd_close(link->io.fd);
        link->closed = true;
        /* We may be inside one of its callbacks: the memory goes at the end of the turn. */
        loop_defer(loop, &link->closing);
        return NULL;
}
