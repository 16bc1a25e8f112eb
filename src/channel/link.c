#include "channel/link-private.h"

#include <sys/epoll.h>

/* One byte less than memory of a round size: a Buf keeps one for a NUL. */
#define READ_FIRST_BYTES  (((size_t)4 << 10) - 1)
#define READ_BYTES        (((size_t)64 << 10) - 1)
#define READS_PER_TURN    16 /* one helping: other links want their turn too */
#define WRITE_AHEAD_BYTES ((size_t)128 << 10)
#define IDLE_BYTES_MAX    ((size_t)1 << 10) /* of memory that a link keeps for its next frames */
#define CONTROL_BYTES_MAX ((size_t)1 << 20) /* unread by the peer; beyond: -ENOBUFS */

static void drop_all(Link *link)
{
        Sender *sender;

        while ((sender = TAILQ_FIRST(&link->senders)))
                sender->type->drop(link, sender);
        messages_drop(link);
        streams_drop(link);
}

void link_lost(Link *link, const char *why, Usec now)
{
        if (!link->closed)
                link->callbacks.on_lost(link->callbacks.user, why, now);
}

/* outwards */

Sender *link_find_sender(const Link *link, const SenderType *type, uint32_t id)
{
        Sender *sender;

        TAILQ_FOREACH (sender, &link->senders, entry)
                if (sender->type == type && sender->id == id)
                        return sender;
        return NULL;
}

void link_put_frame(Link *link, FrameKind kind, uint16_t flags, uint32_t id, const void *payload,
                    size_t size)
{
        if (kind == FRAME_REQUEST || kind == FRAME_ANSWER)
                link->sent_message = true;
        frame_write(&link->out, &(Frame){
                                        .kind = kind,
                                        .flags = flags,
                                        .nonce = link->nonce,
                                        .id = id,
                                        .payload = payload,
                                        .size = (uint32_t)size,
                                });
}

size_t link_pull_frame(Link *link, FrameKind kind, uint32_t id, size_t size)
{
        char *at = frame_room(&link->out, size);
        size_t n;

        if (!at)
                return 0;
        n = link->callbacks.on_pull(link->callbacks.user, id, at, size);
        frame_fill(&link->out, size,
                   &(Frame){.kind = kind, .nonce = link->nonce, .id = id, .size = (uint32_t)n});
        return n;
}

/* One frame of each sender that may, in turn, until there is enough to be written at once. */
static void take_turns(Link *link)
{
        Sender *sender, *next;

        for (sender = TAILQ_FIRST(&link->senders); sender && link->out.size < WRITE_AHEAD_BYTES;
             sender = next) {
                next = TAILQ_NEXT(sender, entry);
                if (sender->type->send(link, sender) != SEND_GOES_ON)
                        continue;
                /* To the end of the line: the others are served before its next part. */
                TAILQ_REMOVE(&link->senders, sender, entry);
                TAILQ_INSERT_TAIL(&link->senders, sender, entry);
                if (!next)
                        next = sender;
        }
}

static void note_used(Link *link)
{
        if (link->to_erase < link->out.size)
                link->to_erase = link->out.size;
}

/* Only what is all written is filled again: nothing has to be moved then. */
static void refill(Link *link)
{
        if (link->written < link->out.size || buf_error(&link->out))
                return;
        note_used(link);
        link->out.size = link->written = 0;
        streams_pay_credit(link);
        take_turns(link);
}

static bool has_streams(const Link *link)
{
        return link->n_inflows + link->n_outflows > 0;
}

/*
 * What was sent may have been a secret. While more is sent, that takes its place. What streams
 * carry is erased when the last of them ends: there is much of it, and more of the same to come.
 */
static void erase_sent(Link *link)
{
        if (has_streams(link) && !link->sent_message)
                return;
        if (link->to_erase > 0)
                explicit_bzero(link->out.data, link->to_erase);
        link->to_erase = 0;
        link->sent_message = false;
}

/* Likewise what was read; nothing of it is of use any more. */
static void erase_read(Link *link)
{
        if (link->reader.in.size > 0 || (has_streams(link) && !link->took_message))
                return;
        frame_reader_done(&link->reader);
        link->took_message = false;
}

/* Return: 0 where all is written or the pipe is full, or a negative errno. */
static int write_out(Link *link)
{
        for (;;) {
                ssize_t n;

                refill(link);
                if (link->written == link->out.size) {
                        erase_sent(link);
                        return 0;
                }
                n = write(link->io.fd, link->out.data + link->written,
                          link->out.size - link->written);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? 0 : -errno;
                link->written += (size_t)n;
        }
}

static uint32_t wanted_events(const Link *link)
{
        uint32_t events = EPOLLIN | (link->out.size > link->written ? EPOLLOUT : 0);

        /* The port reports its hang-up all the time the host is away: only edges count. */
        return link->config.mode == LINK_PORT ? events | EPOLLET : events;
}

static void drop_out(Link *link)
{
        buf_erase(&link->out);
        link->written = link->to_erase = 0;
}

static int flush(Link *link, Usec now)
{
        int r = write_out(link);

        if (r >= 0 && buf_error(&link->out)) {
                drop_out(link);
                link_lost(link, "there is no memory for what has to be sent", now);
                return 0;
        }
        if (link->written == link->out.size && link->out.space > IDLE_BYTES_MAX &&
            !has_streams(link))
                drop_out(link);
        erase_read(link);
        if (r >= 0)
                return loop_io_set(&link->io, wanted_events(link));
        if (link->config.mode == LINK_SOCKET)
                link_lost(link, "the connection broke while writing", now);
        return 0;
}

