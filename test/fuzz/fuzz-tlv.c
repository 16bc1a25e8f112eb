/*
 * The payload of a channel message into the type that the first byte chooses. What was taken can be
 * written again, and is then read as the same.
 */

#include "base/utf8.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include "fuzz.h"

#define ARENA_MAX ((size_t)8 << 20)

static const WireType *const types[] = {
        &type_HostHello,         &type_AgentHello,
        &type_AgentClock,        &type_ChannelRequest,
        &type_ChannelAnswer,     &type_LoginQuestion,
        &type_LoginVerdict,      &type_LocalizableMessage,
        &type_GuestProcessInfo,  &type_StartProgramInGuestRequestType,
        &type_InvalidPowerState, &type_AgentFacts,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        _cleanup_(buf_done) Buf once = {0}, twice = {0}, json = {0};
        const WireType *type;
        const WireObject *object = NULL, *again = NULL;
        WireError error;

        if (!arena || size < 1)
                return 0;
        type = types[data[0] % ELEMENTS(types)];
        if (tlv_read(arena, data + 1, size - 1, type, &object, &error) < 0) {
                MUST(!object && error.kind != WIRE_OK && error.reason[0]);
                MUST(strlen(error.path) < sizeof(error.path));
                MUST(utf8_is_valid(error.path, strlen(error.path)));
                MUST(utf8_is_valid(error.reason, strlen(error.reason)));
                return 0;
        }
        MUST(object->type == type);
        json_write(&json, FORM_OBJECT, &object); /* as an answer goes to the client */
        MUST(!buf_error(&json) && utf8_is_valid(json.data, json.size));
        tlv_write(&once, object);
        MUST(!buf_error(&once));
        if (tlv_read(arena, once.data, once.size, type, &again, &error) < 0) {
                MUST(error.kind == WIRE_NO_MEMORY);
                return 0;
        }
        tlv_write(&twice, again);
        MUST(once.size == twice.size);
        MUST(once.size == 0 || memcmp(once.data, twice.data, once.size) == 0);
        return 0;
}
