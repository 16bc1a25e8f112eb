/*
 * PUT of a file into a guest. It is opened there before the client is asked for the body, so that
 * a refusal comes before a client has sent much in vain.
 */

#include "api/guest-file.h"

static void fail_here(GuestFile *file, Usec now)
{
        (void)fault_raise(&file->fault, file->arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                          "The guest operations agent could not be contacted: it takes no more.");
        guest_file_fail(file, now);
}

/* from the client */

static size_t on_part(void *user, const char *data, size_t size, Usec now)
{
        GuestFile *file = user;
        size_t room = guest_stream_room(&file->stream);
        size_t n = size < room ? size : room;

        if (n > 0 && guest_stream_send(&file->stream, data, n) < 0) {
                fail_here(file, now);
                return size;
        }
        file->bytes += n;
        file->upload.is_full = n < size;
        return n;
}

static void on_body_end(void *user, Usec now)
{
        GuestFile *file = user;

        if (guest_stream_finish(&file->stream) < 0)
                fail_here(file, now);
        else
                file->upload.is_whole = true;
}

/* from the guest */

static void on_opened(GuestStream *stream, const FileTransferOpened *opened, Usec now)
{
        GuestFile *file = container_of(stream, GuestFile, stream);
        const HttpSink sink = {.on_part = on_part, .on_end = on_body_end, .user = file};

        (void)opened;
        (void)now;
        http_receive(file->request, &sink);
}

static void on_room(GuestStream *stream, Usec now)
{
        GuestFile *file = container_of(stream, GuestFile, stream);

        (void)now;
        if (!file->upload.is_full)
                return;
        file->upload.is_full = false;
        http_receive_more(file->request);
}

static void on_done(GuestFile *file, Usec now)
{
        const HttpHeader header = {"X-Request-Id", file->request_id};

        guest_file_audit(file, true, now);
        if (file->request)
                http_reply(file->request, 200, &header, 1, NULL);
        guest_file_end(file, true, now);
}

static void on_end(GuestStream *stream, Usec now)
{
        GuestFile *file = container_of(stream, GuestFile, stream);

        file->is_open = false;
        if (stream->succeeded && file->upload.is_whole) {
                on_done(file, now);
        } else if (file->request) {
                guest_file_fail(file, now);
        } else {
                guest_file_audit(file, false, now);
                guest_file_end(file, false, now);
        }
}

static const GuestStreamCallbacks callbacks = {
        .on_opened = on_opened,
        .on_room = on_room,
        .on_end = on_end,
};

/* the request */

void guest_file_put(GuestFile *file, Usec now)
{
        if (guest_file_open(file, &callbacks, 0, INT64_MAX, now) < 0)
                guest_file_fail(file, now);
}

void guest_file_put_gone(GuestFile *file, Usec now)
{
        if (file->upload.is_whole && file->is_open)
                return; /* all of it is there: whether it succeeds is still to be known */
        guest_file_close(file);
        (void)fault_raise(&file->fault, file->arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                          "The client has left.");
        guest_file_audit(file, false, now);
        guest_file_end(file, false, now);
}
