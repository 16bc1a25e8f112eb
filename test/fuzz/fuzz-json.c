/*
 * JSON into the type that the first byte chooses. What was taken can be written, in both spellings,
 * and is read again as the same; what was refused has a reason that a client can be told.
 */

#include "base/utf8.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include "fuzz.h"

#define ARENA_MAX ((size_t)8 << 20)

static const WireType *const types[] = {
        &type_StartProgramInGuestRequestType,
        &type_ListProcessesInGuestRequestType,
        &type_LoginRequestType,
        &type_SessionIsActiveRequestType,
        &type_NoParameters,
        /* no request has these as yet, and they have every other form */
        &type_LocalizableMessage,
        &type_UserSession,
        &type_VirtualMachineRuntimeInfo,
        &type_GuestInfo,
        &type_FileNotFound,
};

static void check_error(const WireError *error)
{
        MUST(error->kind != WIRE_OK && error->reason[0]);
        MUST(strlen(error->path) < sizeof(error->path));
        MUST(utf8_is_valid(error->path, strlen(error->path)));
        MUST(utf8_is_valid(error->reason, strlen(error->reason)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        _cleanup_(buf_done) Buf once = {0}, twice = {0}, channel = {0};
        const WireType *type;
        void *object = NULL, *again = NULL;
        WireError error;
        int r;

        if (!arena || size < 1)
                return 0;
        type = types[data[0] % ELEMENTS(types)];
        r = json_read(arena, (const char *)data + 1, size - 1, type, &object, &error);
        if (r < 0) {
                MUST(!object);
                check_error(&error);
                return 0;
        }
        MUST(((const WireObject *)object)->type == type);
        tlv_write(&channel, object);
        MUST(!buf_error(&channel));
        json_write(&once, FORM_OBJECT, &object);
        MUST(!buf_error(&once) && utf8_is_valid(once.data, once.size));
        if (json_read(arena, once.data, once.size, type, &again, &error) < 0) {
                MUST(error.kind == WIRE_NO_MEMORY);
                return 0;
        }
        json_write(&twice, FORM_OBJECT, &again);
        MUST(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
        return 0;
}
