/*
 * /guestFile: the URLs that clients are told for transfers. The token in the URL is all that is
 * asked for; no session is looked at.
 */

#include "api/guest-file.h"

#include "api/dispatch.h"
#include "base/secret.h"
#include "channel/link.h"
#include "schema/tables.h"

#define ARENA_BYTES_MAX ((size_t)64 << 10)
#define REFUSALS_USEC   USEC_PER_SEC /* the audit has one line in this time: they cost nothing */

static const GuestFileVerb verbs[] = {
        {"GET", false, false, guest_file_get, guest_file_get_gone},
        {"HEAD", false, true, guest_file_get, guest_file_get_gone},
        {"PUT", true, false, guest_file_put, guest_file_put_gone},
};

/* answers */

static void reply_line(HttpRequest *request, const char *request_id, unsigned int status,
                       const HttpHeader *header, const char *text)
{
        const HttpHeader headers[] = {
                {"Content-Type", "text/plain; charset=utf-8"},
                {"X-Request-Id", request_id},
                header ? *header : (HttpHeader){0},
        };
        Buf body = {0};

        buf_puts(&body, text);
        for (size_t i = 0; i < body.size; i++)
                if ((unsigned char)body.data[i] < ' ')
                        body.data[i] = '?'; /* of a file's name: it stays one line */
        buf_putc(&body, '\n');
        http_reply(request, status, headers, header ? 3 : 2, &body);
}

/*
 * The first row whose type fits. A state that passes by itself is 503, which clients take for a
 * reason to come again; 409 is left for what the client has to settle.
 */
