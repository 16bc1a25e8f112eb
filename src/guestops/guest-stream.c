#include "base/log.h"
#include "guestops/guest-private.h"
#include "schema/tables.h"

#define VERSION_MAX 64

/* What END answers: that it has no result, other than OpenFileTransfer itself. */
static const Method transfer_end = {.name = "the end of a transfer", .result = FORM_NONE};

/* faults */

static void fault_nonsense(GuestStream *stream, const char *what)
{
        log_warning("%s: the agent's transfer makes no sense: %s", guest_name(stream->guest), what);
        (void)fault_raise(stream->fault, stream->arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                          "The agent in the guest broke the rules of a transfer: %s.", what);
}

/* A file that may be there is never said not to be. */
static void fault_broken(GuestStream *stream, const char *why)
{
        if (stream->sent_all)
                (void)fault_raise(
                        stream->fault, stream->arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                        "%s before the agent in the guest said that the file is complete; it may "
                        "be. Look before you repeat it.",
                        why);
        else if (guest_request_check_vm(stream->guest, &stream->request) >= 0)
                (void)fault_raise(
                        stream->fault, stream->arena, FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL,
                        "The guest operations agent could not be contacted: %s in the middle of "
                        "the transfer.",
                        why);
}

/* streams */

static GuestStream *stream_find(Guest *guest, uint32_t id)
{
        GuestStream *stream;

        TAILQ_FOREACH (stream, &guest->streams, entry)
                if (stream->request.id == id)
                        return stream;
        return NULL;
}

/* @cancel: the agent does not know yet that it is over. */
static void leave(GuestStream *stream, bool cancel)
{
        Guest *guest = moved(stream->guest);
        uint32_t id = stream->request.id;

        guest->n_streams--;
        if (!stream->open)
                return;
        stream->open = false;
        TAILQ_REMOVE(&guest->streams, stream, entry);
        loop_timer_clear(&stream->silence);
        if (!guest->link)
                return;
        link_forget(guest->link, id);
        if (cancel)
                (void)link_send(guest->link, FRAME_CANCEL, id, NULL, 0);
}

static void stream_end(GuestStream *stream, bool cancel, Usec now)
{
        leave(stream, cancel);
        stream->callbacks->on_end(stream, now);
}

static void give_up(GuestStream *stream, const char *what, Usec now)
{
        fault_nonsense(stream, what);
        stream_end(stream, true, now);
}

void guest_streams_fail(Guest *guest, const char *why, Usec now)
{
        GuestStream *stream;

        while ((stream = TAILQ_FIRST(&guest->streams))) {
                fault_broken(stream, why);
                stream_end(stream, false, now);
        }
}

void guest_stream_cancel(GuestStream *stream)
{
        if (!stream->guest)
                return;
        guest_request_cancel(&stream->request);
        leave(stream, true);
}

/* Return: the link that it is open on, or NULL. */
static Link *stream_link(const GuestStream *stream)
{
        return stream->open ? stream->guest->link : NULL;
}

/* whose turn it is */

static uint64_t bytes_moved(const GuestStream *stream)
{
        size_t room = link_stream_room(stream->guest->link, stream->request.id);

        return stream->sent - (LINK_STREAM_BYTES - room);
}

/*
 * From the guest: it may hold credit, or only the end is missing. Less than half of a window is
 * never told as credit, so with half of it held here the agent may have none.
 */
static bool is_agents_turn(const GuestStream *stream)
{
        if (!stream->upload)
                return stream->left == 0 || stream->held < LINK_WINDOW_BYTES / 2;
        return stream->sent_all || bytes_moved(stream) < stream->sent;
}

static void watch(GuestStream *stream, Usec now)
{
        const Guest *guest = stream->guest;

        if (!is_agents_turn(stream)) {
                loop_timer_clear(&stream->silence);
                return;
        }
        if (stream->upload && !stream->sent_all)
                stream->moved = bytes_moved(stream);
        (void)loop_timer_set(guest->loop, &stream->silence,
                             now + guest->shared->config.stream_silence);
}

static int on_silence(LoopTimer *timer, Usec now)
{
        GuestStream *stream = container_of(timer, GuestStream, silence);

        if (!is_agents_turn(stream))
                return 0;
        if (stream->upload && !stream->sent_all && bytes_moved(stream) != stream->moved) {
                watch(stream, now);
                return 0;
        }
        log_warning("%s: the agent says nothing of a transfer any more", guest_name(stream->guest));
        fault_broken(stream, "the agent fell silent");
        stream_end(stream, true, now);
        return 0;
}

/* the beginning */

static bool is_version(const char *text)
{
        size_t n = strspn(text, "0123456789abcdefABCDEF");

        return n > 0 && n <= VERSION_MAX && text[n] == '\0';
}

/* Return: NULL, or what is wrong. */
static const char *check_opened(const GuestStream *stream, const FileTransferOpened *opened)
{
        int64_t rest;

        if (stream->upload)
                return NULL; /* nothing in it says anything then */
        if (!is_version(opened->version))
                return "its file has no version";
        if (opened->size < 0 || opened->offset != stream->params.offset.value ||
            opened->offset > opened->size)
                return "it does not begin where it was asked to";
        rest = opened->size - opened->offset;
        if (opened->length !=
            (rest < stream->params.length.value ? rest : stream->params.length.value))
                return "it promises another number of bytes than was asked for";
        return NULL;
}

