/*
 * Transfers between the host's end of a channel and an agent that is the test itself. What both do
 * is told in steps of a letter and a number; see take_step().
 */

#include "channel/link.h"
#include "guestops/guest-stream.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include "base/test.h"

#include <signal.h>
#include <sys/socket.h>

#define FILE_END INT64_MAX

typedef struct Site {
        Loop *loop;
        Changes changes;
        VmSource source;
        GuestShared shared;
        Vm vm;
        Guest *guest;
        GuestStream stream;
        Arena *arena;
        Fault fault;
        size_t n_opened, n_ended, n_rooms, come;
        uint64_t size;  /* of what has been opened */
        char cancel_in; /* 'o', 'd', 'r': the callback that cancels */

        /* the agent's end */
        int fd;
        int host_fd;
        FrameReader reader;
        uint64_t nonce;
        uint32_t id;
        size_t n_cancels, n_ends, n_credits, taken;
        OpenFileTransferRequestType asked;
} Site;

static void site_channel(Provider *provider, const char *uuid, Usec now)
{
        Site *site = (Site *)(void *)provider;
        int fds[2];

        (void)uuid;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
                abort();
        fd_close(site->fd);
        frame_reset(&site->reader);
        site->fd = fds[1];
        guest_channel_opened(site->guest, fds[0], &(ProviderResult){0}, now);
}

static const ProviderType site_provider = {.name = "test", .channel = site_channel};

/* what the stream tells */

static void cancel_where(Site *site, char where)
{
        if (site->cancel_in == where)
                guest_stream_cancel(&site->stream);
}

static void on_opened(GuestStream *stream, const FileTransferOpened *opened, Usec now)
{
        Site *site = container_of(stream, Site, stream);

        (void)now;
        site->n_opened++;
        site->size = (uint64_t)opened->size;
        cancel_where(site, 'o');
}

static void on_data(GuestStream *stream, const char *data, size_t size, Usec now)
{
        Site *site = container_of(stream, Site, stream);
        bool good = true;

        (void)now;
        for (size_t i = 0; i < size; i++)
                good = good && data[i] == (char)((site->come + i) * 7);
        EXPECT("each byte in its place", good);
        site->come += size;
        cancel_where(site, 'd');
}

static void on_room(GuestStream *stream, Usec now)
{
        Site *site = container_of(stream, Site, stream);

        (void)now;
        site->n_rooms++;
        EXPECT("room", guest_stream_room(stream) >= LINK_STREAM_BYTES / 2);
        cancel_where(site, 'r');
}

static void on_end(GuestStream *stream, Usec now)
{
        Site *site = container_of(stream, Site, stream);

        site->n_ended++;
        EXPECT("a fault, or success", stream->succeeded == !site->fault.detail);
        /* It is nobody's any more: none of this does anything. */
        EXPECT_INT("room", guest_stream_room(stream), 0);
        EXPECT_INT("send", guest_stream_send(stream, "a", 1), -ENOBUFS);
        EXPECT_INT("finish", guest_stream_finish(stream), -ENOBUFS);
        guest_stream_grant(stream, 1);
        guest_stream_cancel(stream);
        (void)now;
}

static const GuestStreamCallbacks callbacks = {
        .on_opened = on_opened,
        .on_data = on_data,
        .on_room = on_room,
        .on_end = on_end,
};

/* the loop */

typedef struct Tick {
        LoopTimer timer;
        Loop *loop;
        bool due;
} Tick;

static int on_tick(LoopTimer *timer, Usec now)
{
        Tick *tick = container_of(timer, Tick, timer);

        (void)now;
        tick->due = true;
        loop_quit(tick->loop);
        return 0;
}

static void turn(Site *site)
{
        Tick tick = {.timer.on_due = on_tick, .loop = site->loop};

        (void)loop_timer_set(site->loop, &tick.timer, 1);
        while (!tick.due)
                EXPECT_INT("turn", loop_run(site->loop), 0);
}

static Usec now_of(Site *site)
{
        turn(site);
        return loop_now(site->loop);
}

/* the agent */

