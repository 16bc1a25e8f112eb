/*
 * VI/JSON: the life of one call, from its path to its answer.
 *
 *   path ─ object ─ method row or property ─ session ─ decode by table ─ privilege ─ handler
 *   ─ (parked) ─ encode or fault ─ audit ─ answer
 *
 * Source: vSphere VI JSON API 8.0.2.0.
 */

#include "api/client-call.h"
#include "api/dispatch.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "base/utf8.h"
#include "wire/read.h"
#include "wire/write.h"

#include <ctype.h>

#define PATH_PREFIX "/sdk/vim25/"
#define SEGMENT_MAX 256

#define RELEASE_MAJOR_MIN 7

/* the path */

typedef struct Path {
        char release[SEGMENT_MAX], type[SEGMENT_MAX], moid[SEGMENT_MAX], member[SEGMENT_MAX];
} Path;

static int parse_path(const char *text, Path *ret)
{
        char *segments[] = {ret->release, ret->type, ret->moid, ret->member};
        const char *p = text + strlen(PATH_PREFIX);

        for (size_t i = 0; i < ELEMENTS(segments); i++) {
                size_t n = strcspn(p, "/");

                if (n == 0 || n >= SEGMENT_MAX)
                        return -EINVAL;
                if (!utf8_is_valid(p, n))
                        return -EINVAL;
                memcpy(segments[i], p, n);
                segments[i][n] = '\0';
                p += n;
                if (i + 1 < ELEMENTS(segments) && *p++ != '/')
                        return -EINVAL;
        }
        return *p ? -EINVAL : 0;
}

/*
 * Every published release, newer ones, and "-", which govc sends before it has asked: all are
 * answered as the newest that we speak.
 */
static bool is_release(const char *text)
{
        unsigned int dots = 0;

        if (strcmp(text, "-") == 0)
                return true;
        for (const char *p = text; *p; p++) {
                if (!isdigit((unsigned char)*p) && *p != '.')
                        return false;
                dots += *p == '.';
        }
        return dots >= 1 && strtoul(text, NULL, 10) >= RELEASE_MAJOR_MIN;
}

/* the spelling */

static int read_parameters(ClientCall *client, const WireType *type, void **ret, WireError *error)
{
        const Buf *body = http_request_body(client->request);

        return json_read(client->call.arena, body->data, body->size, type, ret, error);
}

static void write_value(const ClientCall *client, Buf *out, WireForm form, const void *value)
{
        (void)client;
        if (value)
                json_write(out, form, value);
}

static void write_fault(const ClientCall *client, Buf *out)
{
        json_write_fault(out, &client->call.fault);
}

static const Spelling vi_json = {
        .content_type = "application/json",
        .void_status = 204,
        .read = read_parameters,
        .write = write_value,
        .write_fault = write_fault,
};

/* the call */

static int get(ClientCall *client, const char *name, Usec now)
{
        const Property *property = property_find(client->receiver.type, name);
        const PropertyContext context = service_property_context(client->service, &client->call);
        Call *call = &client->call;
        void *value;
        int r;

        if (!property)
                return call_fault(call, FAULT_INVALID_PROPERTY, name, "%s has no property '%s'",
                                  call->receiver.type, name);
        r = call_authorize(call, property->privilege, &call->receiver);
        if (r < 0)
                return r;
        value = arena_alloc(call->arena, wire_form_size(property->form));
        if (!value)
                return -ENOMEM;
        r = property->get(&context, &client->receiver, value);
        if (r < 0)
                return r;
        call->reply(call, property->form, r > 0 ? value : NULL, now);
        return 0;
}

void serve_vi_json(Service *service, HttpRequest *request, Usec now)
{
        const char *verb = http_request_method(request);
        bool is_get = strcmp(verb, "GET") == 0 || strcmp(verb, "HEAD") == 0;
        ClientCall *client;
        Path path;
        int r;

        if (parse_path(http_request_path(request), &path) < 0 || !is_release(path.release)) {
                reply_text(request, 404, NULL,
                           "A path is /sdk/vim25/{release}/{Type}/{moId}/{method or property}.");
                return;
        }
        if (!is_get && strcmp(verb, "POST") != 0) {
                reply_text(request, 405, &(HttpHeader){"Allow", "GET, POST"},
                           "Properties are read by GET, methods called by POST.");
                return;
        }
        client = client_call_new(service, request, &vi_json, now);
        if (!client)
                return;
        r = client_call_find(client, path.type, path.moid);
        if (r >= 0)
                r = is_get ? get(client, path.member, now)
                           : client_call_run(client, path.member, now);
        if (r < 0)
                call_fail(&client->call, now);
}
