/*
 * A link that is fed the bytes through a socket. So that the fuzzer need not guess checksums, the
 * input is a row of frames in short: kind, flags and id in one byte each, two of length, payload.
 * The kind 0xff stands for bytes that are sent as they are, 0xfe for a full frame of DATA. What
 * CONFIRM carries is what the owner of the link does with the stream of that id: pairs of an order
 * and a size.
 */

#include "channel/link.h"

#include "fuzz.h"

#include <signal.h>
#include <sys/socket.h>

#define NONCE       ((uint64_t)1)
#define MESSAGE_MAX ((size_t)4096)

typedef struct Site {
        Loop *loop;
        Link *link;
        LoopTimer end;
        int fd;
        bool turned;
        struct {
                bool sends, pulled, accepts;
                size_t come, granted;
                size_t left; /* to be pulled */
        } streams[256];      /* by id */
} Site;

static const char zeros[LINK_STREAM_BYTES];

static void forget_streams(Site *site)
{
        memset(site->streams, 0, sizeof(site->streams));
}

/* One thing that an owner may do. */
static void use_stream(Site *site, uint32_t id, unsigned char order, size_t size)
{
        size_t room = link_stream_room(site->link, id);
        size_t waiting = site->streams[id].come - site->streams[id].granted;

        MUST(room <= LINK_STREAM_BYTES);
        MUST(site->streams[id].sends || room == 0);
        switch (order % 6) {
        case 0:
                if (link_stream_open(site->link, id) >= 0)
                        site->streams[id].sends = true;
                break;
        case 1:
                if (link_stream_accept(site->link, id) >= 0)
                        site->streams[id].accepts = true;
                break;
        case 2:
                if (link_stream_send(site->link, id, zeros, size) < 0)
                        MUST(size > room || room == 0);
                else
                        MUST(link_stream_room(site->link, id) == room - size);
                break;
        case 5:
                if (link_stream_open_pulled(site->link, id) >= 0)
                        site->streams[id].sends = site->streams[id].pulled = true;
                link_stream_ready(site->link, id);
                site->streams[id].left = size;
                break;
        case 3:
                if (link_stream_end(site->link, id, FRAME_END, zeros, size % 100) >= 0)
                        site->streams[id].sends = site->streams[id].pulled = false;
                break;
        default:
                link_stream_grant(site->link, id, size);
                site->streams[id].granted += size < waiting ? size : waiting;
                break;
        }
}

static void take_data(Site *site, uint32_t id, size_t size)
{
        MUST(site->streams[id].accepts);
        site->streams[id].come += size;
        MUST(site->streams[id].come - site->streams[id].granted <= LINK_WINDOW_BYTES);
}

static void on_room(void *user, uint32_t id, Usec now)
{
        Site *site = user;

        (void)now;
        MUST(site->streams[id].sends);
        MUST(link_stream_room(site->link, id) >= LINK_STREAM_BYTES / 2);
        (void)link_stream_send(site->link, id, zeros, LINK_STREAM_BYTES / 2);
}

static size_t on_pull(void *user, uint32_t id, char *data, size_t size)
{
        Site *site = user;

        MUST(site->streams[id].pulled);
        MUST(size > 0 && size <= FRAME_PAYLOAD_MAX);
        if (size > site->streams[id].left)
                size = site->streams[id].left;
        memset(data, 0, size);
        site->streams[id].left -= size;
        return size;
}

static void on_message(void *user, FrameKind kind, uint64_t nonce, uint32_t id, const char *payload,
                       size_t size, Usec now)
{
        Site *site = user;
        Buf answer = {0};

        (void)now;
        MUST(kind == FRAME_HELLO || kind == FRAME_ANNOUNCE || nonce == NONCE);
        MUST(size <= FRAME_PAYLOAD_MAX);
        id %= ELEMENTS(site->streams); /* of bytes that are sent as they are, it may be any */
        if (kind == FRAME_REQUEST) {
                for (int i = 0; i < 3; i++)
                        buf_put(&answer, payload, size);
                if (link_send_message(site->link, FRAME_ANSWER, id, &answer) < 0)
                        buf_done(&answer);
        } else if (kind == FRAME_CANCEL) {
                link_forget(site->link, id);
                memset(&site->streams[id], 0, sizeof(site->streams[id]));
        } else if (kind == FRAME_CONFIRM) {
                for (size_t i = 0; i + 1 < size; i += 2)
                        use_stream(site, id, (unsigned char)payload[i],
                                   (size_t)(unsigned char)payload[i + 1] << 10);
        } else if (kind == FRAME_DATA) {
                take_data(site, id, size);
        } else if (kind == FRAME_HELLO) {
                link_set_nonce(site->link, NONCE);
                forget_streams(site);
        } else if (kind == FRAME_GO) {
                site->link = link_close(site->link);
        } else {
                (void)link_send(site->link, FRAME_PONG, id, payload, size);
        }
}