static void agent_write(Site *site, FrameKind kind, uint32_t id, const void *data, size_t size)
{
        _cleanup_(buf_done) Buf out = {0};
        size_t at = 0;

        frame_write(&out, &(Frame){kind, 0, kind == FRAME_ANNOUNCE ? 0 : site->nonce, id, data,
                                   (uint32_t)size});
        while (at < out.size && site->guest) {
                ssize_t n = write(site->fd, out.data + at, out.size - at);

                if (n > 0)
                        at += (size_t)n;
                else if (errno != EAGAIN)
                        return;
                turn(site);
        }
        turn(site);
}

static void agent_say(Site *site, FrameKind kind, uint32_t id, const void *object)
{
        _cleanup_(buf_done) Buf payload = {0};

        tlv_write(&payload, object);
        agent_write(site, kind, id, payload.data, payload.size);
}

static void welcome(Site *site)
{
        char *operations[] = {(char *)"OpenFileTransfer"};
        const AgentHello hello = {
                .type = &type_AgentHello,
                .protocol = 1,
                .version = (char *)"1",
                .instance = (char *)"0123456789abcdef0123456789abcdef",
                .boot_id = (char *)"b",
                .operations = {operations, 1},
        };

        agent_say(site, FRAME_WELCOME, 0, &hello);
}

static void agent_take(Site *site, const Frame *frame)
{
        const ChannelRequest *request = NULL;
        WireError error;

        switch ((int)frame->kind) {
        case FRAME_HELLO:
                site->nonce = frame->nonce;
                break;
        case FRAME_REQUEST:
                site->id = frame->id;
                EXPECT_INT("request",
                           tlv_read(site->arena, frame->payload, frame->size, &type_ChannelRequest,
                                    &request, &error),
                           0);
                site->asked = *(const OpenFileTransferRequestType *)request->params;
                break;
        case FRAME_DATA:
                EXPECT_INT("of the stream", frame->id, site->id);
                site->taken += frame->size;
                site->n_ends += frame->size == 0;
                break;
        case FRAME_CREDIT:
                site->n_credits++;
                break;
        case FRAME_CANCEL:
                EXPECT_INT("of the stream", frame->id, site->id);
                site->n_cancels++;
                break;
        default:
                break;
        }
}

/* What the host has written. */
static void agent_read(Site *site)
{
        ssize_t n;

        do {
                char data[65536];
                Frame frame;

                turn(site);
                n = site->fd >= 0 ? read(site->fd, data, sizeof(data)) : 0;
                if (n > 0)
                        buf_put(&site->reader.in, data, (size_t)n);
                while (frame_next(&site->reader, &frame, loop_now(site->loop)) > 0) {
                        agent_take(site, &frame);
                        frame_consume(&site->reader, &frame);
                }
        } while (n > 0);
}

static Site *site_new(void)
{
        Site *site = calloc(1, sizeof(*site));

        if (!site || loop_new(&site->loop) < 0 || !(site->arena = arena_new(1 << 20)))
                abort();
        changes_init(&site->changes, site->loop);
        site->fd = -1;
        site->shared.config = GUEST_CONFIG_DEFAULT;
        site->source = (VmSource){.type = &site_provider, .provider = (Provider *)(void *)site};
        site->vm = (Vm){
                .entity = {.name = (char *)"demo", .changes = &site->changes},
                .uuid = (char *)"u",
                .state = {.power = VM_POWERED_ON, .runs = true},
                .source = &site->source,
        };
        site->guest = guest_new(site->loop, &site->shared, &site->vm);
        guest_vm_changed(site->guest, now_of(site));
        agent_read(site);
        welcome(site);
        EXPECT("ready", site->vm.facts.ready);
        return site;
}

static void site_free(Site *site)
{
        guest_free(site->guest, loop_now(site->loop));
        changes_done(&site->changes);
        turn(site);
        fd_close(site->fd);
        frame_reader_done(&site->reader);
        arena_free(site->arena);
        loop_free(site->loop);
        free(site);
}
DEFINE_CLEANUP(Site, site_free)

