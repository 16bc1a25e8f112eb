/*
 * Request: from the end of its header to its end.
 *
 * The daemon calls with the header, with each part of the body, and with the body's end; a call
 * that ends suspended is made again once the connection is resumed.
 */

#include "http/private.h"

static HttpConnection *connection_of(struct MHD_Connection *mhd)
{
        return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void http_request_handle(HttpRequest *request)
{
        HttpServer *server = request->connection->server;

        request->state = HTTP_REQUEST_HANDLED;
        server->callbacks.on_request(server->callbacks.user, request, loop_now(server->loop));
}

void http_request_gone(HttpRequest *request, Usec now)
{
        const HttpCallbacks *callbacks = &request->connection->server->callbacks;
        bool is_theirs =
                request->state == HTTP_REQUEST_HANDLED || request->state == HTTP_REQUEST_SENDING;

        request->state = HTTP_REQUEST_ENDED;
        if (is_theirs)
                callbacks->on_gone(callbacks->user, request, now);
        buf_erase(&request->body);
}

/* what the daemon calls */

/* Return: 0, or the status with which to refuse. */
static unsigned int request_judge(HttpRequest *request, const char *version)
{
        const HttpServer *server = request->connection->server;
        const HttpCallbacks *callbacks = &server->callbacks;
        unsigned int refusal = http_framing_judge(request, version);

        if (refusal)
                return refusal;
        request->is_streamed =
                callbacks->is_streamed && callbacks->is_streamed(callbacks->user, request);
        if (request->is_streamed)
                return 0;
        request->body.max = callbacks->body_max ? callbacks->body_max(callbacks->user, request)
                                                : server->config.body_bytes_max;
        return request->length > 0 && (uint64_t)request->length > request->body.max
                       ? MHD_HTTP_CONTENT_TOO_LARGE
                       : 0;
}

static enum MHD_Result request_begin(HttpConnection *connection, const char *url,
                                     const char *method, const char *version, void **context)
{
        HttpRequest *request = malloc(sizeof(*request));

        if (!request)
                return MHD_NO;
        *request = (HttpRequest){.connection = connection, .method = method, .path = url};
        *context = request;
        http_connection_enter(connection, HTTP_PHASE_BODY);
        request->refusal = request_judge(request, version);
        if (request->refusal)
                return http_refuse(request);
        if (request->is_streamed && request->has_body)
                return http_stream_turn(request);
        request->place = HTTP_PLACE_BODY;
        return MHD_YES;
}

/* The daemon can answer only before or after a body, so the rest of a bad one is thrown away. */
static void request_take(HttpRequest *request, const char *data, size_t size)
{
        int r;

        if (request->refusal)
                return;
        r = buf_put(&request->body, data, size);
        if (r < 0) {
                buf_erase(&request->body);
                request->refusal =
                        r == -EMSGSIZE ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_SERVICE_UNAVAILABLE;
        }
}

static enum MHD_Result request_finish(HttpRequest *request)
{
        HttpConnection *connection = request->connection;

        if (request->state != HTTP_REQUEST_READING)
                return MHD_NO; /* resumed without an answer: the client is gone */
        request->place = HTTP_PLACE_END;
        if (request->refusal)
                return http_refuse(request);
        http_request_handle(request);
        if (request->state != HTTP_REQUEST_HANDLED)
                return connection->phase == HTTP_PHASE_CUT ? MHD_NO : MHD_YES;
        http_connection_park(connection, request);
        return MHD_YES;
}

enum MHD_Result http_request_on_part(void *cls, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *data,
                                     size_t *size, void **context)
{
        HttpConnection *connection = connection_of(mhd);
        HttpRequest *request = *context;

        ((HttpServer *)cls)->n_vain_runs = 0;
        if (!connection)
                return MHD_NO;
        if (!request)
                return request_begin(connection, url, method, version, context);
        if (request->is_streamed)
                return *size == 0 ? http_stream_turn(request)
                                  : http_stream_part(request, data, size);
        if (*size == 0)
                return request_finish(request);
        request_take(request, data, *size);
        *size = 0;
        return MHD_YES;
}

void http_request_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                               enum MHD_RequestTerminationCode code)
{
        HttpRequest *request = *context;
        HttpServer *server = cls;
        bool is_whole = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;

        (void)mhd;
        server->n_vain_runs = 0;
        if (!request)
                return;
        http_connection_unwatch(request->connection);
        request->connection->is_sending = false;
        if (is_whole)
                http_connection_enter(request->connection, HTTP_PHASE_IDLE);
        if (is_whole && request->state == HTTP_REQUEST_SENDING)
                http_stream_sent(request);
        http_request_gone(request, loop_now(server->loop));
        if (request->held)
                MHD_destroy_response(request->held);
        free(request);
        *context = NULL;
}

/* what the client sent */

const char *http_request_method(const HttpRequest *request)
{
        return request->method;
}

const char *http_request_path(const HttpRequest *request)
{
        return request->path;
}

static const char *lookup(HttpRequest *request, enum MHD_ValueKind kind, const char *name)
{
        const char *value = NULL;

        if (MHD_lookup_connection_value_n(request->connection->mhd, kind, name, strlen(name),
                                          &value, NULL) != MHD_YES)
                return NULL;
        return value ? value : ""; /* "?name" has no value, yet it is there */
}

const char *http_request_query(HttpRequest *request, const char *name)
{
        return lookup(request, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_request_header(HttpRequest *request, const char *name)
{
        return lookup(request, MHD_HEADER_KIND, name);
}

const char *http_request_cookie(HttpRequest *request, const char *name)
{
        return lookup(request, MHD_COOKIE_KIND, name);
}

const char *http_request_peer(HttpRequest *request)
{
        return request->connection->peer;
}

const Buf *http_request_body(const HttpRequest *request)
{
        return &request->body;
}

void http_request_set_user(HttpRequest *request, void *user)
{
        request->user = user;
}

void *http_request_user(const HttpRequest *request)
{
        return request->user;
}
