/*
 * VI/JSON: the life of one call, from its path to its answer.
 *
 *   path ─ object ─ method row or property ─ session ─ decode by table ─ privilege ─ handler
 *   ─ (parked) ─ encode or fault ─ audit ─ answer
 *
 * Source: vSphere VI JSON API 8.0.2.0.
 */

#include "api/dispatch.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#define PATH_PREFIX    "/sdk/vim25/"
#define HEADER_SESSION "vmware-api-session-id"
#define COOKIE_SESSION "vmware_soap_session"
#define SEGMENT_MAX    256

#define RELEASE_MAJOR_MIN 7

#define ANONYMOUS_BODY_MAX ((size_t)16 << 10) /* a login, or 128 releases of 64 characters */

/* A call that came by VI/JSON. */
typedef struct JsonCall {
        Call call;
        Service *service;
        HttpRequest *request;
        Object receiver;
} JsonCall;

PropertyContext service_property_context(const Service *service, const Call *call)
{
        return (PropertyContext){
                .arena = call->arena,
                .inventory = service->inventory,
                .session = call->session,
                .about = &service->about,
        };
}

/* answers */

static void free_call(JsonCall *json, Usec now)
{
        Call *call = &json->call;

        if (call->session)
                session_leave(json->service->sessions, call->session, now);
        arena_free(call->arena);
}

static void audit_call(const JsonCall *json, Usec now)
{
        const Call *call = &json->call;
        const char *user = call->session ? call->session->user : NULL;

        if (!call->audit_event)
                return;
        (void)audit_write(
                json->service->audit,
                &(AuditEvent){
                        .event = call->audit_event,
                        .request_id = call->request_id,
                        .user = call->audit_user ? call->audit_user : user,
                        .address = call->address,
                        .vm = call->vm,
                        .vm_name = call->vm_name,
                        .guest_user = call->guest_user,
                        .operation = call->method->name,
                        .target = call->target,
                        .result = call->fault.detail ? call->fault.detail->type->name : "ok",
                        .duration = now - call->begun,
                });
}

/* So that a fault which a user reports can be found in the logs of host and guest. */
static void add_request_id(Call *call)
{
        LocalizableMessage *message = arena_new_object(call->arena, LocalizableMessage);
        KeyAnyValue *arg = arena_new_object(call->arena, KeyAnyValue);
        char **id = arena_alloc(call->arena, sizeof(*id));
        WireObject **items = arena_array(call->arena, 2, sizeof(*items));

        if (!message || !arg || !id || !items || call->fault.detail->fault_message.n)
                return;
        *id = call->request_id;
        *arg = (KeyAnyValue){
                .type = &type_KeyAnyValue,
                .key = (char *)"requestId",
                .value = {.form = FORM_STRING, .value = id},
        };
        items[0] = (WireObject *)message;
        items[1] = (WireObject *)arg;
        *message = (LocalizableMessage){
                .type = &type_LocalizableMessage,
                .key = (char *)"guestops.request",
                .arg = {items + 1, 1},
                .message = arena_printf(call->arena, "Request %s", call->request_id),
        };
        call->fault.detail->fault_message = (WireObjects){items, 1};
}

static size_t put_session(const Call *call, HttpHeader *headers, size_t n)
{
        if (!call->opened)
                return n;
        headers[n++] = (HttpHeader){HEADER_SESSION, call->opened->id};
        headers[n++] = (HttpHeader){
                "Set-Cookie",
                arena_printf(call->arena, COOKIE_SESSION "=\"%s\"; Path=/; HttpOnly; Secure",
                             call->opened->id),
        };
        return n;
}