static void on_lost(void *user, const char *why, Usec now)
{
        Site *site = user;

        (void)now;
        MUST(why[0]);
        site->link = link_close(site->link);
}

static int on_end(LoopTimer *timer, Usec now)
{
        Site *site = container_of(timer, Site, end);

        (void)now;
        site->turned = true;
        loop_quit(site->loop);
        return 0;
}

/* One turn of the loop, and what the link has written is thrown away. */
static void turn(Site *site)
{
        char data[4096];

        site->turned = false;
        (void)loop_timer_set(site->loop, &site->end, 1);
        while (!site->turned)
                MUST(loop_run(site->loop) == 0);
        while (read(site->fd, data, sizeof(data)) > 0)
                continue;
}

/* Return: how many bytes of @data it was. */
static size_t put_piece(Buf *out, const uint8_t *data, size_t size)
{
        size_t n = size < 5 ? 0 : (size_t)(data[3] | data[4] << 8);
        Frame frame;

        if (size < 5)
                return size;
        if (n > size - 5)
                n = size - 5;
        frame = (Frame){
                .kind = (FrameKind)data[0],
                .flags = data[1] & 1,
                .nonce = data[1] & 2 ? 0 : NONCE,
                .id = data[2],
                .payload = (const char *)data + 5,
                .size = (uint32_t)(n > FRAME_PAYLOAD_MAX ? FRAME_PAYLOAD_MAX : n),
        };
        if (data[0] == 0xfe) {
                frame.kind = FRAME_DATA;
                frame.payload = zeros;
                frame.size = FRAME_PAYLOAD_MAX;
        }
        if (data[0] == 0xff)
                buf_put(out, data + 5, n);
        else
                frame_write(out, &frame);
        return 5 + n;
}

static void feed(Site *site, const uint8_t *data, size_t size)
{
        _cleanup_(buf_done) Buf stream = {0};
        ssize_t n;

        while (size > 0) {
                size_t used = put_piece(&stream, data, size);

                data += used;
                size -= used;
        }
        while (stream.size > 0 && site->link) {
                n = write(site->fd, stream.data, stream.size < 16384 ? stream.size : 16384);
                if (n > 0)
                        buf_drop(&stream, (size_t)n);
                turn(site);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Site site = {.end.on_due = on_end};
        const LinkCallbacks callbacks = {
                .on_message = on_message,
                .on_lost = on_lost,
                .on_room = on_room,
                .on_pull = on_pull,
                .user = &site,
        };
        LinkConfig config = LINK_CONFIG_DEFAULT;
        int fds[2];

        config.message_bytes_max = MESSAGE_MAX;
        config.incoming_bytes_max = 4 * MESSAGE_MAX;
        config.outgoing_bytes_max = 16 * MESSAGE_MAX;
        if (size > 0 && data[0] & 1)
                config.mode = LINK_PORT;
        (void)signal(SIGPIPE, SIG_IGN);
        MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
        MUST(loop_new(&site.loop) == 0);
        site.fd = fds[1];
        MUST(link_open(site.loop, fds[0], &config, &callbacks, &site.link) == 0);
        link_set_nonce(site.link, NONCE);
        if (size > 1)
                feed(&site, data + 1, size - 1);
        if (site.link && config.mode == LINK_SOCKET) {
                (void)shutdown(site.fd, SHUT_RDWR);
                for (int i = 0; i < 100 && site.link; i++)
                        turn(&site);
                MUST(!site.link);
        }
        link_close(site.link);
        loop_free(site.loop);
        fd_close(site.fd);
        return 0;
}
