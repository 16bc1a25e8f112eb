/*
 * GET and HEAD of a file in a guest.
 *
 * What the client has wished with Range and If-Match is judged by the file as it is now, so for
 * these the guest is first asked for the facts alone. What is opened then is judged once more: the
 * file may be another one by that time.
 */

#include "api/guest-file.h"

#include "schema/tables.h"

#define TRIES_MAX 3U

/* Source: RFC 9110, 13.2.2. There is no date that If-Range could name. */
static void decide(GuestFile *file)
{
        GuestFileDownload *get = &file->download;
        bool is_wanted =
                get->has_range && (!get->if_range || strcmp(get->if_range, get->etag) == 0);

        get->status = 200;
        get->offset = 0;
        get->length = get->facts->size;
        if (get->if_match && !http_tags_match(get->if_match, get->etag))
                get->status = 412;
        else if (is_wanted)
                get->status =
                        http_range_apply(&get->range, get->facts->size, &get->offset, &get->length);
}

static int take_facts(GuestFile *file, const FileTransferOpened *opened)
{
        GuestFileDownload *get = &file->download;

        get->facts = opened;
        get->etag = arena_printf(file->arena, "\"%s\"", opened->version);
        if (!get->etag)
                return -ENOMEM;
        decide(file);
        return 0;
}

/* to the client */

static ssize_t on_source_room(void *user, char *data, size_t size, Usec now)
{
        GuestFile *file = user;
        GuestFileDownload *get = &file->download;

        (void)now;
        if (get->is_broken)
                return -EIO;
        /* The last byte stays here until the guest says that all of them were right. */
        if (file->is_open && (int64_t)size >= get->left)
                size = (size_t)get->left - 1;
        size = ring_take(&get->ring, data, size);
        get->left -= (int64_t)size;
        file->bytes += size;
        if (file->is_open)
                guest_stream_grant(&file->stream, size);
        return (ssize_t)size;
}

static void on_source_sent(void *user, Usec now)
{
        GuestFile *file = user;
        const GuestFileDownload *get = &file->download;
        bool done = !file->verb->is_head && get->offset + get->length == get->facts->size;

        file->request = NULL;
        guest_file_close(file);
        guest_file_audit(file, true, now);
        guest_file_end(file, done, now);
}

static void answer(GuestFile *file)
{
        GuestFileDownload *get = &file->download;
        const HttpSource source = {
                .on_room = on_source_room,
                .on_sent = on_source_sent,
                .user = file,
        };
        HttpHeader headers[5] = {
                {"Content-Type", "application/octet-stream"},
                {"Accept-Ranges", "bytes"},
                {"ETag", get->etag},
                {"X-Request-Id", file->request_id},
        };
        size_t n = 4;

        if (get->status == 206)
                headers[n++] = (HttpHeader){
                        "Content-Range",
                        arena_printf(file->arena, "bytes %lld-%lld/%lld", (long long)get->offset,
                                     (long long)(get->offset + get->length - 1),
                                     (long long)get->facts->size),
                };
        get->left = get->length;
        get->is_answered = true;
        http_reply_stream(file->request, get->status, headers, n, (uint64_t)get->length, &source);
}

/* from the guest */

static const GuestStreamCallbacks callbacks;

static void open_part(GuestFile *file, int64_t offset, int64_t length, Usec now)
{
        if (guest_file_open(file, &callbacks, offset, length, now) < 0)
                guest_file_fail(file, now);
}

/* With the facts known, and no stream. */
static void go_on(GuestFile *file, Usec now)
{
        GuestFileDownload *get = &file->download;
        bool to_end = get->offset + get->length == get->facts->size;
        HttpHeader range;

        if (get->status == 412) {
                guest_file_reply(file, 412, NULL, "The file has changed.", now);
                return;
        }
        if (get->status == 416) {
                range = (HttpHeader){
                        "Content-Range",
                        arena_printf(file->arena, "bytes */%lld", (long long)get->facts->size),
                };
                guest_file_reply(file, 416, &range, "The file has no such part.", now);
                return;
        }
        if (file->verb->is_head || get->length == 0) {
                answer(file);
                return;
        }
        if (get->tries++ == TRIES_MAX) {
                guest_file_reply(file, 503, NULL, "The file changes all the time.", now);
                return;
        }
        get->looks = false;
        open_part(file, get->offset, to_end ? INT64_MAX : get->length, now);
}

static void on_opened(GuestStream *stream, const FileTransferOpened *opened, Usec now)
{
        GuestFile *file = container_of(stream, GuestFile, stream);
        const GuestFileDownload *get = &file->download;

        if (take_facts(file, opened) < 0) {
                guest_file_fail(file, now);
        } else if (get->looks) {
                return; /* the end follows */
        } else if (get->status < 300 && opened->offset == get->offset &&
                   opened->length == get->length) {
                answer(file);
        } else {
                guest_file_close(file);
                go_on(file, now);
        }
}

static void on_data(GuestStream *stream, const char *data, size_t size, Usec now)
{
        GuestFile *file = container_of(stream, GuestFile, stream);

        (void)now;
        if (ring_put(&file->download.ring, data, size) < 0)
                file->download.is_broken = true;
        http_send_more(file->request);
}

/* Return: whether the file has lost the part that it had when it was looked at. */
static bool was_cut(const GuestFile *file)
{
        const GuestFileDownload *get = &file->download;

        return !get->looks && get->offset > 0 && file->fault.detail &&
               file->fault.detail->type == &type_InvalidArgument;
}

static void on_end(GuestStream *stream, Usec now)
{
        GuestFile *file = container_of(stream, GuestFile, stream);
        GuestFileDownload *get = &file->download;

        file->is_open = false;
        if (get->is_answered) {
                get->is_broken |= !stream->succeeded || get->left > (int64_t)get->ring.size;
                http_send_more(file->request);
        } else if (get->looks && get->facts && stream->succeeded) {
                go_on(file, now);
        } else if (was_cut(file)) {
                file->fault = (Fault){0};
                get->looks = true;
                open_part(file, 0, 0, now);
        } else {
                guest_file_fail(file, now);
        }
}

static const GuestStreamCallbacks callbacks = {
        .on_opened = on_opened,
        .on_data = on_data,
        .on_end = on_end,
};

/* the request */

void guest_file_get(GuestFile *file, Usec now)
{
        GuestFileDownload *get = &file->download;
        HttpRequest *request = file->request;
        bool is_head = file->verb->is_head;

        get->has_range =
                !is_head && http_range_parse(http_request_header(request, "Range"), &get->range);
        get->if_match = http_request_header(request, "If-Match");
        get->if_range = http_request_header(request, "If-Range");
        get->looks = is_head || get->has_range || get->if_match;
        open_part(file, 0, get->looks ? 0 : INT64_MAX, now);
}

void guest_file_get_gone(GuestFile *file, Usec now)
{
        guest_file_close(file);
        (void)fault_raise(&file->fault, file->arena, FAULT_GUEST_OPERATIONS_FAULT, NULL,
                          "The client has left.");
        guest_file_audit(file, false, now);
        guest_file_end(file, false, now);
}