static void reply(Call *call, WireForm form, const void *value, Usec now)
{
        JsonCall *json = container_of(call, JsonCall, call);
        unsigned int status = 200;
        HttpHeader headers[4];
        Buf body = {0};
        size_t n = 0;

        if (call->fault.detail) {
                status = 500;
                add_request_id(call);
                json_write_fault(&body, &call->fault);
        } else if (form == FORM_NONE || !value) {
                status = 204;
        } else {
                json_write(&body, form, value);
                n = put_session(call, headers, n);
        }
        if (status != 204)
                headers[n++] = (HttpHeader){"Content-Type", "application/json"};
        headers[n++] = (HttpHeader){"X-Request-Id", call->request_id};
        audit_call(json, now);
        http_reply(json->request, status, headers, n, &body);
        free_call(json, now);
}

void vi_json_gone(Service *service, HttpRequest *request, Usec now)
{
        JsonCall *json = http_request_user(request);

        (void)service;
        if (json->call.abandon)
                json->call.abandon(&json->call, now);
        (void)call_fault(&json->call, FAULT_GUEST_OPERATIONS_FAULT, NULL, "The client has left.");
        audit_call(json, now);
        free_call(json, now);
}

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

/* the call */

/*
 * A browser sends its cookies along with what any page has it send, but names that page's origin
 * too: from elsewhere the cookie counts for nothing. Source: RFC 6454, 7.3.
 */
static bool is_own_origin(HttpRequest *request)
{
        const char *origin = http_request_header(request, "Origin");
        const char *host = http_request_header(request, "Host");

        return !origin ||
               (host && strncmp(origin, "https://", 8) == 0 && strcasecmp(origin + 8, host) == 0);
}

static Session *session_of(Service *service, HttpRequest *request)
{
        const char *id = http_request_header(request, HEADER_SESSION);
        char unquoted[SESSION_ID_CHARS + 1];
        size_t n;

        if (!id && is_own_origin(request)) {
                id = http_request_cookie(request, COOKIE_SESSION);
                n = id ? strlen(id) : 0;
                if (n == SESSION_ID_CHARS + 2 && id[0] == '"') {
                        memcpy(unquoted, id + 1, SESSION_ID_CHARS);
                        unquoted[SESSION_ID_CHARS] = '\0';
                        id = unquoted;
                }
        }
        return session_find(service->sessions, id);
}

size_t vi_json_body_max(Service *service, HttpRequest *request, size_t max)
{
        return max < ANONYMOUS_BODY_MAX || session_of(service, request) ? max : ANONYMOUS_BODY_MAX;
}

static void find_session(JsonCall *json, Usec now)
{
        json->call.session = session_of(json->service, json->request);
        if (json->call.session)
                session_enter(json->service->sessions, json->call.session, clock_realtime(), now);
}

static int fault_of_wire(Call *call, const WireError *error)
{
        const char *path = error->path;

        switch (error->kind) {
        case WIRE_BAD_TYPE:
                return call_fault(call, FAULT_INVALID_TYPE, path, "%s%s%s", path,
                                  path[0] ? ": " : "", error->reason);
        case WIRE_BAD_VALUE:
                return call_fault(call, FAULT_INVALID_ARGUMENT, path,
                                  "A specified parameter was not correct: %s (%s)", path,
                                  error->reason);
        case WIRE_OK:
        case WIRE_MALFORMED:
        case WIRE_NO_MEMORY:
                break;
        }
        return call_fault(call, FAULT_INVALID_REQUEST, NULL, "The request is malformed: %s",
                          error->reason);
}

