/*
 * Bodies that come in parts, to a sink that says how much it takes.
 *
 * What it does not take stays in the daemon's buffer and in the socket: the connection is parked
 * until there is room, and the client's window closes.
 */

#include "http/private.h"

static enum MHD_Result outcome(const HttpRequest *request)
{
        return request->connection->phase == HTTP_PHASE_CUT ? MHD_NO : MHD_YES;
}

static enum MHD_Result stream_end(HttpRequest *request)
{
        const HttpSink *sink = &request->sink;

        if (!request->is_whole) {
                request->is_whole = true;
                sink->on_end(sink->user, loop_now(request->connection->server->loop));
        }
        if (request->state == HTTP_REQUEST_HANDLED)
                http_connection_park(request->connection, request);
        return outcome(request);
}

enum MHD_Result http_stream_turn(HttpRequest *request)
{
        HttpConnection *connection = request->connection;

        if (connection->phase == HTTP_PHASE_CUT)
                return MHD_NO;
        if (request->place == HTTP_PLACE_BODY)
                request->place = HTTP_PLACE_END;
        if (request->held)
                return http_answer_held(request);
        if (request->state == HTTP_REQUEST_READING)
                http_request_handle(request);
        if (request->state != HTTP_REQUEST_HANDLED)
                return outcome(request);
        if (!request->sink.on_part) {
                http_connection_park(connection, request);
                return MHD_YES;
        }
        if (request->place == HTTP_PLACE_END)
                return stream_end(request);
        request->place = HTTP_PLACE_BODY;
        http_connection_watch(connection, request);
        http_connection_enter(connection, HTTP_PHASE_STREAM);
        return MHD_YES;
}

enum MHD_Result http_stream_part(HttpRequest *request, const char *data, size_t *size)
{
        HttpConnection *connection = request->connection;
        const HttpSink *sink = &request->sink;
        size_t taken;

        if (connection->phase == HTTP_PHASE_CUT)
                return MHD_NO;
        if (request->held) { /* no new time for it: a client must not drip for ever */
                *size = 0;
                return MHD_YES;
        }
        request->may_go_on = false;
        taken = sink->on_part(sink->user, data, *size, loop_now(connection->server->loop));
        assert(taken <= *size);
        if (request->state != HTTP_REQUEST_HANDLED) {
                *size = 0;
                return outcome(request);
        }
        *size -= taken;
        http_connection_enter(connection, HTTP_PHASE_STREAM);
        if (*size > 0)
                http_stream_wait(request);
        return MHD_YES;
}

void http_stream_wait(HttpRequest *request)
{
        http_connection_park(request->connection, request);
        if (request->may_go_on)
                http_connection_unpark(request->connection, HTTP_PHASE_STREAM);
}

void http_stream_go_on(HttpRequest *request)
{
        if (request->connection->is_parked)
                http_connection_unpark(request->connection, HTTP_PHASE_STREAM);
        else
                request->may_go_on = true;
}

void http_receive(HttpRequest *request, const HttpSink *sink)
{
        assert(request->is_streamed && request->state == HTTP_REQUEST_HANDLED);
        assert(!request->sink.on_part);
        request->sink = *sink;
        if (request->connection->is_parked)
                http_connection_unpark(request->connection, HTTP_PHASE_STREAM);
}

void http_receive_more(HttpRequest *request)
{
        if (request->state == HTTP_REQUEST_HANDLED && request->place == HTTP_PLACE_BODY)
                http_stream_go_on(request);
}

int64_t http_request_length(const HttpRequest *request)
{
        return request->length;
}