static int on_flush(LoopTask *task, Usec now)
{
        return flush(container_of(task, Link, flush), now);
}

int link_send(Link *link, FrameKind kind, uint32_t id, const void *payload, size_t size)
{
        if (link->out.size - link->written > CONTROL_BYTES_MAX)
                return -ENOBUFS;
        if (link->written > link->out.size / 2) {
                note_used(link);
                buf_drop(&link->out, link->written);
                link->written = 0;
        }
        link_put_frame(link, kind, 0, id, payload, size);
        if (buf_error(&link->out))
                return -ENOBUFS;
        loop_defer(link->io.loop, &link->flush);
        return 0;
}

int link_send_credit(Link *link, uint32_t id, uint32_t bytes)
{
        unsigned char payload[CREDIT_BYTES];

        for (size_t i = 0; i < sizeof(payload); i++)
                payload[i] = (unsigned char)(bytes >> (8 * i));
        return link_send(link, FRAME_CREDIT, id, payload, sizeof(payload));
}

void link_forget(Link *link, uint32_t id)
{
        messages_forget(link, id);
        streams_forget(link, id);
}

/* inwards */

static void take_credit(Link *link, const Frame *frame)
{
        Sender *sender = link_find_sender(link, &message_sender, frame->id);
        uint32_t bytes = 0;

        /* A stream begins when the messages of its id are through. */
        if (!sender)
                sender = link_find_sender(link, &stream_sender, frame->id);
        if (!sender || frame->size != CREDIT_BYTES)
                return;
        for (size_t i = 0; i < CREDIT_BYTES; i++)
                bytes |= (uint32_t)(unsigned char)frame->payload[i] << (8 * i);
        if (bytes <= UINT32_MAX - sender->window)
                sender->window += bytes;
        loop_defer(link->io.loop, &link->flush);
}

void link_deliver(Link *link, const Frame *frame, const char *payload, size_t size, Usec now)
{
        link->callbacks.on_message(link->callbacks.user, frame->kind, frame->nonce, frame->id,
                                   payload, size, now);
}

static void take_frame(Link *link, const Frame *frame, Usec now)
{
        if (frame->kind == FRAME_HELLO || frame->kind == FRAME_ANNOUNCE) {
                link_deliver(link, frame, frame->payload, frame->size, now);
                return;
        }
        if (frame->nonce != link->nonce || link->nonce == 0)
                return; /* of an earlier life */
        switch (frame->kind) {
        case FRAME_REQUEST:
        case FRAME_ANSWER:
                messages_take_part(link, frame, now);
                break;
        case FRAME_CREDIT:
                take_credit(link, frame);
                break;
        case FRAME_DATA:
                streams_take_data(link, frame, now);
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
        case FRAME_END:
        default: /* of a newer protocol: the owner decides */
                link_deliver(link, frame, frame->payload, frame->size, now);
                break;
        }
}

static int parse(Link *link, Usec now)
{
        Frame frame;

        while (!link->closed && frame_next(&link->reader, &frame, now) > 0) {
                if (frame.kind == FRAME_REQUEST || frame.kind == FRAME_ANSWER)
                        link->took_message = true;
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
        erase_read(link);
        drop_out(link);
        link->port_open = false;
        link->unplugged = error == -ENODEV;
        if (link->unplugged)
                link_lost(link, "the port has been unplugged", now);
        else if (was_open)
                link_lost(link, "the host closed the port", now);
}

/*
 * Most links are idle but for a heartbeat, so little memory is tried first.
 *
 * Return: how many bytes were read, with *@ret_more where there may be more, or a negative errno.
 */
static ssize_t read_once(Link *link, bool *ret_more)
{
        size_t before = link->reader.in.size;
        size_t size = link->reader.in.space > 0 ? READ_BYTES : READ_FIRST_BYTES;
        char *at = buf_grow(&link->reader.in, size);
        ssize_t n;

        if (!at)
                return -ENOMEM;
        do
                n = read(link->io.fd, at, size);
        while (n < 0 && errno == EINTR);
        link->reader.in.size = before + (n > 0 ? (size_t)n : 0);
        /* A port is edge-triggered: it has to be read to its end. */
        *ret_more = n > 0 && ((size_t)n == size || link->config.mode == LINK_PORT);
        if (n > 0)
                return n;
        if (n == 0)
                return -EPIPE;
        return errno == EAGAIN ? 0 : -errno;
}

static int link_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        Link *link = container_of(io, Link, io);
        bool more = events & ~(uint32_t)EPOLLOUT; /* the port tells each time it has sent some */
        int r = 0;

        for (int i = 0; r >= 0 && more && (i < READS_PER_TURN || link->config.mode == LINK_PORT);
             i++) {
                r = (int)read_once(link, &more);
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
                link_lost(link, r == -EPIPE ? "the peer closed the connection" : strerror(-r), now);
                return 0;
        }
        return flush(link, now);
}

void link_set_nonce(Link *link, uint64_t nonce)
{
        drop_all(link);
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
        TAILQ_INIT(&link->senders);
        TAILQ_INIT(&link->incoming);
        streams_init(link);
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
        drop_all(link);
        loop_timer_clear(&link->patience);
        loop_task_cancel(&link->flush);
        loop_io_remove(&link->io);
        link->io.fd = fd_close(link->io.fd);
        link->closed = true;
        /* We may be inside one of its callbacks: the memory goes at the end of the turn. */
        loop_defer(loop, &link->closing);
        return NULL;
}
