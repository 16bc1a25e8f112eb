#include "api/client-call.h"

#include "api/dispatch.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "http/authority.h"
#include "schema/tables.h"

#include <strings.h>

#define HEADER_SESSION "vmware-api-session-id"
#define COOKIE_SESSION "vmware_soap_session"

#define ANONYMOUS_BODY_MAX ((size_t)16 << 10) /* a login, or 128 releases of 64 characters */

PropertyContext service_property_context(const Service *service, const Call *call)
{
        return (PropertyContext){
                .arena = call->arena,
                .inventory = service->inventory,
                .sessions = service->sessions,
                .session = call->session,
                .about = &service->about,
                .host = &service->host,
                .wall = clock_realtime(),
        };
}

/* answers */

static void free_call(ClientCall *client, Usec now)
{
        Call *call = &client->call;

        if (call->session)
                session_leave(client->service->sessions, call->session, now);
        arena_free(call->arena);
}

static void audit_call(const ClientCall *client, Usec now)
{
        const Call *call = &client->call;
        const char *user = call->session ? call->session->user : NULL;

        if (!call->audit_event)
                return;
        (void)audit_write(
                client->service->audit,
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
        ClientCall *client = container_of(call, ClientCall, call);
        const Spelling *spelling = client->spelling;
        unsigned int status = 500;
        HttpHeader headers[4];
        Buf body = {0};
        size_t n = 0;

        if (form == FORM_NONE)
                value = NULL;
        if (call->fault.detail) {
                add_request_id(call);
                spelling->write_fault(client, &body);
        } else {
                status = value ? 200 : spelling->void_status;
                spelling->write(client, &body, form, value);
                n = put_session(call, headers, n);
        }
        if (status != 204)
                headers[n++] = (HttpHeader){"Content-Type", spelling->content_type};
        headers[n++] = (HttpHeader){"X-Request-Id", call->request_id};
        audit_call(client, now);
        http_reply(client->request, status, headers, n, &body);
        free_call(client, now);
}

void client_call_gone(Service *service, HttpRequest *request, Usec now)
{
        ClientCall *client = http_request_user(request);

        (void)service;
        log_debug("request %s: the client has left", client->call.request_id);
        if (client->call.abandon)
                client->call.abandon(&client->call, now);
        (void)call_fault(&client->call, FAULT_GUEST_OPERATIONS_FAULT, NULL, "The client has left.");
        audit_call(client, now);
        free_call(client, now);
}

/* the session */

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

size_t client_call_body_max(Service *service, HttpRequest *request, size_t max)
{
        int64_t length = http_request_length(request);

        /* Who says that it is short is not asked for more. */
        if (max < ANONYMOUS_BODY_MAX || (length >= 0 && length <= (int64_t)ANONYMOUS_BODY_MAX))
                return max;
        return session_of(service, request) ? max : ANONYMOUS_BODY_MAX;
}

static void find_session(ClientCall *client, Usec now)
{
        client->call.session = session_of(client->service, client->request);
        if (client->call.session)
                session_enter(client->service->sessions, client->call.session, clock_realtime(),
                              now);
}

int client_call_fault_of(Call *call, const WireError *error)
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

static int run_method(ClientCall *client, Usec now)
{
        Call *call = &client->call;
        const Handler *handler = handler_find(client->receiver.type, call->method->name);
        WireError error;
        void *params = NULL;
        int r;

        /* Who is not logged in never gets as far as the decoder. */
        if (!(call->method->flags & METHOD_ANONYMOUS) && !call->session)
                return call_authorize(call, call->method->privilege, &call->receiver);
        if (call->session && call->session->n_calls > client->service->session_calls_max)
                return call_fault(call, FAULT_SYSTEM_ERROR, "too many calls",
                                  "Too many calls of this session are in progress.");
        r = client->spelling->read(client, call->method->params, &params, &error);
        if (r < 0)
                return client_call_fault_of(call, &error);
        call->params = params;
        if (call->method->flags & METHOD_GUEST)
                call->audit_event = "guest-operation";
        if (call->method->flags & METHOD_POWER) {
                call->audit_event = "power";
                call->vm = call->receiver.value;
        }
        if (call->method->flags & (METHOD_GUEST | METHOD_POWER | METHOD_AUDITED) &&
            !audit_is_able(client->service->audit))
                return call_fault(call, FAULT_SYSTEM_ERROR, "audit",
                                  "The audit log of this service cannot be written.");
        if (call->method->flags & METHOD_GUEST)
                return guestops_forward(client->service->guestops, client->service->inventory, call,
                                        now);
        r = call_authorize(call, call->method->privilege, &call->receiver);
        if (r < 0)
                return r;
        return handler ? handler->run(client->service, call, now) : -ENOSYS;
}

static int fault_no_method(Call *call, const char *name)
{
        int r = call_fault(call, FAULT_METHOD_NOT_FOUND, name, "Unable to find method %s.%s",
                           call->receiver.type, name);

        if (call->fault.detail)
                ((MethodNotFound *)call->fault.detail)->receiver = call->receiver;
        return r;
}

int client_call_run(ClientCall *client, const char *method, Usec now)
{
        client->call.method = method_find(client->receiver.type, method);
        if (!client->call.method)
                return fault_no_method(&client->call, method);
        return run_method(client, now);
}

/* So that a URL which it is told leads to where it has found us, whatever lies in between. */
static const char *authority_of(const Service *service, HttpRequest *request, Arena *arena)
{
        const char *host = http_request_header(request, "Host");

        if (host && http_authority_is_valid(host))
                return arena_strdup(arena, host);
        return arena_printf(arena, "%s:%u", inventory_host(service->inventory)->name,
                            service->host.port);
}

ClientCall *client_call_new(Service *service, HttpRequest *request, const Spelling *spelling,
                            Usec now)
{
        Arena *arena = arena_new(service->arena_bytes_max);
        ClientCall *client = arena ? arena_new_object(arena, ClientCall) : NULL;
        const char *agent = http_request_header(request, "User-Agent");

        if (!client) {
                arena_free(arena);
                reply_text(request, 503, NULL, "This service is out of memory.");
                return NULL;
        }
        *client = (ClientCall){
                .call = {.arena = arena, .begun = now, .reply = reply},
                .service = service,
                .request = request,
                .spelling = spelling,
        };
        random_hex(client->call.request_id, CALL_REQUEST_ID_CHARS / 2);
        client->call.address = arena_strdup(arena, http_request_peer(request));
        client->call.user_agent = arena_strdup(arena, agent ? agent : "");
        if (client->call.user_agent)
                utf8_defuse((char *)client->call.user_agent);
        client->call.authority = authority_of(service, request, arena);
        http_request_set_user(request, client);
        find_session(client, now);
        return client;
}

int client_call_find(ClientCall *client, const char *type, const char *moid)
{
        Call *call = &client->call;

        call->receiver = (Moref){arena_strdup(call->arena, type), arena_strdup(call->arena, moid)};
        if (!call->receiver.type || !call->receiver.value || !call->address || !call->user_agent ||
            !call->authority)
                return -ENOMEM;
        if (object_find_for(client->service->inventory, call->session, &call->receiver,
                            &client->receiver) >= 0)
                return 0;
        /* Which objects exist is for those who are logged in. */
        if (call_authorize(call, "System.View", &call->receiver) < 0)
                return -EPERM;
        return call_fault_no_object(call, &call->receiver);
}
