/*
 * Request: from the end of its header to its answer.
 *
 * The daemon forgives what a strict neighbour (a proxy, another server) would read differently,
 * and two readings of one message are how requests are smuggled. The header is therefore judged
 * once more, before a byte of the body is taken.
 *
 * Source: RFC 9112, 6.1 to 6.3 (length of a message); RFC 9110, 5.6.2 (token).
 */

#include "http/private.h"

#include <arpa/inet.h>
#include <strings.h>

static HttpConnection *connection_of(struct MHD_Connection *mhd)
{
        return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* the header */

typedef struct Framing {
        unsigned int n_lengths, n_encodings, n_hosts;
        bool is_bad, is_chunked;
        uint64_t length;
} Framing;

static bool is_token(const char *text, size_t size)
{
        static const char others[] = "!#$%&'*+-.^_`|~";

        for (size_t i = 0; i < size; i++) {
                char c = text[i];
                bool alphanumeric =
                        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

                if (!alphanumeric && (!c || !strchr(others, c)))
                        return false;
        }
        return size > 0;
}

static bool is_value(const char *text, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
                        return false;
        return true;
}

static bool length_parse(const char *text, uint64_t *ret)
{
        uint64_t length = 0;

        if (!*text)
                return false;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                if (__builtin_mul_overflow(length, (uint64_t)10, &length) ||
                    __builtin_add_overflow(length, (uint64_t)(*text - '0'), &length))
                        return false;
        }
        *ret = length;
        return true;
}

static enum MHD_Result framing_visit(void *cls, enum MHD_ValueKind kind, const char *name,
                                     size_t name_size, const char *value, size_t value_size)
{
        Framing *framing = cls;

        (void)kind;
        if (!name || !value || !is_token(name, name_size) || !is_value(value, value_size)) {
                framing->is_bad = true;
        } else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
                framing->n_lengths++;
                framing->is_bad |= !length_parse(value, &framing->length);
        } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
                framing->n_encodings++;
                framing->is_chunked = strcasecmp(value, "chunked") == 0;
        } else if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
                framing->n_hosts++;
        }
        return MHD_YES;
}

/* Return: 0, or the status with which to refuse. */
static unsigned int header_judge(struct MHD_Connection *mhd, const HttpRequest *request,
                                 const char *version, size_t body_bytes_max, bool *ret_has_body)
{
        Framing framing = {0};

        (void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, framing_visit, &framing);
        *ret_has_body = framing.n_encodings > 0 || framing.length > 0;
        if (framing.is_bad || framing.n_hosts > 1 || str_is_empty(request->path) ||
            !is_token(request->method, strlen(request->method)))
                return MHD_HTTP_BAD_REQUEST;
        if (framing.n_lengths + framing.n_encodings > 1)
                return MHD_HTTP_BAD_REQUEST;
        if (framing.n_encodings > 0 &&
            (!framing.is_chunked || strcmp(version, MHD_HTTP_VERSION_1_1) != 0))
                return MHD_HTTP_BAD_REQUEST;
        if (framing.length > body_bytes_max)
                return MHD_HTTP_CONTENT_TOO_LARGE;
        return 0;
}

/* answers */

static struct MHD_Response *response_new(const HttpHeader *headers, size_t n_headers, Buf *body)
{
        size_t size = body ? body->size : 0;
        struct MHD_Response *response;

        if (body && buf_error(body) < 0)
                return NULL;
        response = MHD_create_response_from_buffer(size, size ? body->data : "",
                                                   size ? MHD_RESPMEM_MUST_FREE
                                                        : MHD_RESPMEM_PERSISTENT);
        if (!response)
                return NULL;
        if (size)
                *body = (Buf){.max = body->max};
        for (size_t i = 0; i < n_headers; i++)
                /* A line break inside, for example: better no answer than half of its headers. */
                if (MHD_add_response_header(response, headers[i].name, headers[i].value) !=
                    MHD_YES) {
                        MHD_destroy_response(response);
                        return NULL;
                }
        return response;
}

static enum MHD_Result answer(struct MHD_Connection *mhd, unsigned int status,
                              const HttpHeader *headers, size_t n_headers, Buf *body)
{
        struct MHD_Response *response = response_new(headers, n_headers, body);
        enum MHD_Result queued;

        if (!response) {
                status = MHD_HTTP_INTERNAL_SERVER_ERROR;
                response = response_new(NULL, 0, NULL);
        }
        if (!response)
                return MHD_NO;
        queued = MHD_queue_response(mhd, status, response);
        MHD_destroy_response(response); /* which lives on in the queue */
        return queued;
}

