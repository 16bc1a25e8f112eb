#pragma once

/*
 * HTTP server: TLS, requests with a body, answers now or later. It knows methods, paths, headers
 * and bytes; it does not know that vSphere exists.
 *
 * libmicrohttpd does the work inside our loop. What it leaves open is closed here: total
 * deadlines for header and body, one Content-Length, no Content-Length beside Transfer-Encoding,
 * and notice of a client that leaves while its request is parked.
 *
 * Source: RFC 9110, RFC 9112.
 */

#include "base/buf.h"
#include "loop/loop.h"

typedef struct HttpServer HttpServer;
typedef struct HttpRequest HttpRequest;

typedef struct HttpConfig {
        const char *address;            /* numeric IPv4 or IPv6 address to listen on */
        uint16_t port;                  /* 0: the kernel chooses; http_server_port() tells */
        const char *cert_pem, *key_pem; /* the texts; NULL for both: plain HTTP */
        size_t connections_max, connections_per_address_max;
        size_t body_bytes_max; /* beyond: 413 */
        Usec header_usec;      /* from the connection's start to the end of the first header */
        Usec body_usec;        /* from the header's end to the body's end */
        Usec stall_usec; /* of a streamed body or answer: the client's turn, and no byte moves */
        Usec idle_usec;  /* between an answer and the end of the next request's header */
} HttpConfig;

#define HTTP_CONFIG_DEFAULT                                                                        \
        ((HttpConfig){                                                                             \
                .address = "127.0.0.1",                                                            \
                .port = 8697,                                                                      \
                .connections_max = 4096,                                                           \
                .connections_per_address_max = 1024,                                               \
                .body_bytes_max = (size_t)1 << 20,                                                 \
                .header_usec = 10 * USEC_PER_SEC,                                                  \
                .body_usec = 30 * USEC_PER_SEC,                                                    \
                .stall_usec = 120 * USEC_PER_SEC,                                                  \
                .idle_usec = 1000 * USEC_PER_SEC,                                                  \
        })

typedef struct HttpCallbacks {
        /*
         * A whole request has arrived, or the header of a streamed one. The handler answers with
         * http_reply() at once or later; the request is valid until then, or until on_gone().
         */
        void (*on_request)(void *user, HttpRequest *request, Usec now);
        /*
         * Return: whether this request is handled as soon as its header is there. on_request() is
         * called then, before any of its body is read or asked for by "100 Continue"; the handler
         * may reply, park, and at any time take the body by http_receive(). NULL: never.
         */
        bool (*is_streamed)(void *user, HttpRequest *request);
        /* How large a body may be, asked when its header is there. NULL: .body_bytes_max. */
        size_t (*body_max)(void *user, HttpRequest *request);
        /*
         * The client left a request that is parked, or in the middle of a streamed body or answer,
         * or was too slow with it; @request ends with this call. No reply may follow. A client
         * that leaves behind bytes for which its window has no room is noticed once there is.
         */
        void (*on_gone)(void *user, HttpRequest *request, Usec now);
        void *user;
} HttpCallbacks;

typedef struct HttpHeader {
        const char *name, *value;
} HttpHeader;

/* Listens from here on. Return: 0, -EADDRINUSE and the like, -EINVAL for a bad certificate. */
int http_server_new(Loop *loop, const HttpConfig *config, const HttpCallbacks *callbacks,
                    HttpServer **ret);
/* Connections are cut; what is parked or streamed is told to on_gone(). Not in a callback. */
HttpServer *http_server_free(HttpServer *server);
DEFINE_CLEANUP(HttpServer, http_server_free)

uint16_t http_server_port(const HttpServer *server);
size_t http_server_connections(const HttpServer *server);

/* What the client sent; borrowed until the reply. Method as on the wire, path percent-decoded. */
const char *http_request_method(const HttpRequest *request);
const char *http_request_path(const HttpRequest *request);
const char *http_request_query(HttpRequest *request, const char *name);  /* NULL if absent */
const char *http_request_header(HttpRequest *request, const char *name); /* NULL if absent */
const char *http_request_cookie(HttpRequest *request, const char *name); /* NULL if absent */
const char *http_request_peer(HttpRequest *request); /* numeric address, without port */
const Buf *http_request_body(const HttpRequest *request);

/* Something of the caller's own, found again in on_gone(). */
void http_request_set_user(HttpRequest *request, void *user);
void *http_request_user(const HttpRequest *request);

/**
 * http_reply() - answer a request, which ends it
 * @headers:    besides Date, Content-Length and Connection, which are written anyway
 * @body:       taken over: empty afterwards; NULL for none
 */
void http_reply(HttpRequest *request, unsigned int status, const HttpHeader *headers,
                size_t n_headers, Buf *body);

/*
 * Bodies of any size, of requests that is_streamed() chose; in constant memory. The functions of
 * streams may be called in any callback, and call none themselves.
 */
typedef struct HttpSink {
        /*
         * Return: how many of the bytes were taken. After fewer than @size nothing comes until
         * http_receive_more(). @data is borrowed.
         */
        size_t (*on_part)(void *user, const char *data, size_t size, Usec now);
        /* The body is whole. The handler replies, now or later. */
        void (*on_end)(void *user, Usec now);
        void *user;
} HttpSink;

/*
 * Lets the body come, once for a request. A reply before on_end() is allowed: none of the body is
 * told to the sink any more, and what still comes is thrown away before the reply is sent, for
 * stall_usec in all: then the connection is cut. A reply in place of http_receive() goes at once.
 */
void http_receive(HttpRequest *request, const HttpSink *sink);
void http_receive_more(HttpRequest *request);

/* Return: the body's length if the header says it, or -1 (chunked, or no body). */
int64_t http_request_length(const HttpRequest *request);

/* Answers of any size; in constant memory. */
typedef struct HttpSource {
        /*
         * Writes the next bytes of the body to @data. Return: how many; 0 for none yet, and
         * http_send_more() tells when there are; negative where there will be none: the
         * connection is broken off, so that the client does not take the part for the whole.
         */
        ssize_t (*on_room)(void *user, char *data, size_t size, Usec now);
        /* All @length bytes have been handed to the connection, and @request ends with this. */
        void (*on_sent)(void *user, Usec now);
        void *user;
} HttpSource;

/*
 * http_reply(), with a body of exactly @length bytes that is asked for as the client takes it. Ends
 * with on_sent() or, where the client leaves, is too slow, the source fails, or @headers cannot be
 * sent, with on_gone(). To HEAD only the header goes; on_sent() follows all the same.
 */
void http_reply_stream(HttpRequest *request, unsigned int status, const HttpHeader *headers,
                       size_t n_headers, uint64_t length, const HttpSource *source);
void http_send_more(HttpRequest *request);
