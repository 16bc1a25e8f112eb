/*
 * Answers: made at once, and sent where the daemon can send them.
 *
 * It can before a body is read and after all of it. An answer given in between is held while the
 * rest of the body is thrown away.
 */

#include "http/private.h"

struct MHD_Response *http_response_with(struct MHD_Response *response, const HttpHeader *headers,
                                        size_t n_headers)
{
        if (!response)
                return NULL;
        for (size_t i = 0; i < n_headers; i++)
                /* A line break inside, for example: better no answer than half of its headers. */
                if (MHD_add_response_header(response, headers[i].name, headers[i].value) !=
                    MHD_YES) {
                        MHD_destroy_response(response);
                        return NULL;
                }
        return response;
}

static struct MHD_Response *response_new(const HttpHeader *headers, size_t n_headers, Buf *body)
{
        size_t size = body ? body->size : 0;
        struct MHD_Response *response;

        if (body && buf_error(body) < 0)
                return NULL;
        response = MHD_create_response_from_buffer(size, size ? body->data : "",
                                                   size ? MHD_RESPMEM_MUST_FREE
                                                        : MHD_RESPMEM_PERSISTENT);
        if (response && size)
                *body = (Buf){.max = body->max};
        return http_response_with(response, headers, n_headers);
}

static bool queue(HttpConnection *connection, unsigned int status, struct MHD_Response *response)
{
        enum MHD_Result queued;

        queued = MHD_queue_response(connection->mhd, status, response);
        MHD_destroy_response(response); /* which lives on in the queue */
        return queued == MHD_YES;
}

/* The answer has a time of its own: to be sent, or to wait for the end of a body thrown away. */
static void connection_go_on(HttpConnection *connection, HttpPhase phase)
{
        if (connection->is_parked)
                http_connection_unpark(connection, phase);
        else
                http_connection_enter(connection, phase);
}

static bool answer_send(HttpRequest *request, unsigned int status, struct MHD_Response *response)
{
        HttpConnection *connection = request->connection;
        bool is_sending = request->state == HTTP_REQUEST_SENDING;
        bool queued;

        connection->unread = request->place == HTTP_PLACE_HEADER && request->has_body;
        connection->is_sending = is_sending;
        queued = queue(connection, status, response);
        connection_go_on(connection, is_sending ? HTTP_PHASE_STREAM : HTTP_PHASE_IDLE);
        if (!is_sending)
                http_connection_unwatch(connection);
        return queued;
}

static bool answer_hold(HttpRequest *request, unsigned int status, struct MHD_Response *response)
{
        request->held = response;
        request->held_status = status;
        connection_go_on(request->connection, HTTP_PHASE_STREAM);
        return true;
}

void http_answer(HttpRequest *request, unsigned int status, struct MHD_Response *response)
{
        bool is_on_its_way = false;

        request->is_substituted = !response;
        if (!response) {
                status = MHD_HTTP_INTERNAL_SERVER_ERROR;
                response = response_new(NULL, 0, NULL);
        }
        if (response)
                is_on_its_way = request->place == HTTP_PLACE_BODY
                                        ? answer_hold(request, status, response)
                                        : answer_send(request, status, response);
        if (!is_on_its_way)
                http_connection_cut(request->connection);
}

enum MHD_Result http_answer_held(HttpRequest *request)
{
        return answer_send(request, request->held_status, moved(request->held)) ? MHD_YES : MHD_NO;
}

/* What we answer ourselves always ends the connection: nobody knows where the next one begins. */
enum MHD_Result http_refuse(HttpRequest *request)
{
        static const HttpHeader headers[] = {
                {MHD_HTTP_HEADER_CONNECTION, "close"},
                {MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain"},
        };
        _cleanup_(buf_done) Buf text = {0};

        request->state = HTTP_REQUEST_ENDED;
        buf_putf(&text, "%s\n", MHD_get_reason_phrase_for(request->refusal));
        http_answer(request, request->refusal, response_new(headers, ELEMENTS(headers), &text));
        return request->connection->phase == HTTP_PHASE_CUT ? MHD_NO : MHD_YES;
}

void http_reply(HttpRequest *request, unsigned int status, const HttpHeader *headers,
                size_t n_headers, Buf *body)
{
        assert(request->state == HTTP_REQUEST_HANDLED);
        request->state = HTTP_REQUEST_ENDED;
        buf_erase(&request->body);
        http_answer(request, status, response_new(headers, n_headers, body));
        if (body)
                buf_done(body);
}
