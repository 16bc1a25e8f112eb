/*
 * An agent's answer to a method of GuestFileManager, which the first byte chooses, on its way
 * through the host: decoded, checked, and written for the client in both spellings. What clients
 * get is well-formed, and the JSON is read again as the same.
 */

#include "base/utf8.h"
#include "guestops/guest-private.h"
#include "schema/tables.h"
#include "wire/soap.h"

#include "fuzz.h"

#define ARENA_MAX ((size_t)16 << 20)

static const char *const methods[] = {"ListFilesInGuest", "InitiateFileTransferFromGuest"};

static void check_xml(Arena *arena, const Buf *text)
{
        const XmlElement *root = NULL;
        WireError error;

        MUST(!buf_error(text));
        if (xml_read(arena, text->data, text->size, &root, &error) < 0)
                MUST(error.kind == WIRE_NO_MEMORY);
}

static void check_fault(Arena *arena, const Fault *fault)
{
        const FaultType *row = fault_type_find(fault->detail->type);
        _cleanup_(buf_done) Buf json = {0}, xml = {0};

        MUST(row && row->from == FAULT_FROM_GUEST && fault->message);
        json_write_fault(&json, fault);
        MUST(!buf_error(&json) && utf8_is_valid(json.data, json.size));
        soap_write_fault(&xml, fault, WIRE_ALL_VERSIONS);
        check_xml(arena, &xml);
}

static void check_result(Arena *arena, const Method *method, const WireAny *result)
{
        const WireObject *object = *(const WireObject *const *)result->value;
        _cleanup_(buf_done) Buf once = {0}, twice = {0}, xml = {0};
        void *again = NULL;
        WireError error;

        MUST(wire_type_is(object->type, method->result_type));
        soap_write_response(&xml, method, result->value, WIRE_ALL_VERSIONS);
        check_xml(arena, &xml);
        json_write(&once, FORM_OBJECT, &object);
        MUST(!buf_error(&once) && utf8_is_valid(once.data, once.size));
        if (json_read(arena, once.data, once.size, object->type, &again, &error) < 0) {
                MUST(error.kind == WIRE_NO_MEMORY);
                return;
        }
        json_write(&twice, FORM_OBJECT, &again);
        MUST(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const ChannelAnswer *answer = NULL;
        Fault fault = {0};
        const Method *method;
        WireError error;

        if (!arena || size < 1)
                return 0;
        method = method_find_guest(methods[data[0] % ELEMENTS(methods)]);
        if (tlv_read(arena, data + 1, size - 1, &type_ChannelAnswer, &answer, &error) < 0)
                return 0;
        if (guest_check_answer(answer, method, &fault) < 0)
                return 0;
        if (fault.detail)
                check_fault(arena, &fault);
        else
                check_result(arena, method, &answer->result);
        return 0;
}