static void on_answer(GuestRequest *request, const ChannelAnswer *answer, Usec now)
{
        GuestStream *stream = container_of(request, GuestStream, request);
        Guest *guest = stream->guest;
        const FileTransferOpened *opened;
        const char *wrong;
        int r;

        if (!answer) {
                stream_end(stream, false, now);
                return;
        }
        stream->open = true;
        TAILQ_INSERT_TAIL(&guest->streams, stream, entry);
        opened = *(const FileTransferOpened *const *)answer->result.value;
        wrong = check_opened(stream, opened);
        if (wrong) {
                give_up(stream, wrong, now);
                return;
        }
        r = stream->upload ? link_stream_open(guest->link, request->id)
                           : link_stream_accept(guest->link, request->id);
        if (r < 0) {
                fault_broken(stream, "this host ran out of memory");
                stream_end(stream, true, now);
                return;
        }
        stream->left = stream->upload ? 0 : opened->length;
        watch(stream, now);
        stream->callbacks->on_opened(stream, opened, now);
}

int guest_stream_open(Guest *guest, GuestStream *stream, const char *transfer, bool upload,
                      int64_t offset, int64_t length, Usec deadline, Usec now)
{
        int r;

        *stream = (GuestStream){
                .callbacks = stream->callbacks,
                .arena = stream->arena,
                .fault = stream->fault,
                .request_id = stream->request_id,
                .params = {.type = &type_OpenFileTransferRequestType, .transfer = (char *)transfer},
                .request = {.on_answer = on_answer, .arena = stream->arena, .fault = stream->fault},
                .upload = upload,
                .silence.on_due = on_silence,
        };
        if (!upload) {
                stream->params.offset = (WireLong){true, offset};
                stream->params.length = (WireLong){true, length};
        }
        if (guest->n_streams >= guest->shared->config.streams_max)
                return fault_raise(stream->fault, stream->arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                                   "Too many transfers are in progress on this machine.");
        r = guest_request(guest, &stream->request, method_find_guest("OpenFileTransfer"),
                          &stream->params, stream->request_id, deadline, now);
        if (r < 0)
                return r;
        stream->guest = guest;
        guest->n_streams++;
        return 0;
}

/* from the guest */

void guest_stream_take(Guest *guest, uint32_t id, const char *data, size_t size, Usec now)
{
        GuestStream *stream = stream_find(guest, id);

        if (!stream || stream->upload || size == 0)
                return;
        if ((int64_t)size > stream->left) {
                give_up(stream, "it sent more bytes than it had promised", now);
                return;
        }
        stream->left -= (int64_t)size;
        stream->held += size;
        watch(stream, now);
        stream->callbacks->on_data(stream, data, size, now);
}

void guest_stream_grant(GuestStream *stream, size_t size)
{
        Link *link = stream_link(stream);

        if (!link)
                return;
        stream->held -= size < stream->held ? size : stream->held;
        link_stream_grant(link, stream->request.id, size);
        if (!stream->silence.loop)
                watch(stream, loop_now(stream->guest->loop));
}

/* to the guest */

size_t guest_stream_room(const GuestStream *stream)
{
        const Link *link = stream_link(stream);

        return link ? link_stream_room(link, stream->request.id) : 0;
}

int guest_stream_send(GuestStream *stream, const void *data, size_t size)
{
        Link *link = stream_link(stream);

        if (!link || link_stream_send(link, stream->request.id, data, size) < 0)
                return -ENOBUFS;
        stream->sent += size;
        if (!stream->silence.loop)
                watch(stream, loop_now(stream->guest->loop));
        return 0;
}

int guest_stream_finish(GuestStream *stream)
{
        Link *link = stream_link(stream);

        if (!link || link_stream_end(link, stream->request.id, FRAME_DATA, NULL, 0) < 0)
                return -ENOBUFS;
        stream->sent_all = true;
        watch(stream, loop_now(stream->guest->loop));
        return 0;
}

void guest_stream_has_room(Guest *guest, uint32_t id, Usec now)
{
        GuestStream *stream = stream_find(guest, id);

        if (!stream)
                return;
        watch(stream, now);
        stream->callbacks->on_room(stream, now);
}

/* the end */

/* Return: NULL, or what is wrong with an end that tells of success. */
static const char *check_end(const GuestStream *stream)
{
        if (stream->left > 0)
                return "it sent fewer bytes than it had promised";
        if (stream->upload && !stream->sent_all)
                return "it ended before all bytes were sent";
        return NULL;
}

void guest_stream_ended(Guest *guest, uint32_t id, const char *payload, size_t size, Usec now)
{
        GuestStream *stream = stream_find(guest, id);
        const ChannelAnswer *answer;
        const char *wrong;
        int r;

        if (!stream)
                return; /* given up meanwhile, or never opened */
        r = guest_request_read(guest, &stream->request, &transfer_end, payload, size, &answer);
        wrong = answer ? check_end(stream) : NULL;
        if (wrong) {
                give_up(stream, wrong, now);
                return;
        }
        stream->succeeded = answer != NULL;
        stream_end(stream, r < 0, now);
}