static int site_open(Site *site, GuestStream *stream, Fault *fault, bool upload, int64_t offset,
                     int64_t length)
{
        Usec now = now_of(site);

        *stream = (GuestStream){
                .callbacks = &callbacks, .arena = site->arena, .fault = fault, .request_id = "r"};
        return guest_stream_open(site->guest, stream, "0123", upload, offset, length,
                                 now + 60 * USEC_PER_SEC, now);
}

static void answer_opened(Site *site, const FileTransferOpened *opened)
{
        const ChannelAnswer answer = {
                .type = &type_ChannelAnswer,
                .result = {FORM_OBJECT, &type_FileTransferOpened, &opened},
        };

        agent_say(site, FRAME_ANSWER, site->id, &answer);
}

/* Opens one of @size bytes, wholly. */
static void begin(Site *site, bool upload, size_t size)
{
        const FileTransferOpened opened = {
                .type = &type_FileTransferOpened,
                .size = (int64_t)size,
                .version = (char *)"1f",
                .length = (int64_t)size,
        };

        EXPECT_INT("begun", site_open(site, &site->stream, &site->fault, upload, 0, FILE_END), 0);
        EXPECT_INT("no room yet", guest_stream_room(&site->stream), 0);
        agent_read(site);
        answer_opened(site, &opened);
}

static const char *fault_name(const Site *site)
{
        if (!site->n_ended)
                return "";
        return site->fault.detail ? site->fault.detail->type->name : "success";
}

/* how it begins */

