/*
 * Answers that go out in blocks, from a source that may have none yet.
 */

#include "http/private.h"

#define BLOCK_BYTES ((size_t)32 << 10) /* one for each answer under way */

/*
 * The daemon keeps the socket of an answer that ends with an error, and looks at it no more. So it
 * gets a byte that it cannot send, and closes the connection as one that the client has left.
 */
static ssize_t stream_break(HttpConnection *connection, char *data)
{
        http_connection_cut(connection);
        *data = '\0';
        return 1;
}

/* Called by the daemon when all of the block before has been handed to the socket. */
static ssize_t stream_fill(void *cls, uint64_t at, char *data, size_t size)
{
        HttpRequest *request = cls;
        HttpConnection *connection = request->connection;
        const HttpSource *source = &request->source;
        ssize_t n;

        (void)at;
        connection->server->n_vain_runs = 0;
        if (request->state != HTTP_REQUEST_SENDING || connection->phase == HTTP_PHASE_CUT)
                return stream_break(connection, data);
        request->may_go_on = false;
        n = source->on_room(source->user, data, size, loop_now(connection->server->loop));
        if (n < 0)
                return stream_break(connection, data);
        assert((size_t)n <= size);
        http_connection_enter(connection, HTTP_PHASE_STREAM);
        if (n == 0)
                http_stream_wait(request);
        return n;
}

void http_stream_sent(HttpRequest *request)
{
        const HttpSource *source = &request->source;

        if (request->is_substituted)
                return;
        request->state = HTTP_REQUEST_ENDED;
        source->on_sent(source->user, loop_now(request->connection->server->loop));
}

void http_reply_stream(HttpRequest *request, unsigned int status, const HttpHeader *headers,
                       size_t n_headers, uint64_t length, const HttpSource *source)
{
        struct MHD_Response *response;

        assert(request->state == HTTP_REQUEST_HANDLED && length <= INT64_MAX);
        request->state = HTTP_REQUEST_SENDING;
        request->source = *source;
        buf_erase(&request->body);
        response =
                MHD_create_response_from_callback(length, BLOCK_BYTES, stream_fill, request, NULL);
        http_connection_watch(request->connection, request);
        http_answer(request, status, http_response_with(response, headers, n_headers));
}

void http_send_more(HttpRequest *request)
{
        if (request->state == HTTP_REQUEST_SENDING)
                http_stream_go_on(request);
}
