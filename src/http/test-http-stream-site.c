#include "test-http-stream-site.h"

#include <inttypes.h>

static const StreamPlan plans[] = {
        {"/in", .room = STREAM_ALL},
        {"/in/asked", .is_asked = true, .room = STREAM_ALL},
        {"/in/narrow", .step = 1000},
        {"/in/hasty", .step = 1000, .is_hasty = true},
        {"/in/held", .room = 1000},
        {"/in/end", .room = STREAM_ALL, .is_slow_end = true},
        {"/in/refused", .status = 403},
        {"/in/full", .status = 507, .until = 1, .room = STREAM_ALL},
        {"/in/told", .is_told = true, .room = STREAM_ALL},
        {"/in/out", .is_out = true, .room = STREAM_ALL},
        {"/in/full/out", .is_out = true, .status = 507, .until = 1, .room = STREAM_ALL},
        {"/out", .is_out = true, .room = STREAM_ALL},
        {"/out/asked", .is_asked = true, .is_out = true, .room = STREAM_ALL},
        {"/out/narrow", .is_out = true, .step = 1000},
        {"/out/hasty", .is_out = true, .step = 1000, .is_hasty = true},
        {"/out/held", .is_out = true, .room = 1000},
        {"/out/broken", .is_out = true, .until = 50000, .room = STREAM_ALL},
        {"/out/forged", .is_out = true, .status = 999, .room = STREAM_ALL},
};

typedef struct Stream Stream;
struct Stream {
        Site *site;
        HttpRequest *request;
        const StreamPlan *plan;
        uint64_t at, room;
        bool is_bad, is_answering;
        LoopTask again;
        TAILQ_ENTRY(Stream) entry;
};

static TAILQ_HEAD(, Stream) streams = TAILQ_HEAD_INITIALIZER(streams); /* the latest is first */

char stream_byte(uint64_t at)
{
        return (char)(at * 7 + (at >> 8) * 3 + (at >> 16));
}

static void stream_end(Stream *stream)
{
        loop_task_cancel(&stream->again);
        TAILQ_REMOVE(&streams, stream, entry);
        free(stream);
}

static void more(Stream *stream, uint64_t room)
{
        stream->room += room;
        if (stream->is_answering)
                http_send_more(stream->request);
        else
                http_receive_more(stream->request);
}

static int on_again(LoopTask *task, Usec now)
{
        Stream *stream = container_of(task, Stream, again);

        (void)now;
        more(stream, stream->plan->step);
        return 0;
}

/* There is no more room. */
static void exhausted(Stream *stream)
{
        if (stream->plan->step && stream->plan->is_hasty)
                more(stream, stream->plan->step);
        else if (stream->plan->step)
                loop_defer(stream->site->loop, &stream->again);
        else
                site_tell(stream->site, stream->is_answering ? 'w' : 'f');
}

/* answers */

static ssize_t on_room(void *user, char *data, size_t size, Usec now)
{
        Stream *stream = user;
        size_t n = stream->room < size ? (size_t)stream->room : size;

        (void)now;
        if (stream->plan->until && stream->at >= stream->plan->until)
                return -EIO;
        for (size_t i = 0; i < n; i++)
                data[i] = stream_byte(stream->at + i);
        stream->at += n;
        stream->room -= n;
        if (n == 0)
                exhausted(stream);
        return (ssize_t)n;
}

static void on_sent(void *user, Usec now)
{
        Stream *stream = user;

        (void)now;
        site_tell(stream->site, 't');
        stream_end(stream);
}

static void answer(Stream *stream, unsigned int status)
{
        _cleanup_(buf_done) Buf body = {0};

        buf_putf(&body, "<%" PRIu64 " %s>", stream->at, stream->is_bad ? "bad" : "good");
        http_reply(stream->request, status, NULL, 0, &body);
        stream_end(stream);
}

