/*
 * Which releases are spoken: as the SDK's clients ask (vimServiceVersions.xml), and as the VI JSON
 * API's do (POST /api/vcenter/system?action=hello). Source: vSphere Automation API 8.0 U2, System.
 */

#include "api/dispatch.h"
#include "api/reply.h"
#include "wire/write.h"

#include <jansson.h>

#define HELLO_RELEASES_MAX   128
#define HELLO_RELEASE_LENGTH 64

const char *const service_releases[] = {
        "8.0.2.0", "8.0.1.0", "8.0.0.2", "8.0.0.1", "8.0.0.0", "7.0.3.2", "7.0.3.1", "7.0.3.0",
        "7.0.2.1", "7.0.2.0", "7.0.1.1", "7.0.1.0", "7.0.0.2", "7.0.0.1", "7.0.0.0", NULL,
};

/*
 * Older ones, by SOAP only: a client takes the newest that it knows itself. Source: the version
 * documents of vSphere 8.0; guest operations came with 5.0.
 */
static const char *const older_releases[] = {
        "6.9.1", "6.8.7", "6.7.3", "6.7.2", "6.7.1",       "6.7",   "6.5", "6.0", "5.5",
        "5.1",   "5.0",   "4.1",   "4.0",   "2.5u2server", "2.5u2", "2.5", "2.0", NULL,
};

static void put_versions(Buf *body, const char *const *releases)
{
        for (; *releases; releases++)
                buf_putf(body, "<version>%s</version>", *releases);
}

static void reply_json(HttpRequest *request, unsigned int status, Buf *body)
{
        http_reply(request, status, &(HttpHeader){"Content-Type", "application/json"}, 1, body);
}

void serve_versions(Service *service, HttpRequest *request, Usec now)
{
        Buf body = {0};

        (void)service;
        (void)now;
        buf_putf(&body,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<namespaces version=\"1.0\"><namespace><name>urn:vim25</name>"
                 "<version>%s</version><priorVersions>",
                 service_releases[0]);
        put_versions(&body, service_releases + 1);
        put_versions(&body, older_releases);
        buf_puts(&body, "</priorVersions></namespace></namespaces>\n");
        http_reply(request, 200, &(HttpHeader){"Content-Type", "text/xml; charset=utf-8"}, 1,
                   &body);
}

static bool is_spoken(const char *release)
{
        for (const char *const *known = service_releases; *known; known++)
                if (strcmp(*known, release) == 0)
                        return true;
        return false;
}

static bool are_releases(const json_t *list)
{
        size_t n = json_array_size(list);

        for (size_t i = 0; i < n; i++) {
                const json_t *release = json_array_get(list, i);

                if (!json_is_string(release) || json_string_length(release) > HELLO_RELEASE_LENGTH)
                        return false;
        }
        return n >= 1 && n <= HELLO_RELEASES_MAX;
}

static void refuse_hello(HttpRequest *request)
{
        static const char text[] =
                "api_releases has to be a list of 1 to 128 release ids of at most 64 characters.";
        Buf body = {0};

        buf_puts(&body, "{\"error_type\":\"INVALID_ARGUMENT\",\"messages\":[{\"id\":"
                        "\"guestops.hello.invalid\",\"default_message\":");
        json_write_string(&body, text);
        buf_puts(&body, ",\"args\":[]}]}");
        reply_json(request, 400, &body);
}

void serve_hello(Service *service, HttpRequest *request, Usec now)
{
        const char *action = http_request_query(request, "action");
        const Buf *text = http_request_body(request);
        const char *chosen = "";
        const json_t *list;
        Buf body = {0};

        (void)service;
        (void)now;
        if (!action || strcmp(action, "hello") != 0) {
                reply_text(request, 404, NULL, "There is no such action.");
                return;
        }
        json_auto_t *json =
                json_loadb(text->data ? text->data : "", text->size, JSON_REJECT_DUPLICATES, NULL);
        list = json_object_get(json, "api_releases");
        if (!are_releases(list)) {
                refuse_hello(request);
                return;
        }
        for (size_t i = json_array_size(list); i-- > 0;)
                if (is_spoken(json_string_value(json_array_get(list, i))))
                        chosen = json_string_value(json_array_get(list, i));
        buf_puts(&body, "{\"api_release\":");
        json_write_string(&body, chosen);
        buf_putc(&body, '}');
        reply_json(request, 200, &body);
}