static unsigned int status_of(const Fault *fault)
{
        static const struct {
                const WireType *type;
                unsigned int status;
        } rows[] = {
                {&type_NotFound, 404}, /* the agent has ended the transfer by itself */
                {&type_FileNotFound, 404},
                {&type_FileAlreadyExists, 409},
                {&type_CannotAccessFile, 403},
                {&type_NoDiskSpace, 507},
                {&type_GuestPermissionDenied, 403},
                {&type_OperationDisabledByGuest, 403},
                {&type_InvalidState, 503},
                {&type_TaskInProgress, 503},
                {&type_GuestOperationsUnavailable, 503},
                {&type_TooManyGuestLogons, 503},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                if (fault->detail && wire_type_is(fault->detail->type, rows[i].type))
                        return rows[i].status;
        return 500;
}

void guest_file_reply(GuestFile *file, unsigned int status, const HttpHeader *header,
                      const char *text, Usec now)
{
        HttpRequest *request = file->request;

        guest_file_close(file);
        guest_file_audit(file, false, now);
        file->request = NULL;
        reply_line(request, file->request_id, status, header, text);
        guest_file_end(file, false, now);
}

void guest_file_fail(GuestFile *file, Usec now)
{
        unsigned int status = status_of(&file->fault);

        if (!file->fault.detail)
                (void)fault_raise(&file->fault, file->arena, FAULT_SYSTEM_ERROR, "internal error",
                                  "A general system error occurred: internal error");
        if (transfer_is_stale(file->transfer))
                status = 404; /* another agent has come while this one was asked */
        guest_file_reply(file, status, NULL, file->fault.message ? file->fault.message : "Error",
                         now);
}

/* the audit */

/* A guest can see to it that there is no memory for a fault: it has failed all the same. */
static const char *failure_of(const Fault *fault)
{
        return fault->detail ? fault->detail->type->name : type_GuestOperationsFault.name;
}

void guest_file_audit(const GuestFile *file, bool succeeded, Usec now)
{
        const Transfer *transfer = file->transfer;

        (void)audit_write(file->service->audit,
                          &(AuditEvent){
                                  .event = "file-transfer",
                                  .request_id = file->request_id,
                                  .initiation = transfer->initiation,
                                  .user = transfer->user,
                                  .address = file->address,
                                  .vm = transfer->moid,
                                  .vm_name = transfer->vm_name,
                                  .guest_user = transfer->guest_user,
                                  .operation = file->verb->method,
                                  .target = transfer->path,
                                  .result = succeeded ? "ok" : failure_of(&file->fault),
                                  .bytes = &file->bytes,
                                  .duration = now - file->begun,
                          });
}

static void audit_refusal(Service *service, HttpRequest *request, const char *request_id, Usec now)
{
        if (service->refused && now - service->refused < REFUSALS_USEC)
                return;
        service->refused = now;
        (void)audit_write(service->audit, &(AuditEvent){
                                                  .event = "file-transfer",
                                                  .request_id = request_id,
                                                  .address = http_request_peer(request),
                                                  .operation = http_request_method(request),
                                                  .result = type_NotFound.name,
                                          });
}

/* the guest */

int guest_file_open(GuestFile *file, const GuestStreamCallbacks *callbacks, int64_t offset,
                    int64_t length, Usec now)
{
        Guest *guest = transfer_guest(file->transfer);
        Usec deadline = now + transfers_deadline(guestops_transfers(file->service->guestops));
        int r;

        if (!guest)
                return fault_raise(&file->fault, file->arena, FAULT_GUEST_OPERATIONS_UNAVAILABLE,
                                   NULL, "The machine of this transfer is not there any more.");
        file->stream = (GuestStream){
                .callbacks = callbacks,
                .arena = file->arena,
                .fault = &file->fault,
                .request_id = file->request_id,
        };
        r = guest_stream_open(guest, &file->stream, file->transfer->name, file->verb->upload,
                              offset, length, deadline, now);
        file->is_open = r >= 0;
        return r;
}

void guest_file_close(GuestFile *file)
{
        if (file->is_open)
                guest_stream_cancel(&file->stream);
        file->is_open = false;
}

/* the request */

static GuestFile *file_new(Service *service, HttpRequest *request, const GuestFileVerb *verb,
                           Transfer *transfer, const char *request_id, Usec now)
{
        Arena *arena = arena_new(ARENA_BYTES_MAX);
        GuestFile *file = arena ? arena_new_object(arena, GuestFile) : NULL;
        const char *address = file ? arena_strdup(arena, http_request_peer(request)) : NULL;

        if (!address) {
                arena_free(arena);
                return NULL;
        }
        *file = (GuestFile){
                .verb = verb,
                .service = service,
                .request = request,
                .transfer = transfer,
                .arena = arena,
                .address = address,
                .begun = now,
                .download.ring.space = LINK_WINDOW_BYTES,
        };
        memcpy(file->request_id, request_id, sizeof(file->request_id));
        http_request_set_user(request, file);
        transfer_begin(transfer);
        return file;
}

void guest_file_end(GuestFile *file, bool done, Usec now)
{
        guest_file_close(file);
        transfer_end(file->transfer, done, now);
        ring_done(&file->download.ring);
        arena_free(file->arena);
}

static const GuestFileVerb *find_verb(const char *method)
{
        for (size_t i = 0; i < ELEMENTS(verbs); i++)
                if (strcmp(verbs[i].method, method) == 0)
                        return &verbs[i];
        return NULL;
}

static const char *methods_of(const Transfer *transfer)
{
        if (!transfer)
                return "GET, HEAD, PUT";
        return transfer->upload ? "PUT" : "GET, HEAD";
}

/* What speaks against it before the guest is asked. Return: the status, or 0. */
static unsigned int judge(Service *service, HttpRequest *request, const GuestFileVerb *verb,
                          const Transfer *transfer, HttpHeader *ret_header, const char **ret_text)
{
        if (!verb || (transfer && transfer->upload != verb->upload)) {
                *ret_header = (HttpHeader){"Allow", methods_of(transfer)};
                *ret_text = "Files are read by GET and written by PUT.";
                return 405;
        }
        if (!transfer) {
                *ret_text = "There is no such transfer, or it is over.";
                return 404;
        }
        if (transfer->busy) {
                *ret_text = "This transfer is in progress already.";
                return 409;
        }
        if (verb->upload && http_request_header(request, "Content-Range")) {
                *ret_text = "A file is written as a whole.";
                return 400;
        }
        if (!audit_is_able(service->audit)) {
                *ret_text = "The audit log of this service cannot be written.";
                return 503;
        }
        return 0;
}

void serve_guest_file(Service *service, HttpRequest *request, Usec now)
{
        const GuestFileVerb *verb = find_verb(http_request_method(request));
        Transfer *transfer = transfer_find(guestops_transfers(service->guestops),
                                           http_request_query(request, "id"),
                                           http_request_query(request, "token"), now);
        char request_id[CALL_REQUEST_ID_CHARS + 1];
        const char *text = "This service is out of memory.";
        HttpHeader header = {0};
        GuestFile *file = NULL;
        unsigned int status;

        random_hex(request_id, CALL_REQUEST_ID_CHARS / 2);
        status = judge(service, request, verb, transfer, &header, &text);
        if (!status)
                file = file_new(service, request, verb, transfer, request_id, now);
        if (file) {
                verb->begin(file, now);
                return;
        }
        if (status == 404)
                audit_refusal(service, request, request_id, now);
        reply_line(request, request_id, status ? status : 503, header.name ? &header : NULL, text);
}

void guest_file_gone(Service *service, HttpRequest *request, Usec now)
{
        GuestFile *file = http_request_user(request);

        (void)service;
        file->request = NULL;
        file->verb->on_gone(file, now);
}