static void answer_stream(Stream *stream)
{
        static const HttpHeader headers[] = {{"X-Forged", "a\r\nSet-Cookie: b"}};
        const HttpSource source = {.on_room = on_room, .on_sent = on_sent, .user = stream};
        const char *n = http_request_query(stream->request, "n");
        uint64_t length = n ? strtoull(n, NULL, 10) : stream->at;

        stream->at = 0;
        stream->is_answering = true;
        stream->room = stream->plan->room;
        http_reply_stream(stream->request, 200, headers, stream->plan->status == 999, length,
                          &source);
}

static void conclude(Stream *stream)
{
        if (stream->plan->is_out)
                answer_stream(stream);
        else
                answer(stream, stream->plan->status ? stream->plan->status : 200);
}

/* bodies */

static size_t on_part(void *user, const char *data, size_t size, Usec now)
{
        Stream *stream = user;
        size_t n = stream->room < size ? (size_t)stream->room : size;

        (void)now;
        for (size_t i = 0; i < n; i++)
                stream->is_bad |= data[i] != stream_byte(stream->at + i);
        if (stream->at == 0 && stream->plan->is_told)
                site_tell(stream->site, 'b');
        stream->at += n;
        stream->room -= n;
        if (stream->plan->status && stream->at >= stream->plan->until)
                conclude(stream);
        else if (n < size)
                exhausted(stream);
        return n;
}

static void on_end(void *user, Usec now)
{
        Stream *stream = user;

        (void)now;
        if (stream->plan->is_slow_end)
                site_tell(stream->site, 'e');
        else
                conclude(stream);
}

static void receive(Stream *stream)
{
        const HttpSink sink = {.on_part = on_part, .on_end = on_end, .user = stream};

        http_receive(stream->request, &sink);
}

/* requests */

static const StreamPlan *plan_of(const HttpRequest *request)
{
        for (size_t i = 0; i < ELEMENTS(plans); i++)
                if (strcmp(plans[i].path, http_request_path(request)) == 0)
                        return &plans[i];
        return NULL;
}

static bool is_streamed(void *user, HttpRequest *request)
{
        (void)user;
        return plan_of(request) != NULL;
}

static void on_request(void *user, HttpRequest *request, Usec now)
{
        const StreamPlan *plan = plan_of(request);
        Stream *stream = plan ? malloc(sizeof(*stream)) : NULL;

        (void)now;
        if (!stream) {
                http_reply(request, 404, NULL, 0, NULL);
                return;
        }
        *stream = (Stream){
                .site = user,
                .request = request,
                .plan = plan,
                .room = plan->room,
                .again.run = on_again,
        };
        TAILQ_INSERT_HEAD(&streams, stream, entry);
        http_request_set_user(request, stream);
        if (plan->is_asked)
                site_tell(user, 'p');
        else if (strncmp(plan->path, "/out", 4) == 0 || (plan->status && !plan->until))
                conclude(stream);
        else
                receive(stream);
}

static void on_gone(void *user, HttpRequest *request, Usec now)
{
        (void)now;
        stream_end(http_request_user(request));
        site_tell(user, 'g');
}

/* The server does nothing until it is told to again. */
static void halt(const Site *site)
{
        char command;

        must("command", read(site->commands[0], &command, 1) == 1);
}

static void on_command(Site *site, char command)
{
        Stream *latest = TAILQ_FIRST(&streams);

        if (command == 'h')
                halt(site);
        else if (!latest)
                site_tell(site, '?');
        else if (command == 'm')
                more(latest, STREAM_ROOM);
        else if (command == 'v')
                receive(latest);
        else if (command == 'o')
                answer_stream(latest);
        else
                answer(latest, 200);
}

void stream_site_start(Site *site, bool tls)
{
        site->callbacks = (HttpCallbacks){
                .on_request = on_request,
                .is_streamed = is_streamed,
                .on_gone = on_gone,
        };
        site->on_command = on_command;
        site_start(site, tls, "127.0.0.1");
}
