/*
 * SOAP as the parameters of the method that it calls, or else as the type that has the method's
 * name: so every form can be reached. What was taken can be written as a call, as an answer and as
 * a fault, and the call is read again as the same; what was refused has a reason.
 */

#include "base/utf8.h"
#include "wire/test-soap.h"

#include "fuzz.h"

#define ARENA_MAX ((size_t)8 << 20)

static const WireType *find_type(const SoapRequest *request)
{
        const ManagedType *managed = managed_type_find(request->receiver.type);
        const Method *method = managed ? method_find(managed, request->method) : NULL;
        const WireType *type = method ? method->params : wire_type_find(request->method);

        return type && !type->values && !type->abstract ? type : &type_NoParameters;
}

static void check_error(const WireError *error)
{
        MUST(error->kind != WIRE_OK && error->reason[0]);
        MUST(strlen(error->path) < sizeof(error->path));
        MUST(utf8_is_valid(error->path, strlen(error->path)));
        MUST(utf8_is_valid(error->reason, strlen(error->reason)));
}

/* Whatever it holds, it is XML. */
static void check_document(Arena *arena, const Buf *text)
{
        const XmlElement *root = NULL;
        WireError error;

        MUST(!buf_error(text));
        if (xml_read(arena, text->data, text->size, &root, &error) < 0)
                MUST(error.kind == WIRE_NO_MEMORY);
}

static void check_answers(Arena *arena, const WireObject *object)
{
        const Method method = {
                .name = "Call",
                .result = FORM_OBJECT,
                .result_type = object->type,
        };
        const Fault fault = {(MethodFault *)object, "x"};
        _cleanup_(buf_done) Buf response = {0}, fault_text = {0};

        soap_write_response(&response, &method, &object, API_VERSION(6, 7, 0, 0));
        check_document(arena, &response);
        if (!wire_type_is(object->type, &type_MethodFault))
                return;
        soap_write_fault(&fault_text, &fault, WIRE_ALL_VERSIONS);
        check_document(arena, &fault_text);
}

static void check_round_trip(Arena *arena, const WireObject *object)
{
        _cleanup_(buf_done) Buf once = {0}, twice = {0}, channel = {0};
        void *again = NULL;
        WireError error;

        tlv_write(&channel, object);
        MUST(!buf_error(&channel));
        write_call(&once, object);
        MUST(!buf_error(&once) && utf8_is_valid(once.data, once.size));
        if (read_call(arena, once.data, once.size, object->type, &again, &error) < 0) {
                MUST(error.kind == WIRE_NO_MEMORY);
                return;
        }
        write_call(&twice, again);
        MUST(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const char *header = arena ? arena_strndup(arena, (const char *)data, size) : NULL;
        SoapRequest request = {0};
        void *object = NULL;
        WireError error;

        if (!header)
                return 0;
        (void)soap_action_version(header);
        if (soap_open(arena, (const char *)data, size, &request, &error) < 0) {
                MUST(!request.method);
                check_error(&error);
                return 0;
        }
        MUST(request.method && request.receiver.type && request.receiver.value);
        if (soap_read(arena, &request, find_type(&request), &object, &error) < 0) {
                MUST(!object);
                check_error(&error);
                return 0;
        }
        MUST(((const WireObject *)object)->type == find_type(&request));
        check_answers(arena, object);
        check_round_trip(arena, object);
        return 0;
}