static int run_method(JsonCall *json, Usec now)
{
        Call *call = &json->call;
        const Buf *body = http_request_body(json->request);
        const Handler *handler = handler_find(json->receiver.type, call->method->name);
        WireError error;
        void *params = NULL;
        int r;

        /* Who is not logged in never gets as far as the decoder. */
        if (!(call->method->flags & METHOD_ANONYMOUS) && !call->session)
                return call_authorize(call, call->method->privilege, &call->receiver);
        if (call->session && call->session->n_calls > json->service->session_calls_max)
                return call_fault(call, FAULT_SYSTEM_ERROR, "too many calls",
                                  "Too many calls of this session are in progress.");
        r = json_read(call->arena, body->data, body->size, call->method->params, &params, &error);
        if (r < 0)
                return fault_of_wire(call, &error);
        call->params = params;
        if (call->method->flags & METHOD_GUEST)
                call->audit_event = "guest-operation";
        if (!audit_is_able(json->service->audit) &&
            (call->method->flags & METHOD_GUEST || call->method->flags & METHOD_ANONYMOUS))
                return call_fault(call, FAULT_SYSTEM_ERROR, "audit",
                                  "The audit log of this service cannot be written.");
        if (call->method->flags & METHOD_GUEST)
                return guestops_forward(json->service->guestops, json->service->inventory, call,
                                        now);
        r = call_authorize(call, call->method->privilege, &call->receiver);
        if (r < 0)
                return r;
        return handler ? handler->run(json->service, call, now) : -ENOSYS;
}

static int fault_no_method(Call *call, const char *name)
{
        int r = call_fault(call, FAULT_METHOD_NOT_FOUND, name, "Unable to find method %s.%s",
                           call->receiver.type, name);

        if (call->fault.detail)
                ((MethodNotFound *)call->fault.detail)->receiver = call->receiver;
        return r;
}

static int post(JsonCall *json, const char *name, Usec now)
{
        json->call.method = method_find(json->receiver.type, name);
        if (!json->call.method)
                return fault_no_method(&json->call, name);
        return run_method(json, now);
}

static int get(JsonCall *json, const char *name, Usec now)
{
        const Property *property = property_find(json->receiver.type, name);
        const PropertyContext context = service_property_context(json->service, &json->call);
        Call *call = &json->call;
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
        r = property->get(&context, &json->receiver, value);
        if (r < 0)
                return r;
        call->reply(call, property->form, r > 0 ? value : NULL, now);
        return 0;
}

static JsonCall *new_call(Service *service, HttpRequest *request, Usec now)
{
        Arena *arena = arena_new(service->arena_bytes_max);
        JsonCall *json = arena ? arena_new_object(arena, JsonCall) : NULL;
        const char *agent = http_request_header(request, "User-Agent");

        if (!json) {
                arena_free(arena);
                return NULL;
        }
        *json = (JsonCall){
                .call = {.arena = arena, .begun = now, .reply = reply},
                .service = service,
                .request = request,
        };
        random_hex(json->call.request_id, CALL_REQUEST_ID_CHARS / 2);
        json->call.address = arena_strdup(arena, http_request_peer(request));
        json->call.user_agent = arena_strdup(arena, agent ? agent : "");
        if (json->call.user_agent)
                utf8_defuse((char *)json->call.user_agent);
        http_request_set_user(request, json);
        return json;
}

static int take_receiver(JsonCall *json, const Path *path)
{
        Call *call = &json->call;

        call->receiver = (Moref){arena_strdup(call->arena, path->type),
                                 arena_strdup(call->arena, path->moid)};
        if (!call->receiver.type || !call->receiver.value || !call->address || !call->user_agent)
                return -ENOMEM;
        if (object_find(json->service->inventory, &call->receiver, &json->receiver) >= 0)
                return 0;
        /* Which objects exist is for those who are logged in. */
        if (call_authorize(call, "System.View", &call->receiver) < 0)
                return -EPERM;
        return call_fault_no_object(call, &call->receiver);
}

void serve_vi_json(Service *service, HttpRequest *request, Usec now)
{
        const char *verb = http_request_method(request);
        bool is_get = strcmp(verb, "GET") == 0 || strcmp(verb, "HEAD") == 0;
        JsonCall *json;
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
        json = new_call(service, request, now);
        if (!json) {
                reply_text(request, 503, NULL, "This service is out of memory.");
                return;
        }
        find_session(json, now);
        r = take_receiver(json, &path);
        if (r >= 0)
                r = is_get ? get(json, path.member, now) : post(json, path.member, now);
        if (r < 0)
                call_fail(&json->call, now);
}