/* What we answer ourselves always ends the connection: nobody knows where the next one begins. */
static enum MHD_Result refuse(HttpRequest *request)
{
        static const HttpHeader headers[] = {
                {MHD_HTTP_HEADER_CONNECTION, "close"},
                {MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain"},
        };
        _cleanup_(buf_done) Buf text = {0};

        request->state = HTTP_REQUEST_ENDED;
        buf_putf(&text, "%s\n", MHD_get_reason_phrase_for(request->refusal));
        return answer(request->connection->mhd, request->refusal, headers, ELEMENTS(headers),
                      &text);
}

void http_reply(HttpRequest *request, unsigned int status, const HttpHeader *headers,
                size_t n_headers, Buf *body)
{
        HttpConnection *connection = request->connection;
        bool was_parked = request->state == HTTP_REQUEST_PARKED;
        enum MHD_Result queued;

        assert(was_parked || request->state == HTTP_REQUEST_HANDLED);
        request->state = HTTP_REQUEST_ENDED;
        buf_erase(&request->body);
        queued = answer(connection->mhd, status, headers, n_headers, body);
        if (body)
                buf_done(body);
        if (was_parked)
                http_connection_unpark(connection, HTTP_PHASE_IDLE);
        else
                http_connection_enter(connection, HTTP_PHASE_IDLE);
        if (queued != MHD_YES)
                http_connection_cut(connection);
}

void http_request_gone(HttpRequest *request, Usec now)
{
        const HttpCallbacks *callbacks = &request->connection->server->callbacks;

        request->state = HTTP_REQUEST_ENDED;
        callbacks->on_gone(callbacks->user, request, now);
        buf_erase(&request->body);
}

/* what the daemon calls */

static void peer_format(struct MHD_Connection *mhd, char *text)
{
        const struct sockaddr *address =
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
        const struct in6_addr *in6 =
                &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        const void *bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
        int family = address->sa_family;

        if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6)) {
                bytes = &in6->s6_addr[12];
                family = AF_INET;
        } else if (family == AF_INET6) {
                bytes = in6;
        }
        (void)inet_ntop(family, bytes, text, INET6_ADDRSTRLEN);
}

static enum MHD_Result request_begin(HttpServer *server, HttpConnection *connection,
                                     const char *url, const char *method, const char *version,
                                     void **context)
{
        HttpRequest *request = malloc(sizeof(*request));
        bool has_body;

        if (!request)
                return MHD_NO;
        *request = (HttpRequest){
                .connection = connection,
                .method = method,
                .path = url,
                .body.max = server->config.body_bytes_max,
        };
        *context = request;
        peer_format(connection->mhd, request->peer);
        if (server->callbacks.body_max)
                request->body.max = server->callbacks.body_max(server->callbacks.user, request);
        http_connection_enter(connection, HTTP_PHASE_BODY);
        request->refusal =
                header_judge(connection->mhd, request, version, request->body.max, &has_body);
        if (!request->refusal)
                return MHD_YES;
        connection->unread = has_body;
        http_connection_enter(connection, HTTP_PHASE_IDLE);
        return refuse(request);
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

static enum MHD_Result request_finish(HttpServer *server, HttpRequest *request)
{
        HttpConnection *connection = request->connection;

        if (request->state != HTTP_REQUEST_READING)
                return MHD_NO; /* resumed without an answer: the client is gone */
        if (request->refusal) {
                http_connection_enter(connection, HTTP_PHASE_IDLE);
                return refuse(request);
        }
        request->state = HTTP_REQUEST_HANDLED;
        server->callbacks.on_request(server->callbacks.user, request, loop_now(server->loop));
        if (request->state == HTTP_REQUEST_ENDED)
                return connection->phase == HTTP_PHASE_CUT ? MHD_NO : MHD_YES;
        request->state = HTTP_REQUEST_PARKED;
        http_connection_park(connection, request);
        return MHD_YES;
}

enum MHD_Result http_request_on_part(void *cls, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *data,
                                     size_t *size, void **context)
{
        HttpConnection *connection = connection_of(mhd);
        HttpRequest *request = *context;

        if (!connection)
                return MHD_NO;
        if (!request)
                return request_begin(cls, connection, url, method, version, context);
        if (*size == 0)
                return request_finish(cls, request);
        request_take(request, data, *size);
        *size = 0;
        return MHD_YES;
}

void http_request_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                               enum MHD_RequestTerminationCode code)
{
        HttpRequest *request = *context;

        (void)cls;
        (void)mhd;
        if (!request)
                return;
        if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
                http_connection_enter(request->connection, HTTP_PHASE_IDLE);
        buf_erase(&request->body);
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
        return request->peer;
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
