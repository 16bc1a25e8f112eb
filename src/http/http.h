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
        Usec idle_usec;        /* between an answer and the end of the next request's header */
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
                .idle_usec = 1000 * USEC_PER_SEC,                                                  \
        })

typedef struct HttpCallbacks {
        /*
         * A whole request has arrived. The handler answers with http_reply() at once or later;
         * the request is valid until then, or until on_gone().
         */
        void (*on_request)(void *user, HttpRequest *request, Usec now);
        /* How large a body may be, asked when its header is there. NULL: .body_bytes_max. */
        size_t (*body_max)(void *user, HttpRequest *request);
        /* The client left a parked request; @request ends with this call. No reply may follow. */
        void (*on_gone)(void *user, HttpRequest *request, Usec now);
        void *user;
} HttpCallbacks;

typedef struct HttpHeader {
        const char *name, *value;
} HttpHeader;

/* Listens from here on. Return: 0, -EADDRINUSE and the like, -EINVAL for a bad certificate. */
int http_server_new(Loop *loop, const HttpConfig *config, const HttpCallbacks *callbacks,
                    HttpServer **ret);
/* Connections are cut; requests that are parked still are told to on_gone(). Not in a callback. */
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
