#include "test-http-client.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

static void client_start_tls(Client *client, const Site *site)
{
        gnutls_datum_t cert = {(unsigned char *)site->cert.data, (unsigned int)site->cert.size};
        int r;

        must("trust", gnutls_certificate_allocate_credentials(&client->trust) == 0);
        must("trust",
             gnutls_certificate_set_x509_trust_mem(client->trust, &cert, GNUTLS_X509_FMT_PEM) == 1);
        must("session", gnutls_init(&client->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) == 0);
        must("session", gnutls_set_default_priority(client->session) == 0);
        must("session",
             gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->trust) == 0);
        gnutls_session_set_verify_cert(client->session, "localhost", 0);
        gnutls_transport_set_int(client->session, client->fd);
        do
                r = gnutls_handshake(client->session);
        while (r < 0 && !gnutls_error_is_fatal(r));
        if (r < 0)
                (void)fprintf(stderr, "handshake: %s\n", gnutls_strerror(r));
        must("handshake", r == 0);
}

Client *client_new(const Site *site)
{
        struct sockaddr_in to = {.sin_family = AF_INET};
        Client *client = calloc(1, sizeof(*client));

        if (!client)
                abort();
        to.sin_port = htons(http_server_port(site->server));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must("connect", connect(client->fd, (struct sockaddr *)&to, sizeof(to)) == 0);
        if (site->config.cert_pem)
                client_start_tls(client, site);
        return client;
}

Client *client_free(Client *client)
{
        if (client->session)
                gnutls_deinit(client->session);
        if (client->trust)
                gnutls_certificate_free_credentials(client->trust);
        fd_close(client->fd);
        free(client);
        return NULL;
}
bool client_send(Client *client, const char *data, size_t size)
{
        ssize_t n = client->session ? gnutls_record_send(client->session, data, size)
                                    : send(client->fd, data, size, MSG_NOSIGNAL);

        return n == (ssize_t)size;
}

bool client_send_all(Client *client, const Buf *data)
{
        size_t n;

        for (size_t sent = 0; sent < data->size; sent += n) {
                n = data->size - sent < 8192 ? data->size - sent : 8192;
                if (!client_send(client, data->data + sent, n))
                        return false;
        }
        return true;
}

void client_say(Client *client, const char *text)
{
        (void)client_send(client, text, strlen(text));
}

bool client_read(Client *client, int msec)
{
        struct pollfd wait = {.fd = client->fd, .events = POLLIN};
        char *at = client->answer + client->size;
        size_t space = sizeof(client->answer) - 1 - client->size;
        ssize_t n;

        if ((!client->session || gnutls_record_check_pending(client->session) == 0) &&
            poll(&wait, 1, msec) != 1)
                return false;
        do
                n = client->session ? gnutls_record_recv(client->session, at, space)
                                    : recv(client->fd, at, space, 0);
        while (client->session && n < 0 && !gnutls_error_is_fatal((int)n));
        if (n > 0)
                client->size += (size_t)n;
        else
                client->ended = true;
        client->answer[client->size] = '\0';
        return true;
}

const char *client_finish(Client *client, const char *about, const char *wire)
{
        while (!client->ended && client_read(client, PATIENCE))
                ;
        expect_number(about, wire, client->ended, true);
        return client->answer;
}

void client_await(Client *client, const char *about, const char *wire, const char *text)
{
        const char *found;

        while (!(found = strstr(client->answer, text)) && !client->ended &&
               client_read(client, PATIENCE))
                ;
        if (!found) {
                expect_text(about, wire, "awaited", client->answer, text);
                return;
        }
        client->size -= (size_t)(found - client->answer) + strlen(text);
        memmove(client->answer, found + strlen(text), client->size + 1);
}

Client *client_park(Site *site, const char *about)
{
        Client *client = client_new(site);

        client_say(client, "POST /park HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        site_await(site, about, 'p');
        return client;
}