static void test_opened(void)
{
        static const struct {
                const char *about;
                bool upload;
                int64_t offset, length; /* asked for */
                FileTransferOpened opened;
                bool good;
        } rows[] = {
                {"all", false, 0, FILE_END, {NULL, 9, (char *)"1f", 0, 9}, true},
                {"nothing to be had", false, 0, FILE_END, {NULL, 0, (char *)"1f", 0, 0}, true},
                {"looked at", false, 0, 0, {NULL, 9, (char *)"1f", 0, 0}, true},
                {"a part", false, 2, 5, {NULL, 9, (char *)"1f", 2, 5}, true},
                {"the end", false, 2, 50, {NULL, 9, (char *)"1f", 2, 7}, true},
                {"behind the last byte", false, 9, 50, {NULL, 9, (char *)"1f", 9, 0}, true},
                {"the largest",
                 false,
                 0,
                 FILE_END,
                 {NULL, INT64_MAX, (char *)"1f", 0, INT64_MAX},
                 true},
                {"negative size", false, 0, FILE_END, {NULL, -1, (char *)"1f", 0, 0}, false},
                {"negative offset", false, 0, FILE_END, {NULL, 9, (char *)"1f", -1, 9}, false},
                {"negative length", false, 0, FILE_END, {NULL, 9, (char *)"1f", 0, -1}, false},
                {"negative both", false, 0, FILE_END, {NULL, -5, (char *)"1f", 0, -5}, false},
                {"longer than asked", false, 0, 5, {NULL, 9, (char *)"1f", 0, 6}, false},
                {"longer than it is", false, 0, FILE_END, {NULL, 9, (char *)"1f", 0, 10}, false},
                {"shorter than asked", false, 0, 5, {NULL, 9, (char *)"1f", 0, 4}, false},
                {"elsewhere", false, 2, 5, {NULL, 9, (char *)"1f", 3, 5}, false},
                {"behind its end", false, 10, 5, {NULL, 9, (char *)"1f", 10, 0}, false},
                {"no version", false, 0, FILE_END, {NULL, 9, (char *)"", 0, 9}, false},
                {"quotes", false, 0, FILE_END, {NULL, 9, (char *)"1\"\r\n", 0, 9}, false},
                {"64 digits",
                 false,
                 0,
                 FILE_END,
                 {NULL, 9,
                  (char *)"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0, 9},
                 true},
                {"65 digits",
                 false,
                 0,
                 FILE_END,
                 {NULL, 9,
                  (char *)"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0", 0,
                  9},
                 false},
                {"to the guest", true, 0, FILE_END, {NULL, 0, (char *)"", 0, 0}, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(site_freep) Site *site = site_new();
                FileTransferOpened opened = rows[i].opened;

                opened.type = &type_FileTransferOpened;
                EXPECT_INT(rows[i].about,
                           site_open(site, &site->stream, &site->fault, rows[i].upload,
                                     rows[i].offset, rows[i].length),
                           0);
                agent_read(site);
                EXPECT_STR(rows[i].about, site->asked.transfer, "0123");
                EXPECT_INT(rows[i].about, site->asked.offset.set, !rows[i].upload);
                EXPECT_INT(rows[i].about, site->asked.length.set, !rows[i].upload);
                EXPECT_INT(rows[i].about, site->asked.offset.value, rows[i].offset);
                answer_opened(site, &opened);
                agent_read(site);
                EXPECT_INT(rows[i].about, site->n_opened, rows[i].good);
                EXPECT_STR(rows[i].about, fault_name(site),
                           rows[i].good ? "" : "GuestOperationsFault");
                EXPECT_INT(rows[i].about, site->n_cancels, !rows[i].good);
                guest_stream_cancel(&site->stream);
                agent_read(site);
                EXPECT_INT("once", site->n_cancels, 1);
                EXPECT_INT("cancelled: nothing is told", site->n_ended, !rows[i].good);
        }
}

static void test_too_many(void)
{
        _cleanup_(site_freep) Site *site = site_new();
        GuestStream streams[4];
        Fault faults[4] = {{0}};

        site->shared.config.streams_max = 3;
        for (size_t i = 0; i < 3; i++)
                EXPECT_INT("as many as there may be",
                           site_open(site, &streams[i], &faults[i], true, 0, 0), 0);
        EXPECT("one more", site_open(site, &streams[3], &faults[3], true, 0, 0) < 0);
        EXPECT_STR("one more", faults[3].detail->type->name, "GuestOperationsFault");
        guest_stream_cancel(&streams[3]);
        guest_stream_cancel(&streams[1]);
        guest_stream_cancel(&streams[1]);
        faults[3] = (Fault){0};
        EXPECT_INT("room again", site_open(site, &streams[3], &faults[3], false, 0, 0), 0);
        for (size_t i = 0; i < 4; i++)
                guest_stream_cancel(&streams[i]);
}

/* how it goes on, and ends */

static void agent_data(Site *site, size_t size)
{
        static size_t from; /* of the one transfer that a site has */
        char data[FRAME_PAYLOAD_MAX];

        if (site->come == 0)
                from = 0;
        while (size > 0) {
                size_t n = size < sizeof(data) ? size : sizeof(data);

                for (size_t i = 0; i < n; i++)
                        data[i] = (char)((from + i) * 7);
                agent_write(site, FRAME_DATA, site->id, data, n);
                from += n;
                size -= n;
        }
}

static void agent_fault(Site *site, const WireType *type)
{
        FileFault fault = {.base.type = type, .file = (char *)"/f"};
        const ChannelAnswer answer = {
                .type = &type_ChannelAnswer,
                .fault = &fault.base,
                .message = (char *)"why",
        };

        agent_say(site, FRAME_END, site->id, &answer);
}

static void agent_credit(Site *site, size_t size)
{
        unsigned char payload[4];

        for (size_t i = 0; i < sizeof(payload); i++)
                payload[i] = (unsigned char)(size >> (8 * i));
        agent_write(site, FRAME_CREDIT, site->id, payload, sizeof(payload));
}

static void owner_sends(Site *site, size_t size)
{
        static const char zeros[LINK_STREAM_BYTES];

        EXPECT_INT("send", guest_stream_send(&site->stream, zeros, size), 0);
        agent_read(site);
}

static void change_vm(Site *site, VmPower power, bool runs)
{
        site->vm.state = (VmState){.power = power, .runs = runs};
        guest_vm_changed(site->guest, now_of(site));
}

/* The time that the agent has is over. */
static void end_patience(Site *site)
{
        EXPECT("its turn", site->stream.silence.loop != NULL);
        if (!site->stream.silence.loop)
                return;
        (void)loop_timer_set(site->loop, &site->stream.silence, 1);
        turn(site);
}

static void take_step(Site *site, char step, size_t n)
{
        const ChannelAnswer done = {.type = &type_ChannelAnswer};
        const ChannelAnswer number = {.type = &type_ChannelAnswer,
                                      .result = {FORM_LONG, NULL, &(int64_t){7}}};

        switch (step) {
        case 'd': /* the agent: so many bytes, */
                agent_data(site, n);
                break;
        case 'e': /* an empty DATA, */
                agent_write(site, FRAME_DATA, site->id, NULL, 0);
                break;
        case 'c': /* credit, */
                agent_credit(site, n);
                break;
        case 'E': /* END: success, */
                agent_say(site, FRAME_END, site->id, &done);
                break;
        case 'F': /* a fault, */
                agent_fault(site, &type_FileNotFound);
                break;
        case 'H': /* a fault of the host's, */
                agent_fault(site, &type_RequestCanceled);
                break;
        case 'N': /* a number, */
                agent_say(site, FRAME_END, site->id, &number);
                break;
        case 'M': /* nonsense, */
                agent_write(site, FRAME_END, site->id, "abc", 3);
                break;
        case 'O': /* of another transfer */
                agent_say(site, FRAME_END, site->id + 1, &done);
                agent_write(site, FRAME_DATA, site->id + 1, "abc", 3);
                break;
        case 'A': /* it was restarted */
                agent_write(site, FRAME_ANNOUNCE, 0, NULL, 0);
                break;
        case 'X': /* it closes the channel */
                site->fd = fd_close(site->fd);
                turn(site);
                break;
        case 'g': /* the owner: has done with so many, */
                guest_stream_grant(&site->stream, n);
                break;
        case 's': /* sends so many, */
                owner_sends(site, n);
                break;
        case 'f': /* has no more, */
                EXPECT_INT("finish", guest_stream_finish(&site->stream), 0);
                EXPECT_INT("no room behind", guest_stream_room(&site->stream), 0);
                break;
        case 'C': /* gives up */
                guest_stream_cancel(&site->stream);
                break;
        case 'P': /* the machine: is paused, */
                change_vm(site, VM_POWERED_ON, false);
                break;
        case 'Q': /* is off, */
                change_vm(site, VM_POWERED_OFF, false);
                break;
        case 'R': /* is reset, */
                guest_reset(site->guest, now_of(site));
                break;
        case 'G': /* is given up */
                site->guest = guest_free(site->guest, now_of(site));
                break;
        case 'w': /* it is the agent's turn, and the time for it is over */
                end_patience(site);
                break;
        case 'n': /* it is not */
                EXPECT("not its turn", !site->stream.silence.loop);
                break;
        default:
                EXPECT("a step", false);
                break;
        }
        agent_read(site);
}

static void take_steps(Site *site, const char *steps)
{
        while (*steps) {
                char *end;
                char step = *steps++;

                take_step(site, step, strtoul(steps, &end, 10));
                steps = end + strspn(end, " ");
        }
}

typedef struct Row {
        const char *about;
        bool upload;
        size_t size;
        const char *steps;
        const char *fault;   /* or "success", or "" where it has not ended */
        const char *message; /* a part of it */
        size_t n_cancels;
        size_t come; /* bytes, to the owner or to the agent */
} Row;

static void run_rows(const Row *rows, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_(site_freep) Site *site = site_new();

                begin(site, rows[i].upload, rows[i].size);
                EXPECT_INT(rows[i].about, site->n_opened, 1);
                take_steps(site, rows[i].steps);
                EXPECT_STR(rows[i].about, fault_name(site), rows[i].fault);
                EXPECT_INT(rows[i].about, site->n_ended, rows[i].fault[0] != '\0');
                if (rows[i].message && site->fault.message)
                        EXPECT(site->fault.message,
                               strstr(site->fault.message, rows[i].message) != NULL);
                else
                        EXPECT_STR(rows[i].about, site->fault.message, rows[i].message);
                EXPECT_INT(rows[i].about, site->n_cancels, rows[i].n_cancels);
                EXPECT_INT(rows[i].about, rows[i].upload ? site->taken : site->come, rows[i].come);
                if (site->guest)
                        guest_stream_cancel(&site->stream);
        }
}

#define OPS  "GuestOperationsFault"
#define GONE "GuestOperationsUnavailable"

static void test_from_the_guest(void)
{
        static const Row rows[] = {
                {"all", false, 100, "d40 d60 E", "success", NULL, 0, 100},
                {"nothing", false, 0, "E", "success", NULL, 0, 0},
                {"large", false, 300000, "d200000 g200000 d100000 E", "success", NULL, 0, 300000},
                {"of another", false, 100, "d40 O", "", NULL, 0, 40},
                {"an empty one", false, 100, "d40 e d60 E", "success", NULL, 0, 100},
                {"what follows the end", false, 100, "d100 E d10 E F", "success", NULL, 0, 100},
                {"too many", false, 100, "d40 d61", OPS, "more bytes than", 1, 40},
                {"one of none", false, 0, "d1", OPS, "more bytes than", 1, 0},
                {"too few", false, 100, "d40 E", OPS, "fewer bytes than", 1, 40},
                {"a fault", false, 100, "d40 F", "FileNotFound", "why", 0, 40},
                {"a fault behind all", false, 100, "d100 F", "FileNotFound", "why", 0, 100},
                {"a fault of the host's", false, 100, "d100 H", OPS, "makes no sense", 1, 100},
                {"a number", false, 100, "d100 N", OPS, "makes no sense", 1, 100},
                {"nonsense", false, 100, "d100 M", OPS, "makes no sense", 1, 100},
                {"given up", false, 100, "d40 C d60 E", "", NULL, 1, 40},
                {"beyond the window", false, 300000, "d262144 d1", GONE, "channel was lost", 0,
                 262144},
                {"the channel is closed", false, 100, "d40 X", GONE, "channel was lost", 0, 40},
                {"the agent restarts", false, 100, "d40 A", GONE, "agent was restarted", 0, 40},
                {"the guest is reset", false, 100, "d40 R", GONE, "guest was reset", 0, 40},
                {"paused", false, 100, "d40 P d60 E", "InvalidState", "does not run", 0, 40},
                {"powered off", false, 100, "d40 Q", "InvalidPowerState", "current state", 0, 40},
                {"no machine any more", false, 100, "d40 G", GONE, "gave up the machine", 0, 40},
        };

        run_rows(rows, ELEMENTS(rows));
}

static void test_to_the_guest(void)
{
        static const Row rows[] = {
                {"all", true, 0, "s40 s60 f E", "success", NULL, 0, 100},
                {"nothing", true, 0, "f E", "success", NULL, 0, 0},
                {"large", true, 0, "s131072 s131072 s100000 c200000 f E", "success", NULL, 0,
                 362144},
                {"bytes from it", true, 0, "s40 d10 e", "", NULL, 0, 40},
                {"before the end", true, 0, "s40 E", OPS, "before all bytes were sent", 1, 40},
                {"a fault before the end", true, 0, "s40 F", "FileNotFound", "why", 0, 40},
                {"a fault", true, 0, "s40 f F", "FileNotFound", "why", 0, 40},
                {"nonsense", true, 0, "s40 f M", OPS, "makes no sense", 1, 40},
                {"given up", true, 0, "s40 C", "", NULL, 1, 40},
                {"given up after its end", true, 0, "s40 f C", "", NULL, 1, 40},
                {"the channel is closed", true, 0, "s40 X", GONE, "channel was lost", 0, 40},
                {"closed after all", true, 0, "s40 f X", OPS, "it may be", 0, 40},
                {"the agent restarts", true, 0, "s40 A", GONE, "agent was restarted", 0, 40},
                {"restarts after all", true, 0, "s40 f A", OPS, "agent was restarted", 0, 40},
                {"the guest is reset", true, 0, "s40 f R", OPS, "guest was reset", 0, 40},
                {"paused", true, 0, "s40 P", "InvalidState", "does not run", 0, 40},
                {"paused after all", true, 0, "s40 f P", OPS, "machine was stopped", 0, 40},
                {"off", true, 0, "s40 Q", "InvalidPowerState", "current state", 0, 40},
                {"off after all", true, 0, "s40 f Q", OPS, "powered off", 0, 40},
                {"no machine", true, 0, "s40 f G", OPS, "gave up the machine", 0, 40},
        };

        run_rows(rows, ELEMENTS(rows));
}

static void test_silence(void)
{
        static const Row rows[] = {
                {"no byte", false, 100, "w", GONE, "fell silent", 1, 0},
                {"no more bytes", false, 100, "d40 w", GONE, "fell silent", 1, 40},
                {"empty ones are none", false, 100, "d40 e w", GONE, "fell silent", 1, 40},
                {"no end", false, 100, "d100 w", GONE, "fell silent", 1, 100},
                {"we have half a window", false, 300000, "d131072 n", "", NULL, 0, 131072},
                {"we have a window", false, 300000, "d262144 n", "", NULL, 0, 262144},
                {"and give some", false, 300000, "d262144 g200000 w", GONE, "silent", 1, 262144},
                {"all is here", false, 262144, "d262144 w", GONE, "fell silent", 1, 262144},
                {"nothing is there to be sent", true, 0, "n", "", NULL, 0, 0},
                {"all is taken", true, 0, "s100 w n", "", NULL, 0, 100},
                {"taken, and again", true, 0, "s100 w n s100 w n", "", NULL, 0, 200},
                {"no end", true, 0, "s100 f w", OPS, "fell silent", 1, 100},
                {"no credit", true, 0, "s131072 s131072 s10 w", GONE, "fell silent", 1, 262144},
                {"a little credit", true, 0, "s131072 s131072 s10 c5 w", "", NULL, 0, 262149},
                {"too little", true, 0, "s131072 s131072 s10 c5 w w", GONE, "silent", 1, 262149},
                {"credit", true, 0, "s131072 s131072 s10 c10 w n", "", NULL, 0, 262154},
                {"room, and no more", true, 0, "s131072 s131072 s131072 c65536 w", GONE, "silent",
                 1, 327680},
        };

        run_rows(rows, ELEMENTS(rows));
}

static void test_callbacks_cancel(void)
{
        static const struct {
                char where;
                bool upload;
                const char *steps;
        } rows[] = {
                {'o', false, "d10 E"},
                {'o', true, "E"},
                {'d', false, "d10 d10 E"},
                {'r', true, "s131072 c1000 E"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(site_freep) Site *site = site_new();

                site->cancel_in = rows[i].where;
                begin(site, rows[i].upload, rows[i].upload ? 0 : 1000);
                take_steps(site, rows[i].steps);
                EXPECT_INT("opened", site->n_opened, 1);
                EXPECT_INT("cancelled", site->n_cancels, 1);
                EXPECT_INT("nothing follows", site->n_ended, 0);
        }
}

/* The one that opens it ends as requests do. */
static void test_never_opened(void)
{
        static const struct {
                const char *about, *steps, *fault;
        } rows[] = {
                {"the channel is closed", "X", GONE},
                {"the agent restarts", "A", GONE},
                {"powered off", "Q", "InvalidPowerState"},
                {"an end of what is not open", "E d10", ""},
                {"given up", "C", ""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(site_freep) Site *site = site_new();

                EXPECT_INT("begun", site_open(site, &site->stream, &site->fault, true, 0, 0), 0);
                agent_read(site);
                take_steps(site, rows[i].steps);
                EXPECT_STR(rows[i].about, fault_name(site), rows[i].fault);
                EXPECT_INT(rows[i].about, site->n_opened, 0);
                guest_stream_cancel(&site->stream);
        }
}

int main(void)
{
        (void)signal(SIGPIPE, SIG_IGN);
        test_opened();
        test_too_many();
        test_from_the_guest();
        test_to_the_guest();
        test_silence();
        test_callbacks_cancel();
        test_never_opened();
        return test_end();
}
