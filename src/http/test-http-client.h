#pragma once

/*
 * For the tests of this module: a client that sends and gets raw bytes, plain or over TLS.
 */

#include "test-http-site.h"

#include <gnutls/gnutls.h>

#define ANSWER_MAX 65536

typedef struct Client {
        int fd;
        gnutls_session_t session; /* NULL: plain */
        gnutls_certificate_credentials_t trust;
        char answer[ANSWER_MAX];
        size_t size;
        bool ended;
} Client;

Client *client_new(const Site *site);
Client *client_free(Client *client);
DEFINE_CLEANUP(Client, client_free)

/* Return: whether the server still takes bytes. */
bool client_send(Client *client, const char *data, size_t size);
bool client_send_all(Client *client, const Buf *data);
void client_say(Client *client, const char *text);

/* Reads once, waiting @msec at most. Return: false where nothing came in that time. */
bool client_read(Client *client, int msec);

/* Return: the answer up to the end of the connection. */
const char *client_finish(Client *client, const char *about, const char *wire);

/* Reads until @text has come, and forgets all up to its end. */
void client_await(Client *client, const char *about, const char *wire, const char *text);

/* Return: a client whose request is parked. */
Client *client_park(Site *site, const char *about);
